/** Columns that many tables have, and the orders of the words in them. */

import { breakable, h, tag } from "./dom.js";
import { between, bytes, money, spoken, whole } from "./format.js";
import { link } from "./address.js";

/** The playbook's levels, from the microscope on. */
export const LEVELS = [
  "raw_images",
  "corrected_images",
  "segmentation_masks",
  "single_cell_images",
  "single_cell_embeddings",
  "bulk_embeddings",
  "metadata",
  "pipelines",
];
/** The playbook's terms. */
export const TERMS = ["short", "mid", "long"];
/** What a principal is, the widest first. */
export const WHO = ["anyone", "any_account", "unknown", "account", "service", "team", "person"];
/** What an access is against what is declared, the gravest first. */
export const VERDICTS = ["public", "expired", "extra", "unknown", "missing", "declared"];
/** How grave a finding is. */
export const SEVERITIES = ["refusal", "warning", "waived"];
/** Sensitivities, the most sensitive first. */
export const SENSITIVITIES = ["identifiable", "coded", "confidential", "open"];

/** @param {string} field @param {string} label @param {Object} [more] @returns {import("./filter.js").Column} words */
export function words(field, label, more = {}) {
  return { field, label, show: (value) => breakable(spoken(value)), ...more };
}

/** @param {string} field @param {string} label @param {Object} [more] @returns {import("./filter.js").Column} a text as it is */
export function text(field, label, more = {}) {
  return { field, label, show: breakable, ...more };
}

/** @param {string} field @param {string} label @param {Object} [more] @returns {import("./filter.js").Column} bytes */
export function size(field, label, more = {}) {
  return { field, label, end: true, show: (value) => bytes(value), ...more };
}

/** @param {string} field @param {string} label @param {Object} [more] @returns {import("./filter.js").Column} a number */
export function number(field, label, more = {}) {
  return { field, label, end: true, show: whole, ...more };
}

/** @param {string} field @param {string} label @param {Object} [more] @returns {import("./filter.js").Column} US dollars */
export function dollars(field, label, more = {}) {
  return { field, label, end: true, show: (value) => money(value), ...more };
}

/** @param {string} field @param {string} label @param {Object} [more] @returns {import("./filter.js").Column} a range */
export function range(field, label, more = {}) {
  return { field, label, end: true, show: ranged, ...more };
}

/** @param {string} field @param {string} label @param {Object} [more] @returns {import("./filter.js").Column} a verdict */
export function judged(field, label, more = {}) {
  return { field, label, filter: true, show: (value) => tag(value), ...more };
}

/** @param {{low: number, usual: number, high: number}} value @returns {Node} an amount, and what it lies between */
export function ranged(value) {
  const wide = between(value);
  return h("span", {}, money(value.usual), wide && h("span", { class: "between muted" }, ` ${wide}`));
}

/** @param {string} name @returns {Node|string} a dataset's name that leads to what is known of it */
export function dataset(name) {
  // A term and a store may stand behind it: project/level@term@store.
  return name ? h("a", { href: link("datasets", { q: name.split("@")[0] }) }, breakable(spoken(name))) : "";
}
