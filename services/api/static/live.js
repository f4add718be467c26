// Keeps the page current: after each event of /api/live_stats the page is fetched again, and the parts marked with
// data-live are made like those of the server's own rendering. Charts are told, and fetch their columns.

import { morph } from "/static/morph.js";

const SPREAD_MS = 1500; // all viewers hear the event at once; they need not all ask at once

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`the page answers ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelectorAll("[data-live]").forEach((part) => {
    const fresh = page.getElementById(part.id);
    if (fresh) morph(part, fresh);
  });
  document.dispatchEvent(new Event("renewed"));
}

const offline = (is) => document.body.classList.toggle("offline", is);

let waiting = 0;

function soon(spread) {
  waiting ||= setTimeout(() => {
    waiting = 0;
    renew().then(() => offline(false), () => offline(true));
  }, Math.random() * spread);
}

function listen() {
  const source = new EventSource("/api/live_stats");
  source.onopen = () => offline(false);
  source.onerror = () => offline(true); // the browser reconnects by itself
  source.onmessage = () => soon(SPREAD_MS);
  return source;
}

// A page that nobody looks at lets its connection go: a browser has six for a host, and more tabs may be open.
export function keepCurrent() {
  if (!document.querySelector("[data-live]")) return;
  let source = document.hidden ? null : listen();
  document.addEventListener("visibilitychange", () => {
    source?.close();
    source = document.hidden ? null : listen();
    if (source) soon(0);
  });
}
