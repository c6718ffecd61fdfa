/** Where data go: the playbook's Figure 1 with the lab's own stores in it, and every placement as a table. */

import { h, tag } from "./dom.js";
import { bytes, spoken, whole } from "./format.js";
import { link } from "./address.js";
import { chosen } from "./filter.js";
import { dataset, judged, LEVELS, range, ranged, TERMS, text, words } from "./columns.js";
import { TableView } from "./table.js";

const OWN = ["level", "term", "store", "sort", "open"];

/** The table of placements with the figure above it. */
class PlacementsView extends TableView {
  constructor(described) {
    super(described);
    this.figure = h("div", {
      class: "figure-one scroll",
      tabindex: "0",
      role: "region",
      "aria-label": "Stores by level and term",
    });
    this.legend = h(
      "p",
      { class: "legend muted" },
      "A box is a store, with how many datasets it has in that term. ",
      h("span", { class: "chip chip-now" }, "now"),
      " is where the plan has some of them today, and how much that is; what is really there stands below it.",
    );
    this.scroller.before(this.figure, this.legend);
  }

  select(params) {
    super.select(params);
    const rest = new URLSearchParams([...params].filter(([name]) => !OWN.includes(name)));
    const rows = chosen(this.table, this.columns, rest, this.all);
    this.figure.replaceChildren(figureOne(this.table, rows, rest, this.sizes));
  }
}

/** @param {*} data the page @returns {TableView} */
export function placements(data) {
  const part = (at) => (row) => data.tables.placements.get("dataset", row).split("/")[at] ?? "";
  const table = data.tables.placements.plus("project", part(0)).plus("level", part(1));
  return new PlacementsView({
    sizes: sizesOf(data.tables.datasets),
    name: "placements",
    noun: "placement",
    caption: "Where the plan has each dataset in each term",
    table,
    key: ["dataset", "term", "store"],
    columns: [
      words("dataset", "Dataset", { wide: true }),
      text("project", "Project", { filter: true, aside: true }),
      words("level", "Level", { filter: true, order: LEVELS, aside: true }),
      words("term", "Term", { filter: true, order: TERMS }),
      text("store", "Store", { filter: true }),
      words("system", "Solution", { filter: true }),
      words("storage_class", "Class", { filter: true, minor: true }),
      { field: "now", label: "Now", filter: true, show: (now) => (now ? "now" : "") },
      judged("there", "There", { order: ["no", "other version", "unknown", "yes", "nothing is kept"] }),
      range("monthly", "A month"),
      text("why", "Why", { wide: true, minor: true }),
    ],
    empty: "The plan has no placement.",
    details: (row) => placementDetails(table.row(row)),
  });
}

/** How much each dataset is, by its name. */
function sizesOf(table) {
  return new Map(Array.from(table.all(), (row) => [table.get("name", row), table.get("bytes", row) ?? 0]));
}

function placementDetails(one) {
  return {
    title: `${spoken(one.dataset)} in ${one.store}`,
    entries: [
      ["Dataset", dataset(one.dataset)],
      ["Term", `${one.term}${one.now ? ", which is now" : ""}`],
      ["Solution", spoken(one.system)],
      ["Class", spoken(one.storage_class)],
      ["There now", tag(one.there)],
      ["A month", ranged(one.monthly)],
      ["Why", one.why],
    ],
  };
}

/** Levels down, terms across, stores in each. */
function figureOne(table, rows, rest, sizes) {
  const cells = gathered(table, rows, sizes);
  const found = new Set([...cells.keys()].map((key) => key.split("\n")[0]));
  const levels = [
    ...LEVELS.filter((level) => found.has(level)),
    ...[...found].filter((level) => !LEVELS.includes(level)),
  ];
  const head = h(
    "tr",
    { role: "row" },
    h("th", { role: "columnheader", scope: "col" }, "Level"),
    ...TERMS.map((term) => h("th", { role: "columnheader", scope: "col" }, `${term} term`)),
  );
  const body = levels.map((level) =>
    h(
      "tr",
      { role: "row" },
      h("th", { role: "rowheader", scope: "row" }, spoken(level) || "no level"),
      ...TERMS.map((term) =>
        h(
          "td",
          { role: "cell", "data-label": `${term} term` },
          stores(cells.get(`${level}\n${term}`), rest, { level, term }),
        ),
      ),
    ),
  );
  return h(
    "table",
    { role: "table", "aria-label": "Stores by level and term" },
    h("thead", { role: "rowgroup" }, head),
    h("tbody", { role: "rowgroup" }, ...body),
  );
}

function gathered(table, rows, sizes) {
  const cells = new Map();
  for (const row of rows) {
    const key = `${table.get("level", row)}\n${table.get("term", row)}`;
    const cell = cells.get(key) ?? cells.set(key, new Map()).get(key);
    const name = table.get("store", row);
    const store =
      cell.get(name) ??
      cell
        .set(name, { name, system: table.get("system", row), count: 0, now: 0, bytes: 0, there: new Map() })
        .get(name);
    store.count += 1;
    if (!table.get("now", row)) continue;
    store.now += 1;
    store.bytes += sizes.get(table.get("dataset", row)) ?? 0;
    const there = table.get("there", row);
    store.there.set(there, (store.there.get(there) ?? 0) + 1);
  }
  return cells;
}

const THERE = [
  ["no", "not there"],
  ["other version", "other version"],
  ["unknown", "unknown"],
  ["yes", "there"],
  ["nothing is kept", "of which nothing is kept"],
];

function stores(cell, rest, { level, term }) {
  if (!cell) return h("span", { class: "muted" }, "nothing");
  const sorted = [...cell.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  return h(
    "ul",
    { class: "chips" },
    ...sorted.map(({ name, system, count, now, bytes: held, there }) => {
      const params = new URLSearchParams([...rest, ["level", level], ["term", term], ["store", name]]);
      const said = THERE.filter(([word]) => there.get(word)).map(([word, label]) =>
        h("span", { class: `there there-${word.replaceAll(" ", "-")}` }, `${whole(there.get(word))} ${label}`),
      );
      return h(
        "li",
        {},
        h(
          "a",
          { class: now ? "chip chip-now" : "chip", href: link("placements", params) },
          h("span", { class: "chip-name" }, name),
          h("span", { class: "chip-count" }, `${whole(count)}${now ? `, ${whole(now)} now, ${bytes(held)}` : ""}`),
          name === system ? null : h("span", { class: "chip-system" }, spoken(system)),
        ),
        said.length ? h("div", { class: "theres" }, ...said) : null,
      );
    }),
  );
}
