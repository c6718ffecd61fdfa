/** A table that can be searched, sorted, filtered, opened, saved, printed, and linked to. */

import { h } from "./dom.js";
import { change, here } from "./address.js";
import { counted, whole } from "./format.js";
import { chosen, ordered } from "./filter.js";
import { open, short, shut } from "./details.js";
import { PRINTED, Rows } from "./rows.js";
import { Tools } from "./tools.js";

const SHOWN = new Set();

window.addEventListener("beforeprint", () => SHOWN.forEach((view) => view.print()));
window.addEventListener("afterprint", () => SHOWN.forEach((view) => view.printed()));

/**
 * @typedef {Object} Described
 * @property {string} name of the file that it can be saved as
 * @property {string} noun what a row is
 * @property {string} caption what the table holds
 * @property {import("./store.js").Table} table
 * @property {import("./filter.js").Column[]} columns the first opens the row
 * @property {string[]} key the fields by which a row is known
 * @property {string} [sort] the order at first: a field, with a minus for down
 * @property {string} [empty] what is said where there is nothing at all
 * @property {Int32Array|number[]} [rows] those that are meant
 * @property {function(number): {title: string, entries: Array<[string, Node|string]>, below?: Node[]}} details
 * @property {boolean} [aside] whether something else shows the rows at the moment
 * @property {function(number[]): string} [total] what stands below the table
 */

/** One table with its tools. */
export class TableView {
  /** @param {Described} described */
  constructor(described) {
    Object.assign(this, described);
    this.shown = this.columns.filter(({ aside }) => !aside);
    this.all = described.rows ?? this.table.all();
    this.tools = new Tools({ ...described, rows: this.all });
    this.head = this.shown.map((column) => this.heading(column));
    const body = h("tbody", { role: "rowgroup" });
    const lines = this.shown.filter(({ minor }) => !minor).length;
    this.grid = h(
      "table",
      { role: "table", "aria-label": this.caption },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row", "aria-rowindex": "1" }, ...this.head)),
      body,
    );
    this.grid.style.setProperty("--lines", lines);
    this.scroller = h(
      "div",
      { class: "scroll rows", tabindex: "0", role: "region", "aria-label": this.caption },
      this.grid,
    );
    this.none = h("p", { class: "note" });
    this.sum = h("p", { class: "sum muted" });
    this.cut = h("p", { class: "note printed" });
    this.rows = new Rows(this.scroller, this.grid, body, (row) => this.cells(row));
    this.element = h("div", { class: "view-table" }, this.tools.element, this.cut, this.scroller, this.none, this.sum);
    SHOWN.add(this);
  }

  heading(column) {
    const button = h(
      "button",
      { type: "button", class: "sort" },
      column.label,
      h("span", { class: "arrow", "aria-hidden": "true" }),
    );
    button.addEventListener("click", () => change({ sort: this.next(column) }));
    return h("th", { role: "columnheader", scope: "col", class: classes(column), "data-field": column.field }, button);
  }

  /** The order that a click on a heading asks for: amounts from the most, words from the first. */
  next({ field, end }) {
    const now = here().params.get("sort") ?? this.sort ?? "";
    if (now === field) return `-${field}`;
    if (now === `-${field}`) return field;
    return end ? `-${field}` : field;
  }

  cells(row) {
    return this.shown.map((column, at) => {
      const value = this.table.get(column.field, row);
      const content = column.show ? column.show(value, row) : String(value);
      const inner = at === 0 ? this.opener(row, content) : content;
      const attributes = { role: at === 0 ? "rowheader" : "cell", class: classes(column), "data-label": column.label };
      return at === 0
        ? h("th", { ...attributes, scope: "row" }, inner)
        : h("td", attributes, h("div", { class: "clip" }, inner));
    });
  }

  opener(row, content) {
    return h("button", { type: "button", class: "open", onclick: () => change({ open: this.id(row) }) }, content);
  }

  id(row) {
    return short(this.key.map((field) => String(this.table.get(field, row))).join("\u0000"));
  }

  /** @param {URLSearchParams} params what the address asks for */
  update(params) {
    const asked = [...params].filter(([name]) => name !== "open").join("&");
    if (asked !== this.asked) {
      this.asked = asked;
      this.select(params);
    }
    this.opened(params.get("open"));
  }

  select(params) {
    const sort = params.get("sort") ?? this.sort ?? "";
    const down = sort.startsWith("-");
    const by = this.shown.find((column) => column.field === sort.replace(/^-/, ""));
    const left = this.meant(params);
    const order = by ? ordered(this.table, by, down, left) : Array.from(left);
    for (const [at, column] of this.shown.entries()) {
      if (column === by) this.head[at].setAttribute("aria-sort", down ? "descending" : "ascending");
      else this.head[at].removeAttribute("aria-sort");
    }
    this.grid.setAttribute("aria-rowcount", order.length + 1);
    this.tools.update(params, order);
    this.scroller.hidden = order.length === 0;
    this.tools.element.hidden = this.all.length === 0;
    this.none.textContent = this.all.length
      ? "Nothing has all of this. Show all, or ask for less."
      : (this.empty ?? "None.");
    this.none.hidden = order.length > 0;
    this.sum.textContent = this.total && order.length ? this.total(order) : "";
    this.order = order;
    this.rows.set(this.aside ? [] : order);
  }

  /** @param {URLSearchParams} params @returns {Int32Array|number[]} the rows that are asked for */
  meant(params) {
    return chosen(this.table, this.columns, params, this.all);
  }

  opened(id) {
    if (!id) {
      shut();
      return;
    }
    const row = this.all.find((one) => this.id(one) === id);
    if (row === undefined) return;
    const { title, entries, below = [] } = this.details(row);
    open(title, entries, ...below);
  }

  print() {
    const left = this.rows.print();
    this.cut.textContent = left ? `${counted(PRINTED, "row")} are printed; ${whole(left)} more are in the file.` : "";
  }

  printed() {
    this.rows.printed();
  }

  end() {
    SHOWN.delete(this);
    this.rows.end();
  }
}

function classes({ end, minor, wide }) {
  return [end && "number", minor && "minor", wide && "wide"].filter(Boolean).join(" ") || null;
}
