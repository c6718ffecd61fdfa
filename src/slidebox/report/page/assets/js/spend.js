/** What it costs: forecast against bills over months, by project, grant or level; notices; advice. */

import { h, tag } from "./dom.js";
import { between, counted, money, spoken, whole } from "./format.js";
import { change, link } from "./address.js";
import { chart, summary } from "./chart.js";
import { dollars, LEVELS, range, ranged, text, words } from "./columns.js";
import { advice, notices } from "./lists.js";
import { TableView } from "./table.js";
import { tableOf } from "./store.js";

const TABS = { months: "Forecast and bills", advice: "Advice", notices: "Notices" };
const BY = ["project", "grant", "level"];
const SMALL = 12;
const FEW_NOTICES = 6;

/** Rows of months, with their sum as a chart above them. */
class SpendView extends TableView {
  constructor(described) {
    super(described);
    this.main = h("figure", { class: "chart-main" });
    this.by = new Map(BY.map((by) => [by, h("button", { type: "button", onclick: () => change({ by }) }, by)]));
    this.split = h(
      "div",
      { class: "tabs", role: "group", "aria-label": "Each" },
      h("span", { class: "muted" }, "Each "),
      ...this.by.values(),
    );
    this.small = h("div", { class: "multiples" });
    this.charts = h("div", { class: "charts" }, this.main, this.split, this.small);
    this.scroller.before(this.charts);
    this.listening = new ResizeObserver(() => this.resized());
    this.listening.observe(this.charts);
  }

  select(params) {
    super.select(params);
    this.params = params;
    this.charts.hidden = this.order.length === 0;
    this.ask();
  }

  /** Drawn with the next frame, however many letters were typed before it. */
  ask() {
    if (this.asks) return;
    this.asks = requestAnimationFrame(() => {
      this.asks = 0;
      this.draw();
    });
  }

  resized() {
    if (this.charts.clientWidth !== this.width && this.params) this.ask();
  }

  draw() {
    this.width = this.charts.clientWidth;
    if (!this.width) return;
    const by = BY.includes(this.params.get("by")) ? this.params.get("by") : "project";
    for (const [name, button] of this.by) button.setAttribute("aria-pressed", name === by);
    const points = monthly(this.table, this.order);
    this.main.replaceChildren(
      h("figcaption", {}, h("h2", {}, "Forecast and bills"), h("p", { class: "muted" }, `${summary(points)}.`), keys()),
      chart(points, { title: "Forecast and bills", width: this.width }),
      figures(points),
    );
    this.small.replaceChildren(...this.multiples(by));
  }

  multiples(by) {
    const groups = new Map();
    for (const row of this.order) {
      const name = this.table.get(by, row);
      (groups.get(name) ?? groups.set(name, []).get(name)).push(row);
    }
    if (groups.size < 2) return [];
    const all = [...groups].map(([name, rows]) => ({ name, points: monthly(this.table, rows) }));
    const weight = ({ points }) =>
      points.reduce((total, point) => total + point.usual + Math.abs(point.actual ?? 0), 0);
    all.sort((one, other) => weight(other) - weight(one));
    const width = this.width > 1000 ? (this.width - 48) / 3 : this.width > 600 ? (this.width - 24) / 2 : this.width;
    const drawn = all.slice(0, SMALL).map(({ name, points }) => {
      const label = spoken(name) || (by === "project" ? "of no project" : `no ${by}`);
      const to = link(
        "spend",
        [...this.params].filter(([key]) => key !== by && key !== "open").concat([[by, name || "(none)"]]),
      );
      return h(
        "figure",
        {},
        h("figcaption", {}, h("h3", {}, h("a", { href: to }, label))),
        chart(points, { title: label, width: Math.floor(width), height: 130 }),
      );
    });
    const more = all.length - drawn.length;
    return more > 0
      ? [
          ...drawn,
          h("p", { class: "note" }, `The ${SMALL} largest are drawn; ${counted(more, "other")} are in the table.`),
        ]
      : drawn;
  }

  end() {
    super.end();
    this.listening.disconnect();
  }
}

/** What a chart shows, as figures. */
function figures(points) {
  const head = ["Month", "Forecast", "Between", "Bills", "Difference"].map((label, at) =>
    h("th", { scope: "col", class: at ? "number" : null }, label),
  );
  const rows = points.map((point) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, point.month),
      ...[
        money(point.usual),
        between(point),
        point.actual === null ? "no bill" : money(point.actual) + (point.part ? " in part" : ""),
        point.actual === null || point.part ? "" : money(point.actual - point.usual),
      ].map((said) => h("td", { class: "number" }, said)),
    ),
  );
  return h(
    "details",
    {},
    h("summary", {}, "The figures of this chart"),
    h(
      "div",
      { class: "scroll low", tabindex: "0", role: "region", "aria-label": "Figures by month" },
      h("table", { class: "small" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
    ),
  );
}

function keys() {
  const key = (name, label) =>
    h("span", { class: "key" }, h("span", { class: `swatch swatch-${name}`, "aria-hidden": "true" }), label);
  return h(
    "p",
    { class: "legend" },
    key("usual", "forecast"),
    key("band", "what it lies between"),
    key("actual", "bills"),
    key("part", "bills of a part"),
  );
}

/** Sums of rows by month; bills are partial where only some rows of a month have one. */
function monthly(table, rows) {
  const months = new Map();
  const [low, usual, high] = table.fields.get("forecast").columns;
  const [ids, actuals] = [table.numbers("month"), table.numbers("actual")];
  for (const row of rows) {
    const id = ids[row];
    const point =
      months.get(id) ??
      months
        .set(id, { month: table.strings[id], low: 0, usual: 0, high: 0, actual: null, part: false, billed: 0, rows: 0 })
        .get(id);
    point.low += low[row] ?? 0;
    point.usual += usual[row] ?? 0;
    point.high += high[row] ?? 0;
    point.rows += 1;
    if (actuals[row] === null) continue;
    point.actual = (point.actual ?? 0) + actuals[row];
    point.billed += 1;
  }
  for (const point of months.values()) point.part = point.billed > 0 && point.billed < point.rows;
  return [...months.values()].sort((one, other) => (one.month < other.month ? -1 : 1));
}

/** @param {*} data the page @returns {{element: HTMLElement, update: function(URLSearchParams): void, end: function(): void}} */
export function spend(data) {
  const tabs = new Map(
    Object.entries(TABS).map(([show, label]) => [
      show,
      h("a", { href: link("spend", show === "months" ? {} : { show }) }, label),
    ]),
  );
  const first = warned(data.tables.notices);
  const element = h("div", {}, h("nav", { class: "tabs", "aria-label": "Spend" }, ...tabs.values()), first);
  const makers = { months: () => months(data), advice: () => advice(data), notices: () => notices(data) };
  let now = null;
  return {
    element,
    update(params) {
      const show = params.get("show") in makers ? params.get("show") : "months";
      if (now?.show !== show) {
        now?.view.end();
        now?.view.element.remove();
        now = { show, view: makers[show]() };
        first.hidden = show === "notices";
        element.append(now.view.element);
      }
      for (const [name, tab] of tabs) {
        if (name === show) tab.setAttribute("aria-current", "true");
        else tab.removeAttribute("aria-current");
      }
      now.view.update(params);
    },
    end: () => now?.view.end(),
  };
}

/** The first notices, above everything about money. */
function warned(table) {
  if (!table.rows) return h("div", {});
  const items = Array.from(table.all().slice(0, FEW_NOTICES), (row) => {
    const { kind, said, usd } = table.row(row);
    return h("li", {}, tag(kind), h("span", {}, said, usd !== null && h("strong", {}, ` ${money(usd)}`)));
  });
  const more =
    table.rows > items.length &&
    h("p", {}, h("a", { href: link("spend", { show: "notices" }) }, `All ${whole(table.rows)} notices`));
  return h(
    "section",
    { class: "notices", "aria-label": "Notices about money" },
    h("ul", { class: "said" }, ...items),
    more,
  );
}

function months(data) {
  const { spend: source } = data.tables;
  const fields = [
    ["month", "text"],
    ["project", "text"],
    ["grant", "text"],
    ["level", "text"],
    ["forecast", "range"],
    ["actual", "number"],
    ["difference", "number"],
  ];
  const records = Array.from(source.all(), (row) => {
    const one = source.row(row);
    return { ...one, difference: one.actual === null ? null : one.actual - one.forecast.usual };
  });
  const table = tableOf("spend", fields, records);
  return new SpendView({
    name: "spend",
    noun: "row",
    caption: "Forecast and bills by month, project, grant and level",
    table,
    key: ["month", "project", "grant", "level"],
    columns: [
      text("month", "Month", { filter: true }),
      text("project", "Project", { filter: true, show: (value) => value || "of no project" }),
      text("grant", "Grant", { filter: true }),
      words("level", "Level", { filter: true, order: LEVELS }),
      range("forecast", "Forecast"),
      dollars("actual", "Bills", { show: (usd) => (usd === null ? "no bill" : money(usd)) }),
      dollars("difference", "Difference", { show: (usd) => (usd === null ? "" : money(usd)) }),
    ],
    empty: "There is no forecast and no bill.",
    details: (row) => {
      const one = table.row(row);
      return {
        title: `${one.project || "Of no project"}, ${one.month}`,
        entries: [
          ["Grant", one.grant],
          ["Level", spoken(one.level)],
          ["Forecast", ranged(one.forecast)],
          ["Bills", one.actual === null ? "no bill covers it" : money(one.actual)],
          ["Difference", one.difference === null ? "" : money(one.difference)],
        ],
      };
    },
  });
}
