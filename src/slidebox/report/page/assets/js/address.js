/** Where one is: `#/readers?who=anyone&sort=-place`. The address holds all state, so that it can be sent and gone back to. */

/** @typedef {{view: string, params: URLSearchParams}} Place */

/** @param {string} hash @returns {Place} */
export function parsed(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { view: path || "overview", params: new URLSearchParams(query) };
}

/** @param {string} view @param {URLSearchParams|Object<string, string>} [params] @returns {string} a link */
export function link(view, params = {}) {
  const query = new URLSearchParams(params).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

const LISTENERS = [];
let shown = null;

/** @returns {Place} where one is */
export function here() {
  return parsed(window.location.hash);
}

/** @param {function(Place): void} listener called whenever the address changes, and once at the start */
export function watch(listener) {
  LISTENERS.push(listener);
  window.addEventListener("popstate", tell);
  window.addEventListener("hashchange", tell);
  tell();
}

function tell() {
  if (window.location.hash === shown) return;
  shown = window.location.hash;
  for (const listener of LISTENERS) listener(here());
}

/**
 * Change some words of the address; an empty value takes a word out.
 * @param {Object<string, string>} changes
 * @param {boolean} [typing] whether going back should skip it, as for each letter of a search
 */
export function change(changes, typing = false) {
  const { view, params } = here();
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") params.delete(name);
    else params.set(name, value);
  }
  const address = link(view, params);
  if (typing) window.history.replaceState(null, "", address);
  else window.history.pushState(null, "", address);
  tell();
}
