/** The first view: how much there is, what is bad, what is not known, and what comes next. */

import { h, tag } from "./dom.js";
import { between, bytes, counted, daysBetween, money, spoken, whole } from "./format.js";
import { link } from "./address.js";
import { LEVELS, VERDICTS } from "./columns.js";
import { ending } from "./lists.js";

/**
 * @param {*} data the page
 * @returns {{element: HTMLElement, update: function(URLSearchParams): void, end: function(): void}}
 */
export function overview(data) {
  const element = h(
    "div",
    { class: "overview" },
    h("ul", { class: "tiles" }, ...tiles(data).map(drawnTile)),
    h("div", { class: "halves" }, sources(data), deadlines(data)),
    unknown(data),
    h("div", { class: "halves" }, split(data, "level", "By level", LEVELS), split(data, "project", "By project")),
  );
  return { element, update: () => {}, end: () => {} };
}

function tiles(data) {
  const { datasets, findings, readers, advice, moves, visits } = data.tables;
  const monthly = total(datasets);
  const graves = counts(findings, "severity");
  const unread = data.tables.sources.numbers("read").filter((read) => !read).length;
  const access = counts(readers, "verdict");
  const alarms = counts(data.tables.notices, "kind");
  const [saves, later] = ["saves", "later"].map((span) => sumOf(advice.numbers(span)));
  const unsaid = data.unknown.length + unread + implied(data).reduce((sum, { count }) => sum + count, 0);
  return [
    {
      label: "Datasets",
      value: whole(datasets.rows),
      said: `in ${counted(new Set(datasets.numbers("project")).size, "project")}`,
      to: link("datasets"),
    },
    {
      label: "Data",
      value: bytes(sumOf(datasets.numbers("bytes"))),
      said: counted(sumOf(datasets.numbers("files")), "file"),
      to: link("datasets", { sort: "-bytes" }),
    },
    {
      label: "Cost of a month",
      value: money(monthly.usual),
      said: [between(monthly) || "by the plan", "paid once: see Spend", ...alarmed(alarms)].join("; "),
      to: link("spend"),
      tone: alarms.get("anomaly")
        ? "bad"
        : alarms.get("budget") || alarms.get("untagged") || alarms.get("excluded")
          ? "warn"
          : undefined,
    },
    {
      label: "Findings",
      value: whole(findings.rows),
      said: `${counted(graves.get("refusal") ?? 0, "refusal")}, ${counted(graves.get("warning") ?? 0, "warning")}, ${graves.get("waived") ?? 0} waived`,
      to: link("findings"),
      tone: graves.get("refusal") ? "bad" : graves.get("warning") ? "warn" : "good",
    },
    {
      label: "Not known",
      value: whole(unsaid),
      said: unsaid ? "things unread or undecided" : "all that was asked could be read",
      to: "#unknown",
      tone: unsaid ? "unknown" : "good",
    },
    { label: "Access not as declared", ...accessTile(readers, access) },
    {
      label: "Could be saved in 5 years",
      value: money(later),
      said: `${money(saves)} in the first; ${counted(advice.rows, "piece")} of advice`,
      to: link("spend", { show: "advice" }),
    },
    {
      label: "Due",
      value: whole(moves.rows + visits.rows),
      said: `${counted(moves.rows, "move")}, ${counted(visits.rows, "drive")}`,
      to: moves.rows || !visits.rows ? link("moves") : link("drives"),
      tone: visits.rows ? "warn" : undefined,
    },
  ];
}

/** What has to be read about money, by its kinds; a mere note is no alarm. */
function alarmed(alarms) {
  const words = {
    anomaly: "unusual",
    budget: "over a budget",
    untagged: "charged to no project",
    excluded: "left out",
  };
  return Object.entries(words).flatMap(([kind, said]) =>
    alarms.get(kind) ? [`${whole(alarms.get(kind))} ${said}`] : [],
  );
}

function accessTile(readers, access) {
  const differing = VERDICTS.slice(0, -1).filter((verdict) => access.get(verdict));
  const bad = ["public", "expired"].some((verdict) => access.get(verdict));
  return {
    value: whole(differing.reduce((sum, verdict) => sum + access.get(verdict), 0)),
    said:
      differing.map((verdict) => `${whole(access.get(verdict))} ${verdict}`).join(", ") ||
      `of ${counted(readers.rows, "way")} in`,
    to: link("readers", differing.length ? { verdict: differing[0] } : {}),
    tone: bad ? "bad" : access.get("unknown") ? "unknown" : differing.length ? "warn" : "good",
  };
}

function drawnTile({ label, value, said, to, tone }) {
  const attributes = { href: to, class: tone ? `tile tile-${tone}` : "tile" };
  if (to === "#unknown") {
    attributes.href = link("overview");
    attributes.onclick = (event) => {
      event.preventDefault();
      const list = document.getElementById("unknown");
      list.scrollIntoView();
      list.focus({ preventScroll: true });
    };
  }
  return h(
    "li",
    {},
    h(
      "a",
      attributes,
      h("span", { class: "tile-label" }, label),
      h("span", { class: "tile-value" }, value),
      h("span", { class: "tile-said" }, said),
    ),
  );
}

function sources(data) {
  const table = data.tables.sources;
  const items = Array.from(table.all(), (row) => {
    const { what, read, said } = table.row(row);
    return h("li", {}, tag(read ? "read" : "not read"), h("span", {}, h("strong", {}, what), said && `: ${said}`));
  });
  return section(
    "What this page was made from",
    items.length ? h("ul", { class: "said" }, ...items) : note("Nothing says what it was made from."),
  );
}

/** What the views say is not known, each with the rows that say so. */
function implied(data) {
  const { placements, readers, lineage } = data.tables;
  const number = (table, field, meant) =>
    Array.from(table.all()).filter((row) => table.get(field, row) === "unknown" && meant(row)).length;
  return [
    {
      count: number(placements, "there", (row) => placements.get("now", row)),
      said: "placement",
      about: "of now: whether the data are there",
      to: link("placements", { now: "yes", there: "unknown" }),
    },
    {
      count: number(readers, "verdict", () => true),
      said: "way in",
      about: "that may be open: something could not be read",
      to: link("readers", { verdict: "unknown", show: "table" }),
    },
    {
      count: number(lineage, "standing", () => true),
      said: "dataset",
      about: "of the lineage: whether it is kept",
      to: link("lineage", { standing: "unknown" }),
    },
  ].filter(({ count }) => count);
}

function unknown(data) {
  const { sources } = data.tables;
  const unread = Array.from(sources.all()).filter((row) => !sources.get("read", row));
  const items = [
    ...implied(data).map(({ count, said, about, to }) =>
      h("li", {}, tag("unknown"), h("span", {}, h("a", { href: to }, counted(count, said)), ` ${about}`)),
    ),
    ...unread.map((row) => h("li", {}, tag("not read"), h("span", {}, sources.get("what", row)))),
    ...data.unknown.map((words) => h("li", {}, tag("unknown"), h("span", {}, words))),
  ];
  const title = h("h2", { id: "unknown", tabindex: "-1" }, items.length ? "Not known" : "Nothing unknown");
  return h(
    "section",
    { class: items.length ? "loud" : null },
    title,
    items.length
      ? h("ul", { class: "said columns" }, ...items)
      : note("Everything that was asked could be read and decided."),
  );
}

function deadlines(data) {
  const { waivers, visits, moves, readers } = data.tables;
  const dated = [
    ...Array.from(waivers.all(), (row) => ({
      day: waivers.get("until", row),
      said: `waiver of ${waivers.get("rule", row)}, ${spoken(waivers.get("dataset", row))}`,
      to: link("waivers"),
    })),
    ...accessEnding(data.made, readers),
  ].sort((one, other) => (one.day < other.day ? -1 : 1));
  const items = dated
    .slice(0, 8)
    .map(({ day, said, to }) => h("li", {}, h("span", {}, ending(data.made, day), " ", h("a", { href: to }, said))));
  const late = [
    visits.rows &&
      h(
        "li",
        {},
        tag("warning"),
        h("a", { href: link("drives") }, `${counted(visits.rows, "drive")} overdue, worn or behind`),
      ),
    moves.rows && h("li", {}, h("a", { href: link("moves") }, `${counted(moves.rows, "move")} due`)),
  ].filter(Boolean);
  return section(
    "What comes next",
    late.length + items.length
      ? h("ul", { class: "said" }, ...late, ...items)
      : note("No waiver ends, no move is due, no drive is overdue."),
  );
}

/** The days of the next three months on which somebody's access ends, each once. */
function accessEnding(made, readers) {
  const days = new Map();
  for (const row of readers.all()) {
    const until = readers.get("until", row).slice(0, 10);
    const left = until ? daysBetween(made, until) : -1;
    if (left >= 0 && left <= 92) days.set(until, (days.get(until) ?? new Set()).add(readers.get("principal", row)));
  }
  return [...days].map(([day, who]) => ({
    day,
    said: `access of ${who.size === 1 ? [...who][0] : counted(who.size, "principal")} ends`,
    to: link("readers", { sort: "until" }),
  }));
}

/** How much lies in each level or project, largest first or in the levels' order, with a bar. */
function split(data, field, title, order = null) {
  const table = data.tables.datasets;
  const groups = new Map();
  for (const row of table.all()) {
    const name = table.get(field, row);
    const group = groups.get(name) ?? { name, count: 0, size: 0, usd: 0 };
    group.count += 1;
    group.size += table.get("bytes", row) ?? 0;
    group.usd += table.get("monthly", row).usual ?? 0;
    groups.set(name, group);
  }
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  const sorted = [...groups.values()].sort((a, b) => (order ? place(a.name) - place(b.name) : b.size - a.size));
  const most = Math.max(...sorted.map(({ size }) => size), 1);
  const rows = sorted.slice(0, 12).map(({ name, count, size, usd }) => {
    const bar = h("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--part", size / most);
    const label = h("a", { href: link("datasets", { [field]: name }) }, spoken(name) || "none");
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, label),
      h("td", { class: "number" }, whole(count)),
      h("td", { class: "number" }, bytes(size), bar),
      h("td", { class: "number" }, money(usd)),
    );
  });
  const head = ["", "Datasets", "Data", "This month"].map((label, at) =>
    h("th", { scope: "col", class: at ? "number" : null }, label || h("span", { class: "hidden" }, spoken(field))),
  );
  const more =
    sorted.length > rows.length
      ? h(
          "p",
          { class: "muted" },
          h("a", { href: link("datasets") }, `and ${counted(sorted.length - rows.length, field)} more`),
        )
      : null;
  return section(
    title,
    rows.length
      ? h("table", { class: "small" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows))
      : note("No dataset is declared."),
    more,
  );
}

function section(title, ...content) {
  return h("section", {}, h("h2", {}, title), ...content);
}

function note(words) {
  return h("p", { class: "note" }, words);
}

function counts(table, field) {
  const found = new Map();
  for (const row of table.all()) found.set(table.get(field, row), (found.get(table.get(field, row)) ?? 0) + 1);
  return found;
}

function sumOf(numbers) {
  return numbers.reduce((sum, value) => sum + (value ?? 0), 0);
}

function total(datasets) {
  const parts = Array.from(datasets.all(), (row) => datasets.get("monthly", row));
  const add = (part) => parts.reduce((sum, value) => sum + (value[part] ?? 0), 0);
  return { low: add("low"), usual: add("usual"), high: add("high") };
}
