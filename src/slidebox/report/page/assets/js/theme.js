/** Light or dark: the system's choice, or one of one's own that is remembered where the browser remembers. */

import { h } from "./dom.js";

const KEY = "slidebox-theme";
const CHOICES = ["system", "light", "dark"];

/** Make the button work. */
export function themed() {
  const button = document.getElementById("theme");
  let choice = CHOICES.includes(remembered()) ? remembered() : "system";
  const show = () => {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.replaceChildren(h("span", { class: "muted" }, "Theme: "), choice);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    remember(choice);
    show();
  });
  show();
}

function remembered() {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null; // a browser may keep nothing for files
  }
}

function remember(choice) {
  try {
    window.localStorage.setItem(KEY, choice);
  } catch {
    // then it holds until the page is closed
  }
}
