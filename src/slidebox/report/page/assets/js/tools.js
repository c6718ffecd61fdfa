/** What stands above a table: the search, choices of values, how many rows are left, and the file. */

import { announce, download, h } from "./dom.js";
import { change } from "./address.js";
import { counted, spoken, whole } from "./format.js";
import { tableCsv } from "./csv.js";
import { EMPTY, values } from "./filter.js";

const MOST = 400;

/**
 * Makes and keeps the controls; all they know is in the address.
 */
export class Tools {
  /**
   * @param {Object} of
   * @param {string} of.name of the file and of the controls
   * @param {string} of.noun what a row is: `dataset`
   * @param {import("./store.js").Table} of.table
   * @param {import("./filter.js").Column[]} of.columns
   * @param {Int32Array|number[]} of.rows the rows that there are
   */
  constructor({ name, noun, table, columns, rows }) {
    Object.assign(this, { name, noun, table, rows });
    this.left = rows;
    this.search = this.searching();
    this.choices = new Map(
      columns
        .filter((c) => c.filter)
        .flatMap((column) => {
          const found = values(table, column, rows);
          return found.length > 1 && found.length <= MOST ? [[column.field, this.choice(column, found)]] : [];
        }),
    );
    this.summary = h("summary", {}, "Filters");
    this.filters = h(
      "details",
      { class: "filters" },
      this.summary,
      h("div", { class: "choices" }, ...[...this.choices.values()].map(({ element }) => element)),
    );
    this.filters.open = !window.matchMedia("(max-width: 40rem)").matches;
    this.count = h("p", { class: "count" });
    this.clear = h("button", { type: "button", class: "quiet", onclick: () => this.cleared() }, "Show all");
    this.element = h(
      "div",
      { class: "tools", role: "search", "aria-label": `Find ${noun}s` },
      h("label", { class: "field grow" }, h("span", {}, "Search"), this.search),
      this.choices.size ? this.filters : null,
      h(
        "div",
        { class: "end" },
        this.count,
        this.clear,
        h("button", { type: "button", class: "quiet", onclick: () => this.saved() }, "Download CSV"),
      ),
    );
  }

  searching() {
    const input = h("input", { type: "search", autocomplete: "off", spellcheck: "false", placeholder: "All columns" });
    input.addEventListener("input", () => change({ q: input.value, open: "" }, true));
    return input;
  }

  choice({ field, label }, found) {
    const select = h("select", {}, h("option", { value: "" }, "all"));
    select.append(
      ...found.map(([value, count]) => h("option", { value }, `${spoken(value) || "none"} (${whole(count)})`)),
    );
    // No value is the same as an empty one in a list of options, so the first says it by its place.
    select.addEventListener("change", () => {
      const value = select.selectedIndex === 0 ? null : select.value;
      change(value === null ? { [field]: "", open: "" } : { [field]: value || EMPTY, open: "" });
    });
    return { select, element: h("label", { class: "field" }, h("span", {}, label), select) };
  }

  cleared() {
    change(Object.fromEntries([["q", ""], ["open", ""], ...[...this.choices.keys()].map((field) => [field, ""])]));
    this.search.focus();
  }

  /**
   * Show what the address says and how many rows that leaves.
   * @param {URLSearchParams} params
   * @param {Int32Array|number[]} left
   */
  update(params, left) {
    this.left = left;
    const search = params.get("q") ?? "";
    if (this.search.value !== search) this.search.value = search;
    for (const [field, { select }] of this.choices) {
      const value = params.get(field);
      if (value !== null) known(select, value === EMPTY ? "" : value);
      const at = [...select.options].findIndex(
        (option, place) => place > 0 && option.value === (value === EMPTY ? "" : value),
      );
      select.selectedIndex = value === null ? 0 : Math.max(at, 0);
      select.classList.toggle("set", value !== null);
    }
    const set = [...this.choices.keys()].filter((field) => params.has(field)).length;
    this.summary.textContent = set ? `Filters (${set} set)` : "Filters";
    const all = this.rows.length === left.length;
    const said = all
      ? counted(left.length, this.noun)
      : `${whole(left.length)} of ${counted(this.rows.length, this.noun)}`;
    this.count.textContent = said;
    this.clear.hidden = all;
    announce(said);
  }

  saved() {
    download(`${this.name}.csv`, tableCsv(this.table, this.left));
  }
}

/** An address may ask for a value that nothing has any more; it is a choice then, too. */
function known(select, value) {
  const there = [...select.options].some((option, place) => place > 0 && option.value === value);
  if (!there) select.append(h("option", { value }, `${spoken(value) || "none"} (0)`));
}
