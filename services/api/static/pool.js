// Keeps the page current: after each event of /api/live_stats the server's own rendering of the pools is fetched
// and put in place. Sparklines are drawn from the points in their elements. Without this file the page reads the same.

const live = document.getElementById("live");
const SPREAD_MS = 1000; // all viewers hear the event at once; they need not all ask at once

function drawSparkline(svg) {
  const values = svg.dataset.points.split(" ").filter(Boolean).map(Number);
  if (values.length < 2) return;
  const { width, height } = svg.viewBox.baseVal;
  const highest = Math.max(...values) || 1;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * width;
    const y = height - 2 - (value / highest) * (height - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  svg.replaceChildren(
    shape("polygon", `0,${height} ${points.join(" ")} ${width},${height}`),
    shape("polyline", points.join(" ")),
  );
}

function shape(kind, points) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  element.setAttribute("points", points);
  return element;
}

function drawAll() {
  live.querySelectorAll(".spark").forEach(drawSparkline);
}

async function refresh() {
  const answer = await fetch(live.dataset.source);
  if (!answer.ok) return;
  const open = [...live.querySelectorAll("details[open]")].map((element) => element.id);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  live.replaceChildren(...page.body.childNodes);
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  drawAll();
}

function listen() {
  const source = new EventSource("/api/live_stats");
  source.onopen = () => live.classList.remove("offline");
  source.onerror = () => live.classList.add("offline"); // the browser reconnects by itself
  source.onmessage = () => setTimeout(() => refresh().catch(() => live.classList.add("offline")), Math.random() * SPREAD_MS);
}

drawAll();
listen();
