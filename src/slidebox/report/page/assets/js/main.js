/** The page: opens its values, and shows the view that the address names. */

import { h } from "./dom.js";
import { whole } from "./format.js";
import { opened } from "./store.js";
import { link, watch } from "./address.js";
import { themed } from "./theme.js";
import { overview } from "./overview.js";
import { placements } from "./placements.js";
import { readers } from "./readers.js";
import { lineage } from "./lineage.js";
import { spend } from "./spend.js";
import { findings } from "./findings.js";
import { datasets, moves, visits, waivers } from "./lists.js";

/** The views: how they are called, what makes them, and how many rows they have. */
const VIEWS = {
  overview: { title: "Overview", make: overview },
  datasets: { title: "Datasets", make: datasets, rows: "datasets" },
  placements: { title: "Placements", make: placements, rows: "placements" },
  readers: { title: "Readers", make: readers, rows: "readers" },
  lineage: { title: "Lineage", make: lineage, rows: "lineage" },
  spend: { title: "Spend", make: spend },
  findings: { title: "Findings", make: findings, rows: "findings" },
  waivers: { title: "Waivers", make: waivers, rows: "waivers" },
  moves: { title: "Moves due", make: moves, rows: "moves" },
  drives: { title: "Drives overdue", make: visits, rows: "visits" },
};

function start() {
  const data = opened(document.getElementById("data").textContent);
  const main = document.getElementById("main");
  const links = navigated(data);
  let now = null;
  themed();
  watch(({ view, params }) => {
    const name = view in VIEWS ? view : "overview";
    if (now?.name !== name) {
      now?.view.end();
      const first = now === null;
      now = { name, view: VIEWS[name].make(data) };
      shown(main, name, now.view.element, data.lab);
      if (!first) main.querySelector("h1").focus({ preventScroll: true });
    }
    for (const [other, element] of links) {
      if (other === name) {
        element.setAttribute("aria-current", "page");
        element.scrollIntoView({ block: "nearest", inline: "center" });
      } else element.removeAttribute("aria-current");
    }
    now.view.update(params);
  });
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
    main.scrollIntoView();
  });
  document.addEventListener("keydown", searching);
}

function navigated(data) {
  const links = new Map();
  for (const [name, { title, rows }] of Object.entries(VIEWS)) {
    const count = rows ? h("span", { class: "badge" }, whole(data.tables[rows].rows)) : null;
    links.set(name, h("a", { href: link(name) }, title, count && " ", count));
  }
  document.getElementById("views").append(h("ul", {}, ...[...links.values()].map((element) => h("li", {}, element))));
  return links;
}

function shown(main, name, element, lab) {
  const title = VIEWS[name].title;
  document.title = `${title}: ${lab} storage`;
  main.replaceChildren(h("h1", { tabindex: "-1" }, title), element);
  window.scrollTo(0, 0);
}

/** A slash goes to the search. */
function searching(event) {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, dialog")) return;
  const search = document.querySelector("main input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
}

start();
