/** The one panel in which a row is read whole. */

import { h } from "./dom.js";
import { change, here } from "./address.js";

/**
 * A short name of a row that stays the same while the row does, for its address.
 * @param {string} text what the row is known by
 * @returns {string} eight signs
 */
export function short(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

let panel = null;

/**
 * Show a panel.
 * @param {string} title
 * @param {Array<[string, Node|string]>} entries a label and what is said of it; what is empty is left out
 * @param {...Node} below what stands under them
 */
export function open(title, entries, ...below) {
  panel ??= dialogMade();
  const said = entries.filter(([, content]) => content !== "" && content !== null);
  const list = said.flatMap(([label, content]) => [h("dt", {}, label), h("dd", {}, content)]);
  panel.replaceChildren(
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "panel-title" }, title),
      h("button", { type: "button", class: "quiet", onclick: () => panel.close() }, "Close"),
    ),
    h("dl", {}, ...list),
    ...below,
  );
  if (!panel.open) panel.showModal();
}

/** Take the panel away. */
export function shut() {
  if (panel?.open) panel.close();
}

function dialogMade() {
  const dialog = h("dialog", { class: "panel", "aria-labelledby": "panel-title" });
  dialog.addEventListener("close", () => {
    if (here().params.has("open")) change({ open: "" });
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}

/**
 * A command or a calculation as it is written, with a button that copies it.
 * @param {string} text
 * @returns {Node|string}
 */
export function copied(text) {
  if (!text) return "";
  const button = h("button", { type: "button", class: "quiet copy" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and copy";
    }
  });
  return h("div", { class: "code" }, h("pre", { tabindex: "0" }, text), button);
}

/**
 * Steps one after the other, outermost first.
 * @param {string[]} steps
 * @returns {Node|string}
 */
export function stepped(steps) {
  return steps.length ? h("ol", { class: "steps" }, ...steps.map((step) => h("li", {}, step))) : "";
}
