/** The rows of a table: all of a short one, and of a long one those that can be seen. */

import { h } from "./dom.js";

/** Rows up to which a table is drawn whole, each as high as it needs. */
export const FEW = 120;
/** Rows that are printed at most. */
export const PRINTED = 2000;
const AROUND = 6;

/**
 * Draws rows into a table's body. The table keeps its real elements; `aria-rowindex` says which they are.
 */
export class Rows {
  /**
   * @param {HTMLElement} scroller what scrolls
   * @param {HTMLTableElement} table
   * @param {HTMLElement} body its body
   * @param {function(number): HTMLElement[]} cells the cells of a row
   */
  constructor(scroller, table, body, cells) {
    Object.assign(this, { scroller, table, body, cells });
    this.order = [];
    this.drawn = new Map();
    this.above = this.spacer();
    this.below = this.spacer();
    this.asked = false;
    scroller.addEventListener("scroll", () => this.ask(), { passive: true });
    body.addEventListener("keydown", (event) => this.stepped(event));
    this.listening = new ResizeObserver(() => this.measured());
    this.listening.observe(scroller);
  }

  spacer() {
    const cell = h("td", { colspan: "100" });
    return { row: h("tr", { class: "spacer", "aria-hidden": "true" }, cell), cell };
  }

  /** @param {number[]} order the rows that are meant, in their order */
  set(order) {
    this.order = order;
    if (this.scroller.scrollTop) this.scroller.scrollTop = 0;
    this.again();
  }

  again() {
    this.drawn.clear();
    this.whole = this.order.length <= FEW;
    this.table.classList.toggle("many", !this.whole);
    this.body.replaceChildren(...(this.whole ? [] : [this.above.row, this.below.row]));
    if (this.whole) this.body.append(...this.order.map((_, at) => this.made(at)));
    else this.window();
  }

  measured() {
    if (this.whole || !this.order.length) return;
    const width = this.scroller.clientWidth;
    if (width !== this.width) this.height = 0;
    this.width = width;
    this.window();
  }

  ask() {
    if (this.whole || this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.window();
    });
  }

  /** Draw what can be seen, and keep what is still right. */
  window() {
    if (this.printing) return;
    if (!this.height) this.measure();
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / this.height) - AROUND);
    const count = Math.ceil((this.scroller.clientHeight || 600) / this.height) + 2 * AROUND;
    this.draw(Math.min(first, Math.max(0, this.order.length - count)), Math.min(this.order.length, first + count));
  }

  measure() {
    const row = this.drawn.get(0) ?? this.made(0);
    if (!row.isConnected) this.below.row.before(row);
    this.height = row.getBoundingClientRect().height || 44;
    if (!this.drawn.has(0)) row.remove();
  }

  draw(first, last) {
    for (const [at, row] of this.drawn) {
      if (at >= first && at < last) continue;
      if (row.contains(document.activeElement)) this.scroller.focus({ preventScroll: true });
      row.remove();
      this.drawn.delete(at);
    }
    let before = this.below.row;
    for (let at = last - 1; at >= first; at -= 1) {
      if (!this.drawn.has(at)) {
        const row = this.made(at);
        before.before(row);
        this.drawn.set(at, row);
      }
      before = this.drawn.get(at);
    }
    this.above.cell.style.height = `${first * this.height}px`;
    this.below.cell.style.height = `${(this.order.length - last) * this.height}px`;
    this.above.row.hidden = first === 0;
    this.below.row.hidden = last === this.order.length;
  }

  made(at) {
    return h("tr", { role: "row", "aria-rowindex": at + 2, "data-at": at }, ...this.cells(this.order[at]));
  }

  /** Up, down, the first and the last, from the button of one row to that of another. */
  stepped(event) {
    const row = event.target.closest("tr[data-at]");
    if (!row || !event.target.matches("button.open")) return;
    const at = Number(row.dataset.at);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.order.length - 1 }[event.key];
    if (to === undefined || to < 0 || to >= this.order.length) return;
    event.preventDefault();
    this.focus(to);
  }

  /** @param {number} at the row whose button is to have the focus */
  focus(at) {
    if (!this.whole && !this.drawn.has(at)) {
      this.scroller.scrollTop = Math.max(0, at * this.height - this.scroller.clientHeight / 2);
      this.window();
    }
    const row = this.body.querySelector(`tr[data-at="${at}"]`);
    row?.querySelector("button.open")?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }

  /** Before it is printed: all rows up to a limit. @returns {number} how many are left out */
  print() {
    if (!this.whole) {
      this.printing = true;
      this.table.classList.remove("many");
      this.drawn.clear();
      this.body.replaceChildren(...this.order.slice(0, PRINTED).map((_, at) => this.made(at)));
    }
    return Math.max(0, this.order.length - PRINTED);
  }

  /** After it was printed. */
  printed() {
    if (!this.printing) return;
    this.printing = false;
    this.again();
  }

  /** It is no longer shown. */
  end() {
    this.listening.disconnect();
  }
}
