/** Money over months: what was forecast, what it lies between, and what was paid. */

import { s } from "./dom.js";
import { between, money } from "./format.js";

/**
 * @typedef {Object} Point
 * @property {string} month
 * @property {number} low
 * @property {number} usual
 * @property {number} high
 * @property {number|null} actual US dollars; null where no bill covers the month
 * @property {boolean} part whether bills cover only a part of it
 */

/**
 * Draw months side by side. The table beneath says the same in figures.
 * @param {Point[]} points
 * @param {{title: string, width: number, height?: number}} of
 * @returns {SVGElement}
 */
export function chart(points, { title, width, height = 240 }) {
  const edge = { top: 12, right: 8, bottom: 24, left: 58 };
  const most = Math.max(...points.flatMap((point) => [point.high, point.actual ?? 0]), 0.01);
  const least = Math.min(0, ...points.map((point) => point.actual ?? 0));
  const ticks = ticked(least, most, height < 160 ? 2 : 4);
  const [bottom, top] = [ticks[0], ticks.at(-1)];
  const step = (width - edge.left - edge.right) / points.length;
  const x = (at) => edge.left + (at + 0.5) * step;
  const y = (usd) => height - edge.bottom - ((usd - bottom) / (top - bottom)) * (height - edge.top - edge.bottom);
  return s(
    "svg",
    {
      class: "chart",
      role: "img",
      "aria-label": `${title}: ${summary(points)}`,
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
    },
    ...ticks.map((usd) => grid(usd, y(usd), width, edge)),
    ...bars(points, x, y, Math.max(1, step * 0.6)),
    ...band(points, x, y),
    ...labels(points, x, height, step),
    ...points.map((point, at) => hover(point, x(at) - step / 2, step, height)),
  );
}

/** @param {Point[]} points @returns {string} a chart in a sentence */
export function summary(points) {
  if (!points.length) return "no month";
  const sum = (values) => values.reduce((total, usd) => total + usd, 0);
  const paid = points.filter(({ actual }) => actual !== null);
  const forecast = `${points[0].month} to ${points.at(-1).month}, forecast ${money(sum(points.map(({ usual }) => usual)))}`;
  if (!paid.length) return `${forecast}; no bill covers it`;
  return `${forecast}; bills of ${paid.length} of ${points.length} months come to ${money(sum(paid.map(({ actual }) => actual)))} against ${money(sum(paid.map(({ usual }) => usual)))} forecast`;
}

/** Round amounts that reach from the least to the most. */
export function ticked(least, most, count) {
  const raw = (most - least) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) * power;
  const first = Math.floor(least / step);
  const last = Math.ceil((most / step) * 0.9999);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

function grid(usd, y, width, edge) {
  return s(
    "g",
    { class: "grid" },
    s("line", { x1: edge.left, x2: width - edge.right, y1: y, y2: y, class: usd === 0 ? "zero" : null }),
    s("text", { x: edge.left - 8, y: y + 4, "text-anchor": "end" }, money(usd)),
  );
}

function bars(points, x, y, width) {
  return points.flatMap(({ actual, part }, at) => {
    if (actual === null) return [];
    const [up, down] = [Math.min(y(actual), y(0)), Math.max(y(actual), y(0))];
    return [
      s("rect", {
        class: part ? "actual part" : "actual",
        x: x(at) - width / 2,
        y: up,
        width,
        height: Math.max(down - up, 1),
      }),
    ];
  });
}

function band(points, x, y) {
  const line = (part) => points.map((point, at) => `${x(at).toFixed(1)} ${y(point[part]).toFixed(1)}`);
  if (points.length === 1) {
    const [{ low, usual, high }] = points;
    return [
      s("line", { class: "usual", x1: x(0), x2: x(0), y1: y(low), y2: y(high) }),
      s("circle", { class: "dot", cx: x(0), cy: y(usual), r: 4 }),
    ];
  }
  return [
    s("path", { class: "band", d: `M${line("high").join("L")}L${line("low").reverse().join("L")}Z` }),
    s("path", { class: "usual", d: `M${line("usual").join("L")}` }),
  ];
}

/** Years, and months where there is room. */
function labels(points, x, height, step) {
  const every = Math.max(1, Math.ceil(58 / step));
  const years = points.length > 30;
  return points.flatMap(({ month }, at) => {
    const meant = years ? month.endsWith("-01") && yearly(Number(month.slice(0, 4)), step) : at % every === 0;
    return meant
      ? [s("text", { x: x(at), y: height - 7, "text-anchor": "middle" }, years ? month.slice(0, 4) : month)]
      : [];
  });
}

function yearly(year, step) {
  return year % Math.max(1, Math.ceil(40 / (step * 12))) === 0;
}

function hover(point, x, width, height) {
  const { month, usual, actual, part } = point;
  const wide = between(point);
  const paid = actual === null ? "no bill" : `paid ${money(actual)}${part ? ", in part" : ""}`;
  return s(
    "rect",
    { class: "hover", x, y: 0, width, height: height - 24 },
    s("title", {}, `${month}: forecast ${money(usual)}${wide && ` (${wide})`}, ${paid}`),
  );
}
