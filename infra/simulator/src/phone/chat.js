// The open chat: bubbles, buttons to tap, lists to pick from, files to send.

import { $, avatar, el, icon, marked, plus, sync, toast, write } from "./dom.js";
import { act, now, world } from "./world.js";
import { chatOf, isOnPhone, kindName, line, open, openLine, previewOf, shortTime, timeOf, user } from "./phone.js";

const WINDOW_MILLIS = 24 * 3600 * 1000;
const FILE_BYTES_MAX = 30 * 1024 * 1024;
const TICK = "M4 12.500l4.500 4.500L18 7";
const TICKS = "M1.500 12.500L6 17 15.500 7M9.500 16l1 1L20 7";
const EMOJI = ["👍", "❤️", "😂", "😮", "🙏"];

let attached = null;
let drawnChat = "";
let looking = "";

export function drawChat() {
  const chatLine = line();
  const me = user();
  $("composer").inert = !(chatLine && me);
  write($("chat-name"), chatLine?.name ?? "Wharf");
  write($("chat-hint"), chatLine ? `${plus(chatLine.number)} · ${chatLine.carrier}` : "Pick a chat");
  avatar($("chat-avatar"), chatLine?.name ?? "W", chatLine?.id ?? "");
  const messages = chatLine && me ? chatOf(chatLine.id, me.number) : [];
  drawWindow(messages);
  drawLog(messages);
  $("no-messages").hidden = messages.length > 0 || !chatLine;
  look(chatLine, me, messages);
}

/** Free-form messages may be sent for 24 hours after the user's last word. */
function drawWindow(messages) {
  const spoken = messages.filter((one) => one.said && one.said.content.type !== "reaction").at(-1);
  const box = $("window");
  box.hidden = !spoken;
  if (!spoken) return;
  const left = spoken.said.time_millis + WINDOW_MILLIS - now();
  box.classList.toggle("closed", left <= 0);
  const hours = Math.floor(left / 3600000);
  const minutes = Math.floor((left % 3600000) / 60000);
  write(box, left > 0 ? `Window ${hours} h ${String(minutes).padStart(2, "0")}` : "Window closed");
  box.title = left > 0
    ? "Service window: how long the business may still write freely"
    : "Service window: only templates reach the user until the user writes again";
}

/** What was just sent is looked at, wherever the chat was scrolled to. */
let follows = false;

function drawLog(messages) {
  const log = $("log");
  const chat = `${open.line}/${open.user}`;
  const isOther = chat !== drawnChat;
  const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const lastBefore = log.lastElementChild?.dataset.key;
  sync(log, withDays(messages), (item) => item.key, (item) => (item.day ? drawDay(item) : drawMessage(item)));
  const isNewer = log.lastElementChild?.dataset.key !== lastBefore;
  if (isOther || (isNewer && (wasAtEnd || follows))) toEnd(isOther ? "instant" : "smooth");
  else if (isNewer && lastBefore) $("newer").hidden = false;
  if (isNewer) follows = false;
  drawnChat = chat;
}

function toEnd(behavior) {
  const log = $("log");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  log.scrollTo({ top: log.scrollHeight, behavior: calm ? "instant" : behavior });
  $("newer").hidden = true;
}

/** The bubbles with a line above each day, and what is needed to draw each by itself. */
function withDays(messages) {
  const items = [];
  let day = "";
  let before = null;
  const reactions = reactionsOf(messages);
  for (const message of messages) {
    if (isReaction(message)) continue;
    const today = new Date(timeOf(message)).toDateString();
    if (today !== day) {
      day = today;
      before = null;
      items.push({ key: `day ${today}`, day: dayName(timeOf(message)) });
    }
    const isFirst = before?.direction !== message.direction;
    items.push({ key: message.number, message, isFirst, quote: quoteOf(message, messages), reactions: reactions.get(message.number) ?? [] });
    before = message;
  }
  return items;
}

const isReaction = (message) =>
  message.said?.content.type === "reaction" || Boolean(message.sent?.content.reaction);
const idsOf = (message) => (message.said ? [message.said.id] : [message.sent.id, message.sent.whatsapp_id]);
const byId = (messages, id) => messages.find((message) => idsOf(message).includes(id));

function reactionsOf(messages) {
  const all = new Map();
  for (const message of messages.filter(isReaction)) {
    const reaction = message.said?.content ?? message.sent.content.reaction;
    const target = byId(messages, reaction.to);
    if (!target) continue;
    const others = (all.get(target.number) ?? []).filter((one) => one.by !== message.direction);
    all.set(target.number, reaction.emoji ? [...others, { by: message.direction, emoji: reaction.emoji }] : others);
  }
  return all;
}

function quoteOf(message, messages) {
  const to = message.said?.content.to ?? message.sent?.content.reply_to;
  const target = to ? byId(messages, to) : null;
  return target ? { text: previewOf(target), isMine: target.direction === "from_user" } : null;
}

function dayName(millis) {
  const day = new Date(millis);
  const days = Math.round((new Date(now()).setHours(0, 0, 0, 0) - new Date(millis).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return day.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

const drawDay = (item) => el("div", { class: "day" }, el("span", {}, item.day));

function drawMessage({ message, isFirst, quote, reactions }) {
  const isMine = message.direction === "from_user";
  const bubble = el("div", { class: "bubble" });
  if (quote) bubble.append(el("div", { class: "quote" }, el("b", {}, quote.isMine ? "You" : line()?.name ?? ""), el("span", {}, quote.text)));
  bubble.append(...(isMine ? drawSaid(message.said.content) : drawSent(message)), meta(message));
  const buttons = isMine ? [] : drawButtons(message);
  if (buttons.length) bubble.append(el("div", { class: "buttons" }, buttons));
  if (reactions.length) bubble.append(el("div", { class: "reactions" }, reactions.map((one) => el("span", {}, one.emoji))));
  const classes = ["message", isMine ? "mine" : "theirs", isFirst ? "first" : "", isOnPhone(message) ? "" : "absent"];
  return el("article", { class: classes.filter(Boolean).join(" ") }, bubble, isMine ? null : reactBar(message), trouble(message));
}

function meta(message) {
  const said = message.said;
  const label = el("span", { class: "meta" });
  if (message.sent?.content.template) label.append(el("span", { class: "template-mark", title: `Template ${message.sent.content.template}` }, "template"));
  label.append(el("time", { datetime: new Date(timeOf(message)).toISOString() }, shortTime(timeOf(message))));
  const status = said
    ? message.is_read ? "read" : message.delivery.state === "taken" ? "delivered" : "sent"
    : message.status.status;
  label.append(ticks(status, Boolean(said)));
  return label;
}

function ticks(status, isMine) {
  const meaning = isMine
    ? { sent: "On its way to the gateway", delivered: "The gateway has it", read: "The business has read it" }
    : { accepted: "The provider has it", sent: "Sent, not on the phone yet", delivered: "Delivered", read: "Read", failed: "Not delivered" };
  const isDouble = status === "delivered" || status === "read";
  const box = el("span", { class: `ticks ${status}`, role: "img", "aria-label": meaning[status] ?? status, title: meaning[status] ?? status });
  if (status === "failed") box.append("!");
  else box.append(icon(isDouble ? TICKS : TICK, "tick"));
  return box;
}

const REFUSALS = {
  window_closed: "the service window is closed: only a template reaches the user",
  not_on_whats_app: "the number is not on WhatsApp",
  rate_limited: "too many messages",
  template_missing: "the template is missing or not approved",
};

function trouble(message) {
  if (message.said) {
    if (message.delivery.state !== "refused") return null;
    const status = message.delivery.status;
    const what = status ? `The gateway answered ${status}` : "The gateway did not answer";
    return el("p", { class: "trouble" }, `${what}. The provider tries again.`);
  }
  if (message.status.status !== "failed") return null;
  const refusal = message.status.refusal;
  const why = REFUSALS[refusal.reason] ?? refusal.text ?? refusal.detail ?? refusal.reason.replaceAll("_", " ");
  return el("p", { class: "trouble" }, `Not delivered: ${why}.`);
}

function reactBar(message) {
  if (!message.is_shown) return null;
  const react = (emoji) => act("say", {
    line: message.line, user: message.user, content: { type: "reaction", emoji, to: message.sent.whatsapp_id },
  });
  return el("div", { class: "react", role: "group", "aria-label": "React" },
    EMOJI.map((emoji) => el("button", { type: "button", "aria-label": `React ${emoji}`, "data-focus": emoji, onclick: () => react(emoji) }, emoji)));
}

function drawSaid(content) {
  switch (content.type) {
    case "text": return [text(content.body)];
    case "file": return [file(content.kind, `/simulator/files/${content.file}`, content.filename, true), content.caption ? text(content.caption) : null].filter(Boolean);
    case "location": return [place(content)];
    case "contacts": return content.contacts.map(card);
    case "button_reply": return [text(content.title)];
    case "template_reply": return [text(content.text)];
    case "list_reply": return [text(content.title), content.description ? el("p", { class: "footer" }, content.description) : null].filter(Boolean);
    default: return [text(`(${content.kind})`)];
  }
}

function drawSent(message) {
  const content = message.sent.content;
  const parts = [];
  if (content.file) {
    const own = content.file.file ? `/simulator/files/${content.file.file}` : content.file.link;
    parts.push(file(content.file.kind, own, content.file.filename, isOwn(own)));
  }
  if (content.header) parts.push(el("p", { class: "header" }, content.header));
  if (content.location) parts.push(place(content.location));
  parts.push(...content.contacts.map(card));
  if (content.offer) parts.push(offer(content.offer));
  if (content.body) parts.push(text(content.body));
  if (content.footer) parts.push(el("p", { class: "footer" }, content.footer));
  if (content.cards) parts.push(el("div", { class: "cards" }, content.cards.map(drawCard)));
  return parts;
}

function offer({ text, ends_millis }) {
  const end = ends_millis ? ` · ends ${new Date(ends_millis).toLocaleString()}` : "";
  return el("p", { class: "hint" }, `${text}${end}`);
}

/** A card of a carousel. Its quick replies are only shown. */
function drawCard(card) {
  const link = card.file.link;
  const picture = isOwn(link) && card.file.kind === "image" ? el("img", { src: link, alt: "" }) : el("p", { class: "hint" }, `${card.file.kind}: ${link ?? ""}`);
  const buttons = card.buttons.map((button) => el("span", { class: "tap still" }, button.title));
  return el("div", { class: "bubble" }, picture, card.body ? text(card.body) : null, el("div", { class: "buttons" }, buttons));
}

function drawButtons(message) {
  const content = message.sent.content;
  const buttons = content.buttons.map((button, at) => drawButton(message, button, at));
  if (content.list) buttons.push(drawListButton(message, content.list));
  return buttons;
}

const text = (body) => el("p", { class: "text" }, marked(body));
/** Pictures from elsewhere are not loaded: the page works without a network. */
const isOwn = (link) => Boolean(link) && new URL(link, location.href).origin === location.origin;

function drawButton(message, button, at) {
  const tap = () => act("tap", { message: message.number, button: at });
  switch (button.type) {
    case "url":
      return el("a", { class: "tap", href: safe(button.url), target: "_blank", rel: "noopener noreferrer" }, icon("M10 5H5v14h14v-5M13 4h7v7M20 4l-9 9"), button.title);
    case "copy_code":
      return el("span", { class: "tap still", title: button.code }, icon("M9 9h10v10H9zM5 15V5h10"), `${button.title}: ${button.code}`);
    case "phone":
      return el("span", { class: "tap still", title: plus(button.number.replace(/^\+/, "")) }, icon("M6 3h4l2 5-2.500 2a12 12 0 005 5l2-2.500 5 2v4a2 2 0 01-2 2A17 17 0 014 5a2 2 0 012-2z"), button.title);
    default:
      return el("button", { type: "button", class: "tap", "data-focus": `tap${at}`, disabled: !message.is_shown, onclick: tap }, icon("M9 6L4 11l5 5M4 11h10a6 6 0 016 6v1"), button.title);
  }
}

const safe = (link) => (/^https?:\/\//i.test(link) ? link : undefined);

function drawListButton(message, list) {
  return el("button", { type: "button", class: "tap", "data-focus": "list", disabled: !message.is_shown, onclick: () => openList(message, list) },
    icon("M5 7h14M5 12h14M5 17h14"), list.button);
}

function openList(message, list) {
  write($("list-title"), list.button);
  const pick = async (row) => {
    $("list-sheet").close();
    await act("tap", { message: message.number, row: row.id });
  };
  const rows = list.sections.flatMap((section) => [
    section.title ? el("h3", {}, section.title) : null,
    ...section.rows.map((row) => el("button", { type: "button", class: "pick", onclick: () => pick(row) },
      el("span", { class: "pick-text" }, el("b", {}, row.title), row.description ? el("span", { class: "hint" }, row.description) : null),
      el("span", { class: "radio" }))),
  ]);
  $("list-rows").replaceChildren(...rows.filter(Boolean));
  $("list-sheet").showModal();
  $("list-rows").querySelector(".pick")?.focus();
}

function file(kind, link, name, isLoaded) {
  if (isLoaded && (kind === "image" || kind === "sticker")) {
    return el("a", { class: `picture ${kind}`, href: link, target: "_blank", rel: "noopener" }, el("img", { src: link, alt: name || kindName(kind), loading: "lazy" }));
  }
  if (isLoaded && (kind === "audio" || kind === "voice")) return el("audio", { src: link, controls: true, preload: "metadata" });
  if (isLoaded && kind === "video") return el("video", { class: "picture", src: link, controls: true, preload: "metadata" });
  const label = name || (link && !isLoaded ? decodeURIComponent(link.split(/[?#]/)[0].split("/").at(-1)) : "") || kindName(kind);
  const where = link && !isLoaded ? new URL(link, location.href).host : kindName(kind);
  return el("a", { class: "file", href: link && (isLoaded ? link : safe(link)), target: "_blank", rel: "noopener noreferrer" },
    icon("M7 3h7l5 5v13H7zM14 3v5h5"), el("span", { class: "pick-text" }, el("b", {}, label), el("span", { class: "hint" }, where)));
}

function place(location) {
  const name = location.name || "Location";
  return el("div", { class: "file" }, icon("M12 21s7-6.200 7-11a7 7 0 10-14 0c0 4.800 7 11 7 11zM12 12.500a2.500 2.500 0 100-5 2.500 2.500 0 000 5z"),
    el("span", { class: "pick-text" }, el("b", {}, name), el("span", { class: "hint" }, location.address || `${location.latitude}, ${location.longitude}`)));
}

function card(contact) {
  const phones = (contact.phones ?? []).map((phone) => phone.phone).join(", ");
  return el("div", { class: "file" }, icon("M12 12a4 4 0 100-8 4 4 0 000 8zM4 21c0-4 3.600-6 8-6s8 2 8 6"),
    el("span", { class: "pick-text" }, el("b", {}, contact.name?.formatted_name ?? "Contact"), el("span", { class: "hint" }, phones)));
}

/** Tells the simulator that the user sees the chat, once for each newest message. */
function look(chatLine, me, messages) {
  if (!chatLine || !me || document.hidden || !isChatShown()) return;
  const newest = messages.filter((one) => one.is_shown).at(-1);
  const isRead = messages.every((one) => !one.is_shown || one.status.status !== "delivered");
  const key = `${chatLine.id}/${me.number}/${newest?.number}`;
  const isSeen = (world.seen[`${chatLine.id}/${me.number}`] ?? 0) >= (newest?.number ?? 0);
  if (!newest || (isRead && isSeen) || looking === key) return;
  looking = key;
  act("look", { line: chatLine.id, user: me.number }).finally(() => { looking = ""; });
}

const isChatShown = () => getComputedStyle(document.querySelector("main.chat")).visibility !== "hidden"
  && document.querySelector("main.chat").offsetParent !== null;

/** A link such as `https://api.whatsapp.com/send?phone=…&text=…` opens the chat with its text written. */
export function openLink(query) {
  const number = (query.get("phone") ?? "").replace(/\D/g, "");
  if (!number) return false;
  const found = world.lines.find((one) => one.number === number);
  if (!found) {
    toast(`There is no business number ${plus(number)} here.`);
    return false;
  }
  openLine(found.id);
  $("text").value = query.get("text") ?? "";
  grow();
  return true;
}

function pastedLink(words) {
  try {
    const link = new URL(words.trim());
    if (link.hostname === "wa.me") link.searchParams.set("phone", link.pathname.slice(1));
    return /(^|\.)(whatsapp\.com|wa\.me)$/.test(link.hostname) && link.searchParams.has("phone") ? link.searchParams : null;
  } catch {
    return null;
  }
}

function grow() {
  const box = $("text");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 140)}px`;
  $("composer").classList.toggle("ready", Boolean(box.value.trim() || attached));
}

/** One message at a time: a second click while it is on its way sends nothing. */
let isSending = false;

async function submit(event) {
  event?.preventDefault();
  if (isSending) return;
  isSending = true;
  await send().finally(() => (isSending = false));
}

async function send() {
  const words = $("text").value.trim();
  const [lineId, number] = [open.line, open.user];
  follows = true;
  if (attached) {
    const chosen = attached;
    const uploaded = await act(`files?filename=${encodeURIComponent(chosen.name)}`, chosen);
    if (!uploaded) return;
    const content = { type: "file", kind: kindOf(chosen.type), file: uploaded.file, mime: uploaded.mime, filename: chosen.name };
    if (words) content.caption = words;
    if (!(await act("say", { line: lineId, user: number, content }))) return;
    detach();
  } else {
    if (!words) return;
    if (!(await act("say", { line: lineId, user: number, content: { type: "text", body: words } }))) return;
  }
  $("text").value = "";
  grow();
  $("text").focus({ preventScroll: true });
}

function kindOf(mime) {
  if (mime === "image/webp") return "sticker";
  if (mime === "image/jpeg" || mime === "image/png") return "image";
  if (mime.startsWith("video/")) return "video";
  if (mime === "audio/ogg") return "voice";
  return mime.startsWith("audio/") ? "audio" : "document";
}

function attach(chosen) {
  if (!chosen) return;
  if (chosen.size > FILE_BYTES_MAX) {
    toast("The file is larger than 30 MB.");
    return;
  }
  attached = chosen;
  write($("attached-name"), chosen.name);
  write($("attached-size"), `${kindName(kindOf(chosen.type))} · ${Math.max(1, Math.round(chosen.size / 1024))} kB`);
  $("attached-picture").replaceChildren(icon("M7 3h7l5 5v13H7zM14 3v5h5"));
  $("attached").hidden = false;
  grow();
  $("text").focus();
}

function detach() {
  attached = null;
  $("file").value = "";
  $("attached").hidden = true;
  grow();
}

function toggleMenu(isOpen) {
  $("attach-menu").hidden = !isOpen;
  $("attach").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) $("attach-file").focus();
}

const PLACE = { type: "location", latitude: "4.60971", longitude: "-74.08175", name: "Plaza de Bolívar", address: "Bogotá, Colombia" };

function sendContent(content) {
  toggleMenu(false);
  follows = true;
  return act("say", { line: open.line, user: open.user, content });
}

function contactCard() {
  const me = user();
  const name = me.name || plus(me.number);
  return { type: "contacts", contacts: [{ name: { formatted_name: name, first_name: name.split(" ")[0] }, phones: [{ phone: plus(me.number), type: "CELL", wa_id: me.number }] }] };
}

export function startChat() {
  $("composer").addEventListener("submit", submit);
  $("text").addEventListener("input", () => {
    const link = pastedLink($("text").value);
    if (link) openLink(link);
    grow();
  });
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  });
  $("text").addEventListener("paste", (event) => attach(event.clipboardData?.files[0]));
  $("attach").addEventListener("click", () => toggleMenu($("attach-menu").hidden));
  $("attach-file").addEventListener("click", () => { toggleMenu(false); $("file").click(); });
  $("attach-location").addEventListener("click", () => sendContent(PLACE));
  $("attach-contact").addEventListener("click", () => sendContent(contactCard()));
  $("file").addEventListener("change", () => attach($("file").files[0]));
  $("detach").addEventListener("click", detach);
  $("newer").addEventListener("click", () => toEnd("smooth"));
  $("log").addEventListener("scroll", () => {
    const log = $("log");
    if (log.scrollHeight - log.scrollTop - log.clientHeight < 60) $("newer").hidden = true;
  }, { passive: true });
  document.addEventListener("click", (event) => event.target.closest(".attach-box") || toggleMenu(false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || $("attach-menu").hidden) return;
    toggleMenu(false);
    $("attach").focus();
  });
  const chat = document.querySelector("main.chat");
  chat.addEventListener("dragover", (event) => event.preventDefault());
  chat.addEventListener("drop", (event) => { event.preventDefault(); attach(event.dataTransfer?.files[0]); });
  document.addEventListener("visibilitychange", drawChat);
  setInterval(() => drawWindow(chatOf(open.line, open.user)), 15000);
}
