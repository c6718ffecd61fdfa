/** Elements, made of text only: nothing here reads HTML, so no value can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag its name
 * @param {Object<string, *>} [props] attributes; `on…` are listeners; null, undefined and false are left out
 * @param {...(Node|string|number|null|undefined|false)} children texts and elements
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  return filled(document.createElement(tag), props, children);
}

/**
 * Make an element of a drawing.
 * @param {string} tag its name
 * @param {Object<string, *>} [props] attributes and listeners
 * @param {...(Node|string|number|null|undefined|false)} children texts and elements
 * @returns {SVGElement}
 */
export function s(tag, props = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

function filled(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A word with its sign and tone, so that neither colour nor shape alone says it.
 * @param {string} word what is so
 * @returns {HTMLElement}
 */
export function tag(word) {
  const [tone, sign] = TONES[word] ?? ["calm", "·"];
  return h("span", { class: `tag tag-${tone}` }, h("span", { class: "sign", "aria-hidden": "true" }, sign), word);
}

/**
 * A name or path that may be broken after its separators.
 * @param {string} text
 * @returns {Array<string|Node>}
 */
export function breakable(text) {
  if (text.length <= 16) return [h("span", { class: "unbroken" }, text)];
  return text
    .split(/(?<=[/._:-])(?=\w{3})/)
    .flatMap((part, at) => (at ? [document.createElement("wbr"), part] : [part]));
}

/** The tone and sign of each word that judges; unknown has one of its own, as loud as bad. */
export const TONES = {
  refusal: ["bad", "✕"],
  warning: ["warn", "!"],
  waived: ["calm", "~"],
  declared: ["good", "✓"],
  public: ["bad", "✕"],
  expired: ["bad", "✕"],
  extra: ["warn", "+"],
  missing: ["warn", "−"],
  unknown: ["unknown", "?"],
  undeclared: ["unknown", "?"],
  "not read": ["unknown", "?"],
  read: ["good", "✓"],
  yes: ["good", "✓"],
  no: ["bad", "✕"],
  "other version": ["warn", "≠"],
  "nothing is kept": ["calm", "·"],
  kept: ["good", "✓"],
  "at source": ["calm", "↗"],
  absent: ["bad", "✕"],
  anomaly: ["bad", "▲"],
  excluded: ["warn", "−"],
  untagged: ["unknown", "?"],
  budget: ["warn", "!"],
  note: ["calm", "·"],
  outside: ["warn", "↗"],
};

/**
 * An address that leads to a page and runs nothing, or an empty string.
 * @param {string} address as it is written
 * @returns {string}
 */
export function safeAddress(address) {
  if (/^https?:\/\//i.test(address)) return address;
  return /^[\w.\-/]+(#[\w\-]*)?$/.test(address) && !address.startsWith("//") ? address : "";
}

/**
 * Say something to screen readers.
 * @param {string} words what has changed
 */
export function announce(words) {
  const place = document.getElementById("said");
  if (place && place.textContent !== words) place.textContent = words;
}

/**
 * Hand a text to whoever looks at the page, as a file.
 * @param {string} name the file's name
 * @param {string} text what is in it
 */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
