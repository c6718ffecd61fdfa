/** Which rows are meant, and in which order: searched in each string once, ordered by each column's own numbers. */

const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** How an address spells that a value is empty. */
export const EMPTY = "(none)";

/**
 * @typedef {Object} Column
 * @property {string} field of the table
 * @property {string} label above the column
 * @property {boolean} [filter] whether one of its values can be chosen
 * @property {string[]} [order] the order of its values where that is not the alphabet's
 * @property {boolean} [minor] whether a narrow window leaves it to the details
 * @property {boolean} [aside] whether it is there for choosing only, because another column says it too
 * @property {boolean} [end] whether it stands to the right
 * @property {function(*, number): (Node|string)} [show] a value as it is shown
 * @property {function(number): string} [tests] another text by which it is filtered
 */

/**
 * Rows that hold every word of a search in one of their texts.
 * @param {import("./store.js").Table} table
 * @param {string} search
 * @param {Int32Array|number[]} rows
 * @returns {Int32Array|number[]}
 */
export function searched(table, search, rows) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return words.reduce((left, word) => containing(table, word, left), rows);
}

function containing(table, word, rows) {
  const hit = lowered(table.strings).map((text) => text.includes(word));
  const listed = table.lists.map((list) => list.some((id) => hit[id]));
  const columns = [...table.fields.values()].flatMap(({ kind, columns: [ids] }) => {
    if (kind === "text") return [[ids, hit]];
    return kind === "words" || kind === "pairs" ? [[ids, listed]] : [];
  });
  return rows.filter((row) => columns.some(([ids, hits]) => hits[ids[row]]));
}

const LOWERED = new WeakMap();

function lowered(strings) {
  if (!LOWERED.has(strings))
    LOWERED.set(
      strings,
      strings.map((text) => text.toLowerCase()),
    );
  return LOWERED.get(strings);
}

/**
 * A value as it is filtered by.
 * @param {import("./store.js").Table} table
 * @param {Column} column
 * @param {number} row
 * @returns {string}
 */
export function tested(table, column, row) {
  if (column.tests) return column.tests(row);
  const value = table.get(column.field, row);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/**
 * Rows in which a column has a value.
 * @param {import("./store.js").Table} table
 * @param {Column} column
 * @param {string} value
 * @param {Int32Array|number[]} rows
 * @returns {Int32Array|number[]}
 */
export function valued(table, column, value, rows) {
  if (!column.tests && table.kind(column.field) === "text") {
    const id = table.strings.indexOf(value);
    const ids = table.numbers(column.field);
    return rows.filter((row) => ids[row] === id);
  }
  return rows.filter((row) => tested(table, column, row) === value);
}

/**
 * What the address asks for.
 * @param {import("./store.js").Table} table
 * @param {Column[]} columns
 * @param {URLSearchParams} params `q`, and the fields that can be chosen
 * @param {Int32Array|number[]} rows
 * @returns {Int32Array|number[]}
 */
export function chosen(table, columns, params, rows) {
  let left = rows;
  for (const column of columns) {
    if (!column.filter || !params.has(column.field)) continue;
    const value = params.get(column.field);
    left = valued(table, column, value === EMPTY ? "" : value, left);
  }
  return searched(table, params.get("q") ?? "", left);
}

/**
 * Rows in the order of a column; equal ones stay in theirs, and what is empty or not known comes last.
 * @param {import("./store.js").Table} table
 * @param {Column} column
 * @param {boolean} down from the most to the least
 * @param {Int32Array|number[]} rows
 * @returns {number[]}
 */
export function ordered(table, column, down, rows) {
  const key = keys(table, column);
  const sign = down ? -1 : 1;
  return Array.from(rows).sort((one, other) => {
    const a = key[one];
    const b = key[other];
    if (a === b) return 0;
    if (a === null) return 1;
    if (b === null) return -1;
    return a < b ? -sign : sign;
  });
}

const KEYS = new WeakMap();

function keys(table, column) {
  if (!KEYS.has(table)) KEYS.set(table, new Map());
  const known = KEYS.get(table);
  if (!known.has(column.field)) known.set(column.field, made(table, column));
  return known.get(column.field);
}

function made(table, column) {
  const kind = table.kind(column.field);
  const numbers = table.numbers(column.field);
  if (kind === "text") return ranks(numbers, (id) => table.strings[id], column.order);
  if (kind === "words" || kind === "pairs") {
    return ranks(numbers, (id) => table.lists[id].map((word) => table.strings[word]).join(" "), column.order);
  }
  return numbers;
}

function ranks(ids, text, order = []) {
  const place = new Map(order.map((word, at) => [word, at]));
  const distinct = [...new Set(ids)].map((id) => [id, text(id)]);
  distinct.sort(([, a], [, b]) => {
    const known = (place.get(a) ?? order.length) - (place.get(b) ?? order.length);
    return known || COLLATOR.compare(a, b);
  });
  const rank = new Map(distinct.map(([id, said], at) => [id, said === "" ? null : at]));
  return ids.map((id) => rank.get(id));
}

/**
 * The values of a column with how many rows have each, in its order.
 * @param {import("./store.js").Table} table
 * @param {Column} column
 * @param {Int32Array|number[]} rows
 * @returns {Array<[string, number]>}
 */
export function values(table, column, rows) {
  const counts = new Map();
  for (const row of rows) {
    const value = tested(table, column, row);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const order = column.order ?? [];
  const place = (word) => (order.includes(word) ? order.indexOf(word) : order.length);
  return [...counts].sort(([a], [b]) => place(a) - place(b) || COLLATOR.compare(a, b));
}
