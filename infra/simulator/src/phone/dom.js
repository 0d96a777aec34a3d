// Small building blocks: elements from text that is never markup, lists that keep their nodes, and WhatsApp's marks.

export const $ = (id) => document.getElementById(id);

/** An element. Children that are strings become text, so nothing that a user wrote is ever read as markup. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An icon of one path. */
export function icon(path, name = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Makes the children of `box` the rendered items, and touches only those that changed: no jumps, no lost focus. */
export function sync(box, items, keyOf, render) {
  const old = new Map([...box.children].map((node) => [node.dataset.key, node]));
  let at = box.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const looks = JSON.stringify(item);
    let node = old.get(key);
    if (!node || node.looks !== looks) {
      const fresh = render(item);
      fresh.dataset.key = key;
      fresh.looks = looks;
      if (node) {
        if (at === node) at = fresh;
        const had = node.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
        node.replaceWith(fresh);
        if (had) fresh.querySelector(`[data-focus="${CSS.escape(had)}"]`)?.focus();
      }
      node = fresh;
    }
    old.delete(key);
    if (at === node) at = node.nextElementSibling;
    else box.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
}

/** Sets a text only where it differs. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const MARKS = [
  [/```([\s\S]+?)```/, "code"],
  [/`([^`\n]+)`/, "code"],
  [/(?<![\p{L}\p{N}])\*(\S(?:[^*\n]*\S)?)\*(?![\p{L}\p{N}])/u, "b"],
  [/(?<![\p{L}\p{N}])_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}])/u, "i"],
  [/(?<![\p{L}\p{N}])~(\S(?:[^~\n]*\S)?)~(?![\p{L}\p{N}])/u, "s"],
  [/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/, "a"],
];

/** Text with WhatsApp's marks and links, as nodes. */
export function marked(text) {
  let first = null;
  for (const [pattern, tag] of MARKS) {
    const found = pattern.exec(text);
    if (found && (!first || found.index < first.found.index)) first = { found, tag };
  }
  if (!first) return text ? [text] : [];
  const { found, tag } = first;
  const inner = tag === "code" || tag === "a" ? [found[1]] : marked(found[1]);
  const attributes = tag === "a" ? { href: found[1], target: "_blank", rel: "noopener noreferrer" } : {};
  const before = text.slice(0, found.index);
  return [before, el(tag, attributes, inner), ...marked(text.slice(found.index + found[0].length))].filter(
    (part) => part !== "",
  );
}

const HUES = [162, 205, 262, 322, 18, 40, 188, 96];

/** A round picture of the first letters. */
export function avatar(node, name, seed) {
  const letters = name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase());
  write(node, letters.join("") || "?");
  const hash = [...String(seed)].reduce((all, letter) => (all * 31 + letter.codePointAt(0)) % 9973, 7);
  node.style.setProperty("--hue", HUES[hash % HUES.length]);
}

let toastTimer;

/** Says something for a moment. */
export function toast(sentence) {
  const box = $("toast");
  write(box, sentence);
  box.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.classList.remove("shown"), 5000);
}

export const plus = (number) => `+${number}`;
