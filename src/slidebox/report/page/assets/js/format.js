/** Amounts as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** @param {number|null} count @param {string} [unknown] @returns {string} bytes with a decimal unit, three digits */
export function bytes(count, unknown = "not known") {
  if (count === null) return unknown;
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit ? Number(value.toPrecision(3)) : Math.round(value)} ${UNITS[unit]}`;
}

/** @param {number|null} value @returns {string} a whole number with its thousands */
export function whole(value) {
  return value === null ? "not known" : Math.round(value).toLocaleString("en-US");
}

/** @param {number|null} value @returns {string} US dollars; cents below a hundred */
export function money(value) {
  if (value === null) return "not known";
  const size = Math.abs(value);
  if (size > 0 && size < 0.01) return value < 0 ? "−<$0.01" : "<$0.01";
  const digits = size < 100 && size % 1 !== 0 ? 2 : 0;
  const text = size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${value < 0 ? "−" : ""}$${text}`;
}

/** @param {{low: number, usual: number, high: number}} range @returns {string} what it lies between; empty if certain */
export function between(range) {
  const [low, high] = [money(range.low), money(range.high)];
  return low === high ? "" : `${low} to ${high}`;
}

/** @param {number|null} value @returns {string} hours, as days where they are many */
export function hours(value) {
  if (value === null) return "not known";
  if (value >= 48) return `${Number((value / 24).toPrecision(2))} d`;
  if (value < 1) return `${Math.max(1, Math.round(value * 60))} min`;
  return `${Number(value.toPrecision(2))} h`;
}

/** @param {number} count @param {string} word @returns {string} a number with its word */
export function counted(count, word) {
  const plural = word === "way in" ? "ways in" : `${word}s`;
  return `${count.toLocaleString("en-US")} ${count === 1 ? word : plural}`;
}

/** @param {string} word @returns {string} `raw_images` as `raw images` */
export function spoken(word) {
  return word.replaceAll("_", " ");
}

/** @param {string} made the page's moment @param {string} day another @returns {number} whole days from one to the other */
export function daysBetween(made, day) {
  return Math.round((Date.parse(day.slice(0, 10)) - Date.parse(made.slice(0, 10))) / 86_400_000);
}

/** @param {number} days @returns {string} how far away that is */
export function away(days) {
  if (days === 0) return "today";
  return days > 0 ? `in ${counted(days, "day")}` : `${counted(-days, "day")} ago`;
}
