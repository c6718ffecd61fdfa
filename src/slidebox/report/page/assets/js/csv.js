/** Tables as CSV (RFC 4180) that no spreadsheet takes for formulas. */

/**
 * @param {string[]} head
 * @param {Array<Array<string|number|boolean|null>>} rows
 * @returns {string}
 */
export function csv(head, rows) {
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/**
 * A cell. A text that a spreadsheet would reckon with gets an apostrophe before it; numbers stay numbers.
 * @param {string|number|boolean|null} value
 * @returns {string}
 */
export function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(String(value)) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Rows of a table with all their fields; a range as three columns.
 * @param {import("./store.js").Table} table
 * @param {Iterable<number>} rows
 * @returns {string}
 */
export function tableCsv(table, rows) {
  const fields = [...table.fields.keys()];
  const ranged = (field) => table.kind(field) === "range";
  const head = fields.flatMap((f) => (ranged(f) ? [`${f}_low_usd`, `${f}_usual_usd`, `${f}_high_usd`] : [f]));
  const body = Array.from(rows, (row) => fields.flatMap((field) => flat(table.get(field, row), ranged(field))));
  return csv(head, body);
}

function flat(value, ranged) {
  if (ranged) return [value.low, value.usual, value.high];
  if (!Array.isArray(value)) return [value];
  return [value.map((one) => (Array.isArray(one) ? one.filter(Boolean).join(" by ") : one)).join(" → ")];
}
