/** The page's tables: columns of numbers, and each string once. */

/**
 * A table of which columns are read by row.
 */
export class Table {
  /**
   * @param {string} name
   * @param {{rows: number, fields: Array<[string, string]>, columns: Array<Array<number|null>>}} raw
   * @param {string[]} strings
   * @param {number[][]} lists
   */
  constructor(name, raw, strings, lists) {
    this.name = name;
    this.rows = raw.rows;
    this.strings = strings;
    this.lists = lists;
    this.fields = new Map();
    let at = 0;
    for (const [field, kind] of raw.fields) {
      const width = kind === "range" ? 3 : 1;
      this.fields.set(field, { kind, columns: raw.columns.slice(at, at + width) });
      at += width;
    }
  }

  /** @param {string} field @returns {string} its kind */
  kind(field) {
    return this.fields.get(field).kind;
  }

  /** @param {string} field @returns {Array<number|null>} its numbers as they are kept; the usual one of a range */
  numbers(field) {
    const { kind, columns } = this.fields.get(field);
    return kind === "range" ? columns[1] : columns[0];
  }

  /**
   * @param {string} field
   * @param {number} row
   * @returns {*} a text, number or null, boolean, range, list of words, or list of pairs
   */
  get(field, row) {
    const { kind, columns } = this.fields.get(field);
    const value = columns[0][row];
    switch (kind) {
      case "text":
        return this.strings[value];
      case "flag":
        return value === 1;
      case "range":
        return { low: value, usual: columns[1][row], high: columns[2][row] };
      case "words":
        return this.lists[value].map((id) => this.strings[id]);
      case "pairs":
        return pairs(this.lists[value].map((id) => this.strings[id]));
      default:
        return value;
    }
  }

  /** @param {number} row @returns {Object<string, *>} the whole row */
  row(row) {
    return Object.fromEntries([...this.fields.keys()].map((field) => [field, this.get(field, row)]));
  }

  /**
   * The same table with one more field of texts.
   * @param {string} field
   * @param {function(number): string} said the text of a row
   * @returns {Table}
   */
  plus(field, said) {
    const strings = [...this.strings];
    const numbers = new Map();
    const ids = Array.from(this.all(), (row) => {
      const text = said(row);
      if (!numbers.has(text)) {
        const at = this.strings.indexOf(text);
        numbers.set(text, at < 0 ? strings.push(text) - 1 : at);
      }
      return numbers.get(text);
    });
    const more = new Table(this.name, { rows: this.rows, fields: [], columns: [] }, strings, this.lists);
    more.fields = new Map([...this.fields, [field, { kind: "text", columns: [ids] }]]);
    return more;
  }

  /** @returns {Int32Array} the numbers of all rows */
  all() {
    return Int32Array.from({ length: this.rows }, (_, row) => row);
  }
}

function pairs(words) {
  const found = [];
  for (let at = 0; at < words.length; at += 2) found.push([words[at], words[at + 1]]);
  return found;
}

/**
 * A table made of records here, with what a table of the page can do.
 * @param {string} name
 * @param {Array<[string, string]>} fields name and kind: text, number, flag or range
 * @param {Array<Object<string, *>>} records
 * @returns {Table}
 */
export function tableOf(name, fields, records) {
  const numbers = new Map();
  const strings = [];
  const number = (text) => {
    if (!numbers.has(text)) numbers.set(text, strings.push(text) - 1);
    return numbers.get(text);
  };
  const columns = fields.flatMap(([field, kind]) => {
    const values = records.map((record) => record[field]);
    if (kind === "text") return [values.map(number)];
    if (kind === "range") return ["low", "usual", "high"].map((part) => values.map((value) => value[part]));
    return [values.map((value) => (value === null ? null : Number(value)))];
  });
  return new Table(name, { rows: records.length, fields, columns }, strings, []);
}

/**
 * Read what stands in the page.
 * @param {string} json
 * @returns {{lab: string, made: string, version: string, unknown: string[], tables: Object<string, Table>}}
 */
export function opened(json) {
  const { strings, lists, tables, ...rest } = JSON.parse(json);
  const read = Object.entries(tables).map(([name, raw]) => [name, new Table(name, raw, strings, lists)]);
  return { ...rest, tables: Object.fromEntries(read) };
}
