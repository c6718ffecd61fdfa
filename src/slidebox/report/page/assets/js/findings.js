/** What the rules say: what says the same of many places stands there once, with its places. */

import { breakable, h, safeAddress, tag } from "./dom.js";
import { counted, spoken, whole } from "./format.js";
import { link } from "./address.js";
import { chosen } from "./filter.js";
import { dataset, judged, SEVERITIES, text, words } from "./columns.js";
import { TableView } from "./table.js";
import { tableOf } from "./store.js";

const TABS = { kinds: "By kind", each: "Each place" };
const MOST_PLACES = 200;
const SAME = ["severity", "rule", "message", "cure", "title", "page"];

/**
 * @param {*} data the page
 * @returns {{element: HTMLElement, update: function(URLSearchParams): void, end: function(): void}}
 */
export function findings(data) {
  const table = data.tables.findings;
  const tabs = new Map(Object.entries(TABS).map(([show, label]) => [show, h("a", { href: link("findings") }, label)]));
  const element = h("div", {}, h("nav", { class: "tabs", "aria-label": "Findings" }, ...tabs.values()));
  const makers = { kinds: () => kinds(table), each: () => each(table) };
  let now = null;
  return {
    element,
    update(params) {
      const show = params.get("show") in makers ? params.get("show") : "kinds";
      if (now?.show !== show) {
        now?.view.end();
        now?.view.element.remove();
        now = { show, view: makers[show]() };
        element.append(now.view.element);
      }
      for (const [name, tab] of tabs) {
        const kept = ["q", "severity", "rule"].filter((key) => params.has(key)).map((key) => [key, params.get(key)]);
        tab.setAttribute("href", link("findings", name === "kinds" ? kept : [["show", name], ...kept]));
        if (name === show) tab.setAttribute("aria-current", "true");
        else tab.removeAttribute("aria-current");
      }
      now.view.update(params);
    },
    end: () => now?.view.end(),
  };
}

/** Findings that say the same, and how many of each are left by what is asked for. */
class KindsView extends TableView {
  meant(params) {
    const left = new Set(chosen(this.source, this.columns, params, this.source.all()));
    this.left = this.members.map((rows) => rows.filter((row) => left.has(row)));
    return this.all.filter((row) => this.left[row].length);
  }
}

function kinds(source) {
  const members = grouped(source);
  const fields = [...SAME.map((field) => [field, "text"]), ["count", "number"], ["subjects", "text"], ["where", "text"]];
  const joined = (rows, field) => rows.map((row) => source.get(field, row)).join("; ");
  const records = members.map((rows) => ({
    ...source.row(rows[0]),
    count: rows.length,
    subjects: joined(rows, "subject"),
    where: joined(rows, "where"),
  }));
  const table = tableOf("kinds", fields, records);
  const view = new KindsView({
    name: "findings",
    noun: "kind",
    caption: "What the rules say, by kind",
    table,
    source,
    members,
    key: ["rule", "severity", "message"],
    columns: [
      text("title", "What it is about", { wide: true, show: (value, row) => value || table.get("rule", row) }),
      judged("severity", "Severity", { order: SEVERITIES }),
      { field: "count", label: "Places", end: true, show: (count, row) => among(view.left[row].length, count) },
      text("message", "What is so", { wide: true }),
      text("cure", "What mends it", { wide: true, minor: true }),
      text("rule", "Rule", { filter: true, minor: true, show: (rule, row) => described(rule, table.get("page", row)) }),
    ],
    empty: "The rules have nothing to say.",
    details: (row) => kindDetails(source, table.row(row), view.left[row]),
    total: (rows) =>
      `${counted(
        rows.reduce((sum, row) => sum + view.left[row].length, 0),
        "finding",
      )} in ${counted(rows.length, "kind")}.`,
  });
  return view;
}

/** Rows of each kind: the gravest first, and of them what is so in the most places. */
function grouped(source) {
  const found = new Map();
  for (const row of source.all()) {
    const key = SAME.map((field) => source.get(field, row)).join("\u0000");
    (found.get(key) ?? found.set(key, []).get(key)).push(row);
  }
  const grave = (rows) => SEVERITIES.indexOf(source.get("severity", rows[0]));
  return [...found.values()].sort((one, other) => grave(one) - grave(other) || other.length - one.length);
}

function among(left, count) {
  return left === count ? whole(count) : `${whole(left)} of ${whole(count)}`;
}

function kindDetails(source, one, rows) {
  const items = rows.slice(0, MOST_PLACES).map((row) => {
    const where = source.get("where", row);
    return h("li", {}, dataset(source.get("subject", row)), where && h("span", { class: "muted" }, ` ${where}`));
  });
  const more = rows.length - items.length;
  const all = link("findings", { show: "each", rule: one.rule, q: one.message });
  return {
    title: one.title || one.rule,
    entries: [
      ["Severity", tag(one.severity)],
      ["What is so", one.message],
      ["What mends it", one.cure],
      ["Rule", described(one.rule, one.page)],
      ["Described in", safeAddress(one.page) ? "" : one.page],
    ],
    below: [
      h("h3", {}, counted(rows.length, "place")),
      h("ul", { class: "places" }, ...items),
      h("p", {}, more > 0 && `${counted(more, "other")} are in the table: `, h("a", { href: all }, "each as a row")),
    ],
  };
}

function each(table) {
  return new TableView({
    name: "findings",
    noun: "finding",
    caption: "What the rules say",
    table,
    key: ["rule", "subject", "message", "where"],
    sort: "severity",
    columns: [
      text("title", "What it is about", { wide: true, show: (value, row) => value || table.get("rule", row) }),
      judged("severity", "Severity", { order: SEVERITIES }),
      words("subject", "About"),
      text("message", "What is so", { wide: true }),
      text("cure", "What mends it", { wide: true }),
      text("rule", "Rule", { filter: true, minor: true, show: (rule, row) => described(rule, table.get("page", row)) }),
      text("where", "Where", { minor: true }),
    ],
    empty: "The rules have nothing to say.",
    details: (row) => {
      const one = table.row(row);
      return {
        title: one.title || one.rule,
        entries: [
          ["Severity", tag(one.severity)],
          ["About", spoken(one.subject)],
          ["What is so", one.message],
          ["What mends it", one.cure],
          ["Where", one.where],
          ["Rule", described(one.rule, one.page)],
          ["Described in", safeAddress(one.page) ? "" : one.page],
        ],
      };
    },
  });
}

/** A rule's name, which leads to its page where there is one. */
function described(rule, page) {
  const address = safeAddress(page);
  return address ? h("a", { href: address, rel: "noreferrer" }, breakable(rule)) : breakable(rule);
}
