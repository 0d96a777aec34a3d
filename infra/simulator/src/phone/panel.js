// Backstage: reviews of templates, the clock, hooks that came, faults.

import { $, el, icon, marked, sync, toast, write } from "./dom.js";
import { act, now, world } from "./world.js";
import { badge, line, open, shortTime, show } from "./phone.js";

const REASONS = ["INVALID_FORMAT", "ABUSIVE_CONTENT", "PROMOTIONAL", "INCORRECT_CATEGORY", "TAG_CONTENT_MISMATCH", "SCAM"];
const SEND_FAULTS = [
  ["refused: too many calls", { fault: "rate_limited" }],
  ["refused: server error 503", { fault: "unavailable", status: 503 }],
  ["answered with garbage", { fault: "garbage" }],
  ["lost on the way", { fault: "lost_call" }],
  ["taken, but the answer is lost", { fault: "lost_answer" }],
  ["answered after 5 seconds", { fault: "slow", millis: 5000 }],
  ["told as sent before it is answered", { fault: "status_first" }],
];
const POST_FAULTS = [
  ["delivered twice", { fault: "repeated", times: 2 }],
  ["delivered five times", { fault: "repeated", times: 5 }],
  ["overtaken by the one after it", { fault: "overtaken" }],
];
const REPEATED = { rate_limited: 0, unavailable: 1, garbage: 2, lost_call: 3, lost_answer: 4, slow: 5, status_first: 6 };

let hooksSeen = Number(localStorage.getItem("hooksSeen") ?? 0);

export function drawPanel() {
  for (const tab of $("tabs").children) {
    const isOpen = tab.dataset.panel === open.panel;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
    $(`panel-${tab.dataset.panel}`).hidden = !isOpen;
  }
  drawReviews();
  drawHooks();
  drawFaults();
}

function drawReviews() {
  const pending = world.templates.filter((one) => one.status === "pending");
  const decided = world.templates.filter((one) => one.status !== "pending").reverse();
  const named = [...pending, ...decided].map((one) => ({ ...one, submitted: null, lineName: world.lines.find((l) => l.id === one.line)?.name ?? one.line }));
  sync($("templates"), named, (one) => `${one.line} ${one.id}`, drawTemplate);
  $("no-templates").hidden = named.length > 0;
  badge("reviews-badge", pending.length);
  badge("bar-reviews-badge", pending.length);
}

function drawTemplate(one) {
  const decide = (review) => act(`templates/${encodeURIComponent(one.id)}`, review);
  const header = one.header.type === "text" ? el("p", { class: "header" }, one.header.text)
    : one.header.type === "file" ? el("p", { class: "hint" }, `Header: ${one.header.kind}`)
    : one.header.type === "location" ? el("p", { class: "hint" }, "Header: location") : null;
  const buttons = one.buttons.map((button) => el("span", { class: "tap still" }, button.text));
  const offer = one.parts?.offer ? el("p", { class: "hint" }, `Offer: ${one.parts.offer.text}`) : null;
  const cards = one.parts?.cards?.length ? el("p", { class: "hint" }, `${one.parts.cards.length} cards`) : null;
  const preview = el("div", { class: "bubble" }, header, offer, el("p", { class: "text" }, marked(one.body)), cards,
    one.footer ? el("p", { class: "footer" }, one.footer) : null,
    buttons.length ? el("div", { class: "buttons" }, buttons) : null);
  return el("article", { class: "card" },
    el("header", {}, el("b", { class: "ellipsis", title: one.name }, one.name), el("span", { class: `pill ${one.status}` }, one.status)),
    el("p", { class: "hint" }, `${one.category} · ${one.language} · ${one.lineName}`),
    preview,
    one.reason ? el("p", { class: "hint" }, `Reason: ${one.reason}`) : null,
    templateActions(one, decide));
}

function templateActions(one, decide) {
  if (one.status === "pending") {
    const reason = el("select", { "aria-label": "Reason of a rejection", "data-focus": "reason" }, REASONS.map((word) => el("option", { value: word }, word)));
    return el("div", { class: "actions" },
      el("button", { type: "button", class: "button strong", "data-focus": "approve", onclick: () => decide({ status: "approved" }) }, "Approve"),
      el("button", { type: "button", class: "button", "data-focus": "reject", onclick: () => decide({ status: "rejected", reason: reason.value }) }, "Reject"),
      reason);
  }
  if (one.status === "approved") {
    return el("div", { class: "actions" },
      el("button", { type: "button", class: "button quiet", onclick: () => decide({ status: "paused" }) }, "Pause"),
      one.category === "UTILITY" ? el("button", { type: "button", class: "button quiet", onclick: () => act(`templates/${encodeURIComponent(one.id)}/category`, { category: "MARKETING" }) }, "To marketing") : null,
      el("button", { type: "button", class: "button quiet", onclick: () => decide({ status: "disabled" }) }, "Disable"));
  }
  if (one.status === "paused") {
    return el("div", { class: "actions" },
      el("button", { type: "button", class: "button", onclick: () => decide({ status: "approved" }) }, "Approve again"));
  }
  return null;
}

function drawClock() {
  const time = new Date(now());
  write($("clock-time"), time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  write($("clock-date"), time.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", year: "numeric" }));
  write($("clock-utc"), `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`);
}

async function forward(minutes) {
  const buttons = document.querySelectorAll("#panel-clock .button");
  buttons.forEach((button) => { button.disabled = true; });
  const done = await act("clock", { minutes });
  buttons.forEach((button) => { button.disabled = false; });
  if (done) toast(`It is now ${new Date(done.now_millis).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" })}.`);
}

const CHECKS = { valid: ["Signature valid", "valid"], invalid: ["Signature wrong", "invalid"], no_secret: ["Not checked", "unknown"] };

function drawHooks() {
  write($("hook-url"), `${location.origin}/simulator/hooks/demo`);
  const hooks = [...world.hooks].reverse();
  sync($("hooks"), hooks, (hook) => hook.number, drawHook);
  $("no-hooks").hidden = hooks.length > 0;
  const newest = hooks[0]?.number ?? 0;
  const isShown = open.panel === "hooks" && $("panel-hooks").offsetParent !== null;
  if (isShown && newest !== hooksSeen) {
    hooksSeen = newest;
    localStorage.setItem("hooksSeen", String(newest));
  }
  const count = hooks.filter((hook) => hook.number > hooksSeen).length;
  badge("hooks-badge", count);
  badge("bar-hooks-badge", count);
}

function drawHook(hook) {
  const event = hook.json?.events?.[0];
  const name = event ? `${event.event_type} · ${event.event_action}` : hook.json?.type ?? "hook";
  const worst = [hook.standard, hook.jwt].filter(Boolean).sort((a, b) => rank(b) - rank(a))[0];
  const [label, kind] = CHECKS[worst.check];
  const why = worst.reason ?? (worst.check === "no_secret" ? "the receiver does not know the rule's secret" : "checked with the receiver's own verifier");
  const mark = el("span", { class: `check ${kind}`, title: why }, icon(kind === "valid" ? "M5 12.500l4.500 4.500L19 7.500" : kind === "invalid" ? "M7 7l10 10M17 7L7 17" : "M12 16v.500M12 13c0-2 3-2.500 3-5a3 3 0 00-6 0"), label);
  const body = hook.json ? JSON.stringify(hook.json, null, 2) : hook.body;
  const sent = hook.headers.filter(([header]) => /^(webhook-|x-gateway|content-type)/.test(header)).map(([header, value]) => `${header}: ${value}`).join("\n");
  return el("article", { class: "card" },
    el("header", {}, el("b", { class: "ellipsis", title: name }, name), el("time", { class: "hint" }, shortTime(hook.time_millis))),
    el("div", { class: "line-bottom" }, mark, hook.jwt ? el("span", { class: "pill" }, "JWT") : null,
      el("span", { class: hook.answered < 300 ? "hint" : "hint bad" }, `${hook.receiver} answered ${hook.answered}`)),
    worst.reason ? el("p", { class: "trouble" }, `${worst.reason}.`) : null,
    el("details", {}, el("summary", {}, "Body and headers"), el("pre", { tabindex: "0" }, body), el("pre", { tabindex: "0" }, sent)));
}

const rank = (check) => ({ valid: 0, no_secret: 1, invalid: 2 })[check.check];

function drawFaults() {
  const chatLine = line();
  write($("fault-line"), chatLine ? chatLine.name : "the open chat");
  const faults = world.faults[chatLine?.id] ?? { sends: [], posts: [] };
  const waiting = [
    ...faults.sends.map((fault, at) => ({ key: `send ${at}`, text: `message: ${sendName(fault)}` })),
    ...faults.posts.map((fault, at) => ({ key: `post ${at}`, text: `webhook: ${postName(fault)}` })),
  ];
  const chips = waiting.length ? [...waiting, { key: "clear", isClear: true }] : [{ key: "none", text: "Nothing. The next calls go well." }];
  sync($("waiting-faults"), chips, (chip) => chip.key, (chip) => chip.isClear
    ? el("button", { type: "button", class: "button quiet", "data-focus": "clear", onclick: () => act("faults", { line: open.line, clear: true }) }, "Forget them")
    : el("span", { class: chip.key === "none" ? "hint" : "chip" }, chip.text));
  const posted = [...world.posted].filter((one) => one.line === chatLine?.id).slice(-12).reverse();
  const rows = posted.length ? posted.map((one, at) => ({ ...one, key: `${one.time_millis} ${at} ${posted.length}` })) : [{ key: "none" }];
  sync($("posted"), rows, (one) => one.key, (one) => one.key === "none"
    ? el("p", { class: "hint" }, "None yet.")
    : el("p", { class: "posted-row" }, el("time", {}, new Date(one.time_millis).toLocaleTimeString()),
        el("span", { class: one.status >= 200 && one.status < 300 ? "pill approved" : "pill rejected" }, one.status ? String(one.status) : "no answer"),
        one.tries > 1 ? el("span", { class: "hint" }, `try ${one.tries}`) : null));
}

const sendName = (fault) => SEND_FAULTS[REPEATED[fault.fault]]?.[0] ?? `refused: ${fault.text ?? fault.fault}`;
const postName = (fault) => fault.fault === "overtaken" ? "overtaken" : `delivered ${fault.times} times`;

function choices(box, faults, kind) {
  box.replaceChildren(...faults.map(([label, fault]) => el("button", {
    type: "button", class: "button", onclick: () => open.line && act("faults", { line: open.line, [kind]: [fault] }),
  }, label)));
}

export function startPanel() {
  choices($("send-faults"), SEND_FAULTS, "sends");
  choices($("post-faults"), POST_FAULTS, "posts");
  $("tabs").addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) show(tab.dataset.panel);
  });
  $("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...$("tabs").children];
    const next = tabs[(tabs.findIndex((tab) => tab.dataset.panel === open.panel) + step + tabs.length) % tabs.length];
    show(next.dataset.panel);
    next.focus();
  });
  $("forward").addEventListener("click", (event) => {
    const minutes = Number(event.target.closest("button")?.dataset.minutes);
    if (minutes) forward(minutes);
  });
  $("forward-form").addEventListener("submit", (event) => {
    event.preventDefault();
    forward(Number($("forward-minutes").value));
  });
  $("receiver-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = Number($("receiver-answer").value);
    const secret = $("receiver-secret").value.trim();
    const body = { answer: { status }, ...(secret ? { secret } : {}) };
    const saved = await act(`hooks/${encodeURIComponent($("receiver-name").value)}`, body, "PUT");
    if (!saved) return;
    $("receiver-secret").value = "";
    toast(`The receiver ${$("receiver-name").value} answers ${status} from now on.`);
  });
  drawClock();
  setInterval(drawClock, 500);
}
