// The simulated world as the page knows it: asked for often, sent only when it changed.

import { toast } from "./dom.js";

const EVERY_MILLIS = 600;
const HIDDEN_EVERY_MILLIS = 5000;

export const world = {
  lines: [], users: [], messages: [], seen: {}, templates: [], faults: {}, posted: [], receivers: {}, hooks: [],
};

let tag = null;
let offsetMillis = 0;
let timer = null;
let isLost = false;
let watchers = [];

/** The simulated time. */
export const now = () => Date.now() + offsetMillis;

export function watch(watcher) {
  watchers.push(watcher);
}

/** Asks now, and from then on at intervals. */
export async function refresh() {
  clearTimeout(timer);
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch("/simulator/api/world", { headers, cache: "no-store" });
    if (answer.status === 200) {
      tag = answer.headers.get("ETag");
      const fresh = await answer.json();
      offsetMillis = fresh.now_millis - Date.now();
      Object.assign(world, fresh);
      for (const watcher of watchers) watcher();
    }
    if (isLost) toast("The simulator is back.");
    isLost = false;
  } catch (error) {
    if (!isLost) {
      toast("The simulator does not answer. Is the local host still running?");
      console.error(error);
    }
    isLost = true;
    tag = null;
  }
  document.documentElement.classList.toggle("lost", isLost);
  clearTimeout(timer);
  timer = setTimeout(refresh, document.hidden ? HIDDEN_EVERY_MILLIS : EVERY_MILLIS);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());

/** Does something to the world; false, and a sentence on the screen, where it could not be done. */
export async function act(path, body, method = "POST") {
  try {
    const isFile = body instanceof Blob;
    const type = isFile ? body.type || "application/octet-stream" : "application/json";
    const answer = await fetch(`/simulator/api/${path}`, {
      method,
      headers: { "Content-Type": type },
      body: isFile ? body : JSON.stringify(body),
    });
    if (answer.ok) {
      const done = await answer.json();
      refresh();
      return done;
    }
    const text = await answer.text();
    let sentence = text;
    try {
      sentence = JSON.parse(text).message ?? text;
    } catch {
      // An answer that is no JSON is shown as it is.
    }
    toast(sentence || `The simulator answered ${answer.status}.`);
  } catch (error) {
    console.error(error);
    toast("The simulator does not answer. Is the local host still running?");
  }
  return false;
}
