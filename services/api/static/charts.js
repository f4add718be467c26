// Draws the charts of a page with uPlot (static/vendor) from the columns of /charts/…, and again when the page is
// renewed. Colours come from the style sheet, so that both themes have theirs.

import { compact, hashrate, percent, whole } from "/static/units.js";

const KINDS = {
  hashrate: { text: hashrate, area: true },
  rigs: { text: hashrate },
  workers: { text: whole, area: true, stepped: true },
  difficulty: { text: compact, stepped: true, close: true },
  effort: { text: percent, bars: true, mark: 100 },
  luck: { text: percent, area: false, mark: 100 },
};

// Of ticks a year, a month, a day, an hour, a minute and a second apart: the text, and what is added to the first tick of
// a new year, month, day, hour and minute. The last number says that the addition goes behind the text.
const DAY = "\n{YYYY}-{MM}-{DD}";
const TIMES = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
  [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
  [3600, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
  [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", DAY, null, DAY, null, null, null, 1],
];

// Of several curves in one chart: told apart without their colour.
const DASHES = [undefined, [8, 4], [2, 3], [12, 3, 2, 3], [4, 8]];

const WHEN = { dateStyle: "medium", timeStyle: "short" };

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function axis(extra) {
  const line = { stroke: colour("--line"), width: 1 };
  return { stroke: colour("--soft"), grid: line, ticks: { ...line, size: 4 }, font: "12px system-ui", ...extra };
}

function series(kind, number) {
  const paths = kind.bars ? uPlot.paths.bars({ size: [0.6, 24] }) : kind.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined;
  return {
    stroke: colour("--accent"),
    fill: kind.area || kind.bars ? colour("--accent-soft") : undefined,
    width: 2,
    dash: DASHES[number],
    paths,
    points: { show: kind.bars || kind.stepped ? false : undefined },
  };
}

function markAt(value) {
  return (chart) => {
    const y = Math.round(chart.valToPos(value, "y", true));
    const { left, width } = chart.bbox;
    const pen = chart.ctx;
    pen.save();
    pen.strokeStyle = colour("--soft");
    pen.setLineDash([6, 4]);
    pen.beginPath();
    pen.moveTo(left, y);
    pen.lineTo(left + width, y);
    pen.stroke();
    pen.restore();
  };
}

function tip(plot, kind, names) {
  const label = document.createElement("div");
  label.className = "tip";
  label.hidden = true;
  plot.append(label);
  return (chart) => {
    const index = chart.cursor.idx;
    label.hidden = index == null;
    if (label.hidden) return;
    const [times, ...curves] = chart.data;
    const values = curves.map((values, number) => [names?.[number], values[index] == null ? "–" : kind.text(values[index])].filter(Boolean).join(" "));
    label.textContent = [...values, new Date(times[index] * 1000).toLocaleString(undefined, WHEN)].join(" · ");
  };
}

function options(plot, kind, curves, names) {
  const lowest = (low) => (kind.close ? low * 0.97 : Math.min(0, low));
  const bounds = (_, low, high) => [lowest(low), Math.max(high * (kind.close ? 1.03 : 1.1), (kind.mark ?? 0) * 1.2, kind.close ? 0 : 1e-9)];
  return {
    width: plot.clientWidth,
    height: plot.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: bounds } },
    axes: [axis({ space: 70, values: TIMES }), axis({ size: 72, values: (_, ticks) => ticks.map(kind.text) })],
    series: [{}, ...Array.from({ length: curves }, (_, number) => series(kind, number))],
    hooks: { draw: kind.mark ? [markAt(kind.mark)] : [], setCursor: [tip(plot, kind, names)] },
  };
}

function draw(figure, columns, names, empty) {
  const plot = figure.querySelector(".plot");
  if (columns[0].length < 2 || columns.length < 2) {
    figure.chart?.destroy();
    figure.chart = null;
    plot.replaceChildren(Object.assign(document.createElement("p"), { className: "empty", textContent: empty }));
    return;
  }
  const known = names?.join();
  if (figure.chart && figure.known === known) return figure.chart.setData(columns);
  figure.chart?.destroy();
  plot.replaceChildren();
  figure.known = known;
  figure.chart = new uPlot(options(plot, KINDS[figure.dataset.chart], columns.length - 1, names), columns, plot);
}

function redraw(figures) {
  figures.forEach((figure) => {
    const columns = figure.chart?.data;
    figure.chart?.destroy();
    figure.chart = null;
    if (columns) draw(figure, columns, figure.titles, "");
  });
}

export function drawCharts() {
  document.querySelectorAll("[data-charts]").forEach(drawPlace);
}

function drawPlace(place) {
  const figures = [...place.querySelectorAll("[data-chart]")];
  const load = async () => {
    const answer = await fetch(place.dataset.charts);
    if (!answer.ok) return; // what is drawn stays
    const charts = await answer.json();
    figures.forEach((figure) => {
      figure.titles = charts.names?.[figure.dataset.chart];
      draw(figure, charts[figure.dataset.chart], figure.titles, place.dataset.empty);
    });
  };
  const size = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = target.closest("[data-chart]").chart;
      if (chart && target.clientWidth) chart.setSize({ width: target.clientWidth, height: target.clientHeight });
    }
  });
  figures.forEach((figure) => size.observe(figure.querySelector(".plot")));
  document.addEventListener("theme", () => redraw(figures));
  document.addEventListener("renewed", () => load().catch(() => {}));
  load().catch(() => {});
}
