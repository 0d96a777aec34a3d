// The page as a whole: who writes, which chat is open, which view is shown.

import { $, avatar, el, plus, sync, write } from "./dom.js";
import { act, refresh, watch, world } from "./world.js";
import { drawChat, openLink, startChat } from "./chat.js";
import { drawPanel, startPanel } from "./panel.js";

const app = $("app");

/** What is open. Remembered over reloads. */
export const open = {
  user: localStorage.getItem("user"),
  line: localStorage.getItem("line"),
  panel: localStorage.getItem("panel") || "reviews",
};

export const user = () => world.users.find((one) => one.number === open.user);
export const line = () => world.lines.find((one) => one.id === open.line);

/** The messages between a person and a line. */
export const chatOf = (lineId, number) =>
  world.messages.filter((message) => message.line === lineId && message.user === number);

/** Whether it stands in the chat: what the business sent and was not delivered is not on the phone. */
export const isOnPhone = (message) => message.direction === "from_user" || message.is_shown;

function unread(lineId, number) {
  const seen = world.seen[`${lineId}/${number}`] ?? 0;
  return chatOf(lineId, number).filter(
    (message) => message.direction === "to_user" && message.is_shown && message.number > seen,
  ).length;
}

export function show(view) {
  if (["reviews", "clock", "hooks", "faults"].includes(view)) {
    open.panel = view;
    localStorage.setItem("panel", view);
    app.dataset.view = "panel";
  } else {
    app.dataset.view = view;
  }
  draw();
}

export function openLine(id, focus = true) {
  open.line = id;
  localStorage.setItem("line", id);
  show("chat");
  if (focus) $("text").focus({ preventScroll: true });
}

function writeAs(number) {
  open.user = number;
  localStorage.setItem("user", number);
  draw();
}

function draw() {
  if (!user()) open.user = world.users[0]?.number ?? null;
  if (!line()) open.line = world.lines[0]?.id ?? null;
  drawPerson();
  drawLines();
  drawChat();
  drawPanel();
  drawBar();
}

function drawPerson() {
  const me = user();
  write($("person-name"), me ? nameOf(me) : "nobody yet");
  avatar($("person-avatar"), me ? nameOf(me) : "?", me?.number ?? "");
  sync($("people"), world.users.map((one) => ({ ...one, isOpen: one.number === open.user })), (one) => one.number, drawOne);
}

export const nameOf = (one) => one.name || plus(one.number);

function drawOne(one) {
  const picture = el("span", { class: "avatar small", "aria-hidden": "true" });
  avatar(picture, nameOf(one), one.number);
  const pick = el(
    "button",
    {
      type: "button", class: "pick", "aria-pressed": String(one.isOpen), "data-focus": "pick",
      onclick: () => { writeAs(one.number); $("people-sheet").close(); },
    },
    picture,
    el("span", { class: "pick-text" }, el("b", {}, nameOf(one)), el("span", { class: "hint" }, plus(one.number))),
  );
  const toggle = el(
    "button",
    {
      type: "button", role: "switch", class: "switch", "aria-checked": String(one.is_online), "data-focus": "switch",
      "aria-label": `Phone of ${nameOf(one)} is on`, title: one.is_online ? "Phone is on" : "Phone is off: nothing is delivered",
      onclick: () => act(`users/${encodeURIComponent(one.number)}/phone`, { is_online: !one.is_online }),
    },
    el("span", { class: "knob" }),
  );
  return el("div", { class: "person-row" }, pick, el("span", { class: "hint" }, one.is_online ? "phone on" : "phone off"), toggle);
}

function drawLines() {
  const items = world.lines.map((one) => {
    const chat = open.user ? chatOf(one.id, open.user).filter(isOnPhone) : [];
    const last = chat.at(-1);
    return {
      id: one.id, name: one.name, carrier: one.carrier, number: one.number,
      isOpen: one.id === open.line,
      unread: open.user ? unread(one.id, open.user) : 0,
      preview: last ? previewOf(last) : plus(one.number),
      time: last ? timeOf(last) : null,
    };
  });
  sync($("lines"), items, (item) => item.id, drawLine);
  $("no-lines").hidden = world.lines.length > 0;
}

function drawLine(item) {
  const picture = el("span", { class: "avatar", "aria-hidden": "true" });
  avatar(picture, item.name, item.id);
  const badge = item.unread ? el("span", { class: "badge", "aria-label": `${item.unread} unread` }, String(item.unread)) : null;
  return el(
    "button",
    {
      type: "button", class: item.unread ? "line unread" : "line", "data-focus": "line",
      "aria-current": item.isOpen ? "true" : undefined, onclick: () => openLine(item.id),
    },
    picture,
    el("span", { class: "line-text" },
      el("span", { class: "line-top" }, el("b", {}, item.name), el("span", { class: "hint" }, item.time ? shortTime(item.time) : "")),
      el("span", { class: "line-bottom" }, el("span", { class: "hint preview" }, item.preview), badge),
      el("span", { class: "carrier" }, item.carrier)),
  );
}

export const timeOf = (message) => (message.said ?? message.sent).time_millis;
export const shortTime = (millis) =>
  new Date(millis).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const KINDS = {
  image: "Photo", video: "Video", audio: "Audio", voice: "Voice message", document: "Document", sticker: "Sticker",
};
export const kindName = (kind) => KINDS[kind] ?? "File";

/** A message in one line. */
export function previewOf(message) {
  if (message.direction === "to_user") {
    const content = message.sent.content;
    if (content.reaction) return `Reacted ${content.reaction.emoji}`;
    if (content.location) return "Location";
    if (content.contacts?.length) return "Contact card";
    return content.body || content.header || (content.file ? kindName(content.file.kind) : "Message");
  }
  const content = message.said.content;
  switch (content.type) {
    case "text": return content.body;
    case "file": return content.caption || kindName(content.kind);
    case "location": return "Location";
    case "contacts": return "Contact card";
    case "button_reply": case "list_reply": return content.title;
    case "template_reply": return content.text;
    case "reaction": return `You reacted ${content.emoji}`;
    default: return content.kind ?? "Message";
  }
}

function drawBar() {
  const total = open.user ? world.lines.reduce((sum, one) => sum + unread(one.id, open.user), 0) : 0;
  badge("bar-chats-badge", total);
  document.title = total ? `(${total}) Phone · Wharf simulator` : "Phone · Wharf simulator";
  const view = app.dataset.view;
  for (const button of $("tabbar").children) {
    const is = view === "panel" ? button.dataset.go === open.panel : button.dataset.go === "chats";
    if (is) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}

export function badge(id, count) {
  const node = $(id);
  node.hidden = count === 0;
  write(node, count > 99 ? "99+" : String(count));
}

$("person").addEventListener("click", () => $("people-sheet").showModal());
$("back").addEventListener("click", () => show("chats"));
$("tabbar").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) show(button.dataset.go);
});
for (const sheet of document.querySelectorAll("dialog")) {
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet || event.target.closest("[data-close]")) sheet.close();
  });
}
$("new-person").addEventListener("submit", async (event) => {
  event.preventDefault();
  const added = await act("users", { name: $("new-name").value, number: $("new-number").value });
  if (!added) return;
  await refresh();
  writeAs(added.number);
  event.target.reset();
  $("people-sheet").close();
});

startChat();
startPanel();
watch(draw);
await refresh();
openLink(new URLSearchParams(location.search));
