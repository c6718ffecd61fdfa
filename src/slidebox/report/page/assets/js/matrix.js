/** Places down, principals across, and in each crossing the most that one can do with the other. */

import { h } from "./dom.js";
import { spoken } from "./format.js";
import { change } from "./address.js";
import { VERDICTS, WHO } from "./columns.js";
import { short } from "./details.js";

const CELL = 36;
const PRINTED_ROWS = 200;
const PRINTED_COLUMNS = 18;
/** What can be done, the most first, with the letter that stands for it. */
export const POWERS = [
  ["admin", "A"],
  ["delete", "D"],
  ["write", "W"],
  ["read", "R"],
  ["list", "L"],
];

/**
 * A grid that draws only the crossings that can be seen. It keeps the focus in one cell, which arrows move.
 */
export class Matrix {
  /** @param {import("./store.js").Table} table of readers */
  constructor(table) {
    this.table = table;
    this.grid = h("table", { role: "grid", class: "matrix", "aria-label": "Who can do what with which place" });
    this.space = h("div", { class: "matrix-space" }, this.grid);
    this.element = h("div", { class: "matrix-scroll" }, this.space);
    this.active = [0, 0];
    this.element.addEventListener("scroll", () => this.ask(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.grid.addEventListener("click", (event) => this.pressed(event.target.closest("td[data-c]")));
    this.listening = new ResizeObserver(() => this.draw());
    this.numbered();
    this.listening.observe(this.element);
  }

  /** What is asked of every row again and again, as numbers. */
  numbered() {
    const { table } = this;
    const ranked = (field, order) => {
      const ranks = new Map();
      return table.numbers(field).map((id) => ranks.get(id) ?? ranks.set(id, order.indexOf(table.strings[id])).get(id));
    };
    const stores = table.numbers("store");
    const strings = table.strings.length;
    this.placeOf = table.numbers("place").map((id, row) => id * strings + stores[row]);
    this.principalOf = table.numbers("principal");
    this.graveOf = ranked("verdict", VERDICTS).map((rank) => (rank < 0 ? VERDICTS.indexOf("unknown") : rank));
    this.whoOf = ranked("who", WHO);
    this.outsideOf = table.numbers("outside");
  }

  /** @param {number[]} rows the accesses that are meant */
  set(rows) {
    const places = new Map();
    const principals = new Map();
    this.cells = new Map();
    for (const row of rows) {
      const place = this.counted(places, this.placeOf[row], row);
      const principal = this.counted(principals, this.principalOf[row], row);
      const key = crossingKey(place, principal);
      const cell = this.cells.get(key);
      if (cell) cell.push(row);
      else this.cells.set(key, [row]);
    }
    this.places = [...places.values()].sort(
      (a, b) =>
        (b.grave === 0) - (a.grave === 0) ||
        b.outside - a.outside ||
        a.grave - b.grave ||
        this.named(a, b, "dataset") ||
        this.named(a, b, "place"),
    );
    this.principals = [...principals.values()].sort(
      (a, b) => b.outside - a.outside || this.whoOf[a.row] - this.whoOf[b.row] || this.named(a, b, "principal"),
    );
    this.active = [0, 0];
    this.grid.setAttribute("aria-rowcount", this.places.length + 1);
    this.grid.setAttribute("aria-colcount", this.principals.length + 1);
    this.element.scrollTo(0, 0);
    this.draw();
  }

  /** A place or principal, with the gravest and the widest of what is known of it. */
  counted(things, key, row) {
    const thing = things.get(key);
    if (thing) {
      if (this.graveOf[row] < thing.grave) thing.grave = this.graveOf[row];
      if (this.outsideOf[row]) thing.outside = 1;
      return thing;
    }
    const made = { id: things.size, row, grave: this.graveOf[row], outside: this.outsideOf[row] };
    things.set(key, made);
    return made;
  }

  named(a, b, field) {
    const one = this.table.get(field, a.row);
    const other = this.table.get(field, b.row);
    return one === other ? 0 : one < other ? -1 : 1;
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  /** How wide and high the headings are, and how many crossings fit. */
  measures() {
    const { clientWidth, clientHeight } = this.element;
    const left = clientWidth < 600 ? 148 : 280;
    const top = 168;
    const columns = Math.max(1, Math.floor((clientWidth - left) / CELL));
    const rows = Math.max(1, Math.floor((clientHeight - top) / CELL));
    return { left, top, columns, rows };
  }

  draw() {
    if (!this.places || !this.element.clientWidth) return;
    const { left, top, columns, rows } = this.measures();
    this.space.style.width = `${left + this.principals.length * CELL}px`;
    this.space.style.height = `${top + this.places.length * CELL}px`;
    const c = clamp(Math.round(this.element.scrollLeft / CELL), this.principals.length - columns);
    const r = clamp(Math.round(this.element.scrollTop / CELL), this.places.length - rows);
    this.drawn(r, Math.min(r + rows, this.places.length), c, Math.min(c + columns, this.principals.length));
  }

  drawn(r, rowEnd, c, columnEnd) {
    const focused = this.grid.contains(document.activeElement);
    const head = h(
      "tr",
      { role: "row", "aria-rowindex": "1" },
      h("th", { role: "columnheader", class: "corner", "aria-colindex": "1" }, "Place"),
    );
    for (let at = c; at < columnEnd; at += 1) head.append(this.heading(at));
    const body = h("tbody", { role: "rowgroup" });
    for (let at = r; at < rowEnd; at += 1) {
      const row = h("tr", { role: "row", "aria-rowindex": at + 2 }, this.label(at));
      for (let to = c; to < columnEnd; to += 1) row.append(this.crossing(at, to));
      body.append(row);
    }
    this.grid.replaceChildren(h("thead", { role: "rowgroup" }, head), body);
    this.window = { r, rowEnd, c, columnEnd };
    this.roved(focused);
  }

  heading(at) {
    const { row, outside } = this.principals[at];
    const name = this.table.get("principal", row);
    const label = name.replace(/^(person|team|service|account):/, "").replace(/^arn:[\w-]*:[\w-]*:[\w-]*:/, "");
    return h(
      "th",
      { role: "columnheader", scope: "col", "aria-colindex": at + 2, class: outside ? "outside" : null, title: name },
      h("span", {}, spoken(label), outside ? " ↗" : null),
    );
  }

  label(at) {
    const { row, grave } = this.places[at];
    const [dataset, place, store] = ["dataset", "place", "store"].map((field) => this.table.get(field, row));
    return h(
      "th",
      {
        role: "rowheader",
        scope: "row",
        "aria-colindex": "1",
        class: grave === 0 ? "public" : null,
        title: `${place} in ${store}`,
      },
      h("span", { class: "place" }, spoken(dataset) || place),
      h("span", { class: "store muted" }, dataset ? `${place} in ${store}` : `in ${store}`),
    );
  }

  crossing(at, to) {
    const rows = this.cells.get(crossingKey(this.places[at], this.principals[to]));
    const attributes = { role: "gridcell", "aria-colindex": to + 2, tabindex: "-1", "data-r": at, "data-c": to };
    if (!rows) return h("td", { ...attributes, "aria-label": "nothing" });
    const { letter, can, verdict } = power(this.table, rows);
    const sign = verdict === "declared" ? null : h("sup", {}, SIGNS[verdict]);
    return h(
      "td",
      { ...attributes, class: `has v-${verdict}` },
      h("span", { "aria-hidden": "true" }, letter, sign),
      h("span", { class: "hidden" }, `${can}, ${verdict}`),
    );
  }

  /** One cell can be reached by Tab: the active one, or the nearest that is drawn. */
  roved(focused) {
    const { r, rowEnd, c, columnEnd } = this.window;
    const at = Math.min(Math.max(this.active[0], r), rowEnd - 1);
    const to = Math.min(Math.max(this.active[1], c), columnEnd - 1);
    this.active = [at, to];
    const cell = this.grid.querySelector(`td[data-r="${at}"][data-c="${to}"]`);
    cell?.setAttribute("tabindex", "0");
    if (focused) cell?.focus({ preventScroll: true });
  }

  key(event) {
    const { rows, columns } = this.measures();
    const [r, c] = this.active;
    const to = {
      ArrowDown: [r + 1, c],
      ArrowUp: [r - 1, c],
      ArrowRight: [r, c + 1],
      ArrowLeft: [r, c - 1],
      PageDown: [r + rows, c],
      PageUp: [r - rows, c],
      Home: event.ctrlKey ? [0, 0] : [r, 0],
      End: event.ctrlKey ? [Infinity, Infinity] : [r, Infinity],
    }[event.key];
    if (to) {
      event.preventDefault();
      this.go(to);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.pressed(event.target.closest("td[data-c]"));
    }
  }

  go([r, c]) {
    this.active = [clamp(r, this.places.length - 1), clamp(c, this.principals.length - 1)];
    const { r: top, rowEnd, c: left, columnEnd } = this.window;
    const [at, to] = this.active;
    if (at < top) this.element.scrollTop = at * CELL;
    if (at >= rowEnd) this.element.scrollTop = (at - (rowEnd - top) + 1) * CELL;
    if (to < left) this.element.scrollLeft = to * CELL;
    if (to >= columnEnd) this.element.scrollLeft = (to - (columnEnd - left) + 1) * CELL;
    this.draw();
  }

  pressed(cell) {
    if (!cell) return;
    this.active = [Number(cell.dataset.r), Number(cell.dataset.c)];
    this.roved(true);
    const rows = this.cells.get(crossingKey(this.places[this.active[0]], this.principals[this.active[1]]));
    if (rows) change({ open: this.name(rows[0]) });
  }

  /** @param {number} row @returns {string} the name of the crossing that an access belongs to */
  name(row) {
    return `x${short(["place", "store", "principal"].map((field) => this.table.get(field, row)).join("\u0000"))}`;
  }

  /** @param {string} name @returns {number[]|undefined} the accesses of a crossing */
  crossingOf(name) {
    return [...this.cells.values()].find((rows) => this.name(rows[0]) === name);
  }

  /** Before it is printed: as much as fits paper. @returns {boolean} whether something is left out */
  print() {
    const [r, c] = [this.places.length, this.principals.length];
    this.drawn(0, Math.min(r, PRINTED_ROWS), 0, Math.min(c, PRINTED_COLUMNS));
    return r > PRINTED_ROWS || c > PRINTED_COLUMNS;
  }

  end() {
    this.listening.disconnect();
  }
}

/** The sign of each verdict that differs from what is declared. */
export const SIGNS = { public: "✕", expired: "✕", extra: "+", unknown: "?", missing: "−" };

/** A million principals fit beside each place. */
function crossingKey(place, principal) {
  return place.id * 1_048_576 + principal.id;
}

function clamp(value, most) {
  return Math.max(0, Math.min(value, most));
}

/** The letter of the most that can be done, all of it in words, and the gravest verdict. */
function power(table, rows) {
  const can = new Set(rows.flatMap((row) => table.get("actions", row)));
  const verdicts = rows.map((row) => VERDICTS.indexOf(table.get("verdict", row)));
  return {
    letter: POWERS.find(([power]) => can.has(power))?.[1] ?? "·",
    can:
      POWERS.map(([power]) => power)
        .filter((power) => can.has(power))
        .reverse()
        .join(", ") || "nothing",
    verdict: VERDICTS[Math.min(...verdicts)] ?? "unknown",
  };
}
