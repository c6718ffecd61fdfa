/** Who can do what with which place, and by which path: as a matrix, and as a table. */

import { h, tag } from "./dom.js";
import { counted, spoken } from "./format.js";
import { change } from "./address.js";
import { open, stepped } from "./details.js";
import { dataset, judged, text, VERDICTS, WHO, words } from "./columns.js";
import { Matrix, POWERS, SIGNS } from "./matrix.js";
import { TableView } from "./table.js";

/** The table of readers, which can be looked at as a matrix. */
class ReadersView extends TableView {
  constructor(described) {
    super(described);
    this.matrix = new Matrix(this.table);
    this.switch = new Map(
      ["matrix", "table"].map((show) => [
        show,
        h("button", { type: "button", onclick: () => change({ show, open: "" }) }, show),
      ]),
    );
    this.legend = legend();
    this.tools.element.before(
      h("div", { class: "tabs", role: "group", "aria-label": "Shown as" }, ...this.switch.values()),
    );
    this.scroller.before(this.legend, this.matrix.element);
  }

  shows(params) {
    const narrow = window.matchMedia("(max-width: 40rem)").matches;
    return params.get("show") ?? (narrow ? "table" : "matrix");
  }

  select(params) {
    const show = this.shows(params) === "table" ? "table" : "matrix";
    for (const [name, button] of this.switch) button.setAttribute("aria-pressed", name === show);
    this.aside = show === "matrix";
    super.select(params);
    const some = this.order.length > 0;
    this.scroller.hidden = show !== "table" || !some;
    this.matrix.element.hidden = show !== "matrix" || !some;
    this.legend.hidden = this.matrix.element.hidden;
    if (!this.matrix.element.hidden) this.matrix.set(this.order);
  }

  opened(id) {
    const rows = id?.startsWith("x") && this.matrix.cells ? this.matrix.crossingOf(id) : undefined;
    if (rows) crossing(this.table, rows);
    else super.opened(id);
  }

  print() {
    if (this.matrix.element.hidden) super.print();
    else
      this.cut.textContent = this.matrix.print()
        ? "The first places and principals are printed; all of them are in the file."
        : "";
  }

  printed() {
    super.printed();
    this.matrix.draw();
  }

  end() {
    super.end();
    this.matrix.end();
  }
}

/** @param {*} data the page @returns {TableView} */
export function readers(data) {
  const table = data.tables.readers;
  return new ReadersView({
    name: "readers",
    noun: "way in",
    caption: "Who can do what with which place",
    table,
    key: ["place", "store", "principal", "path"],
    rows: outsideFirst(table),
    columns: [
      text("principal", "Who", { wide: true }),
      words("who", "Kind", { filter: true, order: WHO }),
      { field: "outside", label: "From outside", filter: true, show: (outside) => (outside ? tag("outside") : "no") },
      { field: "actions", label: "Can", show: (actions) => actions.join(", ") },
      text("place", "Place", { wide: true }),
      text("store", "Store", { filter: true }),
      words("dataset", "Dataset", { minor: true }),
      judged("verdict", "Verdict", { order: VERDICTS }),
      text("until", "Until", { minor: true, show: (until) => until.slice(0, 10) }),
      { field: "path", label: "By which path", wide: true, minor: true, show: (path) => path.join(" → ") },
    ],
    empty: "No access is known of: no audit was read, or no place is there.",
    details: (row) => readerDetails(table.row(row)),
  });
}

/** Those from outside first, the widest and the gravest before the others. */
function outsideFirst(table) {
  const rank = Array.from(table.all(), (row) => {
    const outside = table.get("outside", row) ? 0 : 1;
    return (
      (outside * 10 + WHO.indexOf(table.get("who", row)) + 1) * 10 + VERDICTS.indexOf(table.get("verdict", row)) + 1
    );
  });
  return Array.from(table.all()).sort((one, other) => rank[one] - rank[other] || one - other);
}

function readerDetails(one) {
  return {
    title: `${spoken(one.principal)}: ${one.place}`,
    entries: [
      ["Can", one.actions.join(", ") || "nothing"],
      ["Verdict", tag(one.verdict)],
      ["Kind", spoken(one.who)],
      ["From outside", one.outside ? tag("outside") : "no"],
      ["Place", `${one.place}, ${spoken(one.kind)} in ${one.store}`],
      ["Dataset", dataset(one.dataset)],
      ["Until", one.until],
      ["By which path", stepped(one.path)],
    ],
  };
}

function crossing(table, rows) {
  const first = table.row(rows[0]);
  const ways = rows.map((row) => {
    const { actions, verdict, until, path } = table.row(row);
    return h(
      "section",
      { class: "way" },
      h("p", {}, tag(verdict), ` ${actions.join(", ") || "nothing"}${until ? `, until ${until}` : ""}`),
      stepped(path) || h("p", { class: "muted" }, "The path is not known."),
    );
  });
  open(
    `${spoken(first.principal)}: ${first.place}`,
    [
      ["Place", `${first.place}, ${spoken(first.kind)} in ${first.store}`],
      ["Dataset", dataset(first.dataset)],
      ["Kind", spoken(first.who)],
    ],
    h("h3", {}, counted(rows.length, "path")),
    ...ways,
  );
}

function legend() {
  const powers = POWERS.map(([power, letter]) => h("span", {}, h("b", {}, letter), ` ${power}`));
  const signs = Object.entries(SIGNS).map(([verdict, sign]) =>
    h("span", { class: `key v-${verdict}` }, h("b", {}, sign), ` ${verdict}`),
  );
  return h(
    "p",
    { class: "legend muted" },
    "The most that somebody can do: ",
    ...powers,
    ...signs,
    " Choose a crossing for the path.",
  );
}
