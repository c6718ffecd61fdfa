/** The views that are a table each: datasets, waivers, moves, drives, advice, notices, what was read. */

import { h } from "./dom.js";
import { away, bytes, counted, daysBetween, hours, money, spoken, whole } from "./format.js";
import { link } from "./address.js";
import { copied } from "./details.js";
import {
  dataset,
  dollars,
  judged,
  LEVELS,
  number,
  range,
  ranged,
  SENSITIVITIES,
  size,
  text,
  words,
} from "./columns.js";
import { TableView } from "./table.js";

/** @param {*} data the page @returns {TableView} */
export function datasets(data) {
  const table = data.tables.datasets;
  return new TableView({
    name: "datasets",
    noun: "dataset",
    caption: "Datasets as they are declared",
    table,
    key: ["name"],
    columns: [
      words("name", "Dataset", { wide: true }),
      text("project", "Project", { filter: true, aside: true }),
      words("level", "Level", { filter: true, order: LEVELS, aside: true }),
      words("sensitivity", "Sensitivity", { filter: true, order: SENSITIVITIES }),
      words("activity", "Activity", { filter: true, order: ["active", "resting", "finished"] }),
      size("bytes", "Size"),
      number("files", "Files", { minor: true }),
      range("monthly", "This month"),
      words("audience", "Audience", { minor: true }),
      words("origin", "Origin", { filter: true, minor: true }),
      text("owner", "Owner", { filter: true, minor: true }),
      text("grant", "Grant", { filter: true, minor: true }),
    ],
    empty: "No dataset is declared.",
    details: (row) => datasetDetails(data, table.row(row)),
    total: (rows) => {
      const usd = sum(rows, table.numbers("monthly"));
      return `${bytes(sum(rows, table.numbers("bytes")))}, ${whole(sum(rows, table.numbers("files")))} files, ${money(usd)} this month.`;
    },
  });
}

function sum(rows, numbers) {
  return rows.reduce((total, row) => total + (numbers[row] ?? 0), 0);
}

function datasetDetails(data, one) {
  const about = [
    ["placements", "placement", "dataset"],
    ["readers", "way in", "dataset"],
    ["advice", "piece", "dataset"],
    ["findings", "finding", "subject"],
    ["waivers", "waiver", "dataset"],
    ["moves", "move", "dataset"],
  ];
  const links = about.flatMap(([view, noun, field]) => {
    const table = data.tables[view];
    const meant = (text) => text === one.name || text.startsWith(`${one.name}@`);
    const ids = new Set(table.strings.flatMap((text, id) => (meant(text) ? [id] : [])));
    const count = table.numbers(field).filter((id) => ids.has(id)).length;
    const address = view === "advice" ? "spend" : view;
    const said = noun === "piece" ? `${counted(count, noun)} of advice` : counted(count, noun);
    const params = view === "advice" ? { show: "advice", q: one.name } : { q: one.name };
    return count ? [h("li", {}, h("a", { href: link(address, params) }, said))] : [];
  });
  return {
    title: spoken(one.name),
    entries: [
      ["Sensitivity", spoken(one.sensitivity)],
      ["Activity", spoken(one.activity)],
      ["Audience", spoken(one.audience)],
      ["Origin", spoken(one.origin)],
      ["Owner", one.owner],
      ["Grant", one.grant],
      ["Size", `${bytes(one.bytes)} in ${counted(one.files, "file")}`],
      ["This month", ranged(one.monthly)],
    ],
    below: [
      h("h3", {}, "Elsewhere on this page"),
      h(
        "ul",
        {},
        ...links,
        h("li", {}, h("a", { href: link("lineage", { project: one.project }) }, "the lineage of its project")),
        h("li", {}, h("a", { href: link("spend", { project: one.project }) }, "what its project costs")),
      ),
    ],
  };
}

/** @param {*} data the page @returns {TableView} */
export function waivers(data) {
  const table = data.tables.waivers;
  return new TableView({
    name: "waivers",
    noun: "waiver",
    caption: "Rules that are set aside for a while",
    table,
    key: ["rule", "dataset", "until"],
    sort: "until",
    columns: [
      text("rule", "Rule", { filter: true }),
      words("dataset", "Of", { show: dataset }),
      text("by", "Who answers for it", { filter: true }),
      text("reason", "Why", { wide: true }),
      text("until", "Last day", { show: (value) => ending(data.made, value) }),
    ],
    empty: "No rule is waived.",
    details: (row) => {
      const one = table.row(row);
      return {
        title: one.rule,
        entries: [
          ["Of", dataset(one.dataset)],
          ["Who answers for it", one.by],
          ["Why", one.reason],
          ["Last day", ending(data.made, one.until)],
        ],
      };
    },
  });
}

/** @param {string} made the page's moment @param {string} day @returns {Node} a day, and how far away it is */
export function ending(made, day) {
  const left = daysBetween(made, day);
  const near = left < 0 ? "late" : left <= 30 ? "soon" : "muted";
  return h("span", {}, day, " ", h("span", { class: near }, `(${away(left)})`));
}

/** @param {*} data the page @returns {TableView} */
export function moves(data) {
  const table = data.tables.moves;
  return new TableView({
    name: "moves",
    noun: "move",
    caption: "Moves and retirements that are due",
    table,
    key: ["dataset", "why", "source", "target"],
    columns: [
      words("dataset", "Dataset", { show: spoken }),
      words("why", "Why", { filter: true, wide: true }),
      text("source", "From", { filter: true }),
      text("target", "To", { filter: true }),
      size("bytes", "Size"),
      number("files", "Files", { minor: true }),
      { field: "hours", label: "Time", end: true, show: hours },
      dollars("usd", "Cost"),
      text("said", "What is so", { wide: true, minor: true }),
    ],
    empty: "Everything lies where the plan has it, as far as it could be read.",
    details: (row) => dueDetails(table.row(row)),
    total: (rows) =>
      `${bytes(sum(rows, table.numbers("bytes")))}, ${hours(sum(rows, table.numbers("hours")))}, ${money(sum(rows, table.numbers("usd")))}.`,
  });
}

/** @param {*} data the page @returns {TableView} */
export function visits(data) {
  const table = data.tables.visits;
  return new TableView({
    name: "drives",
    noun: "drive",
    caption: "Drives that are overdue, worn or behind",
    table,
    key: ["source", "why"],
    columns: [
      text("source", "Drive"),
      words("why", "Why", { filter: true }),
      text("said", "What is so", { wide: true }),
      size("bytes", "Holds"),
      { field: "hours", label: "To read it back", end: true, show: hours },
      dollars("usd", "Cost", { minor: true }),
    ],
    empty: "No drive is overdue.",
    details: (row) => dueDetails(table.row(row)),
  });
}

function dueDetails(one) {
  return {
    title: spoken(one.dataset || one.source),
    entries: [
      ["Why", spoken(one.why)],
      ["What is so", one.said],
      ["From", one.dataset ? one.source : ""],
      ["To", one.target],
      ["Size", `${bytes(one.bytes)} in ${counted(one.files, "file")}`],
      ["Time", hours(one.hours)],
      ["Cost", money(one.usd)],
      ["What to type", copied(one.command)],
    ],
  };
}

/** @param {*} data the page @returns {TableView} */
export function advice(data) {
  const table = data.tables.advice;
  return new TableView({
    name: "advice",
    noun: "piece",
    caption: "What to change, and what it would save in the first year and over five",
    table,
    key: ["dataset", "store", "kind", "what"],
    sort: "-later",
    columns: [
      text("what", "Advice", { wide: true }),
      words("kind", "Kind", { filter: true }),
      words("dataset", "Dataset", { show: dataset }),
      text("store", "Store", { filter: true }),
      range("saves", "Saves in a year"),
      range("later", "In five years"),
    ],
    empty: "There is nothing to save that is known of.",
    details: (row) => {
      const one = table.row(row);
      return {
        title: one.what,
        entries: [
          ["Dataset", dataset(one.dataset)],
          ["Store", one.store],
          ["Kind", spoken(one.kind)],
          ["Saves in a year", ranged(one.saves)],
          ["Saves in five years", ranged(one.later)],
          ["The arithmetic", one.arithmetic ? h("pre", { class: "sum", tabindex: "0" }, one.arithmetic) : ""],
          ["What to type or write", copied(one.command)],
        ],
      };
    },
    total: (rows) =>
      `${money(sum(rows, table.numbers("saves")))} in a year, ${money(sum(rows, table.numbers("later")))} in five, if all of it holds by itself: pieces of advice on the same data overlap.`,
  });
}

/** @param {*} data the page @returns {TableView} */
export function notices(data) {
  const table = data.tables.notices;
  return new TableView({
    name: "notices",
    noun: "notice",
    caption: "What has to be read about money",
    table,
    key: ["kind", "said"],
    columns: [text("said", "What is so", { wide: true }), judged("kind", "Kind"), dollars("usd", "How much")],
    empty: "There is no notice about money.",
    details: (row) => {
      const one = table.row(row);
      return {
        title: spoken(one.kind),
        entries: [
          ["What is so", one.said],
          ["How much", money(one.usd)],
        ],
      };
    },
  });
}
