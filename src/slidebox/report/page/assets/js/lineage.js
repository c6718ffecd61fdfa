/** What was made from what: a drawing that can be moved, and the same as a table. */

import { h, s, tag } from "./dom.js";
import { counted, spoken } from "./format.js";
import { change } from "./address.js";
import { BOX, laidOut } from "./layout.js";
import { dataset, judged, text, words } from "./columns.js";
import { TableView } from "./table.js";

/** Boxes up to which a drawing can be read. */
const READABLE = 120;
const STANDINGS = ["absent", "unknown", "undeclared", "at source", "kept"];

/** The table of lineage with its drawing above it. */
class LineageView extends TableView {
  constructor(described) {
    super(described);
    this.scale = 1;
    this.stage = h("div", {
      class: "stage",
      tabindex: "0",
      role: "region",
      "aria-label": "Drawing of the lineage; the table below says the same",
    });
    this.said = h("p", { class: "note" });
    this.zoom = h(
      "div",
      { class: "zoom", role: "group", "aria-label": "Size of the drawing" },
      ...[
        ["Smaller", 0.8],
        ["Larger", 1.25],
      ].map(([label, factor]) =>
        h("button", { type: "button", class: "quiet", onclick: () => this.scaled(factor) }, label),
      ),
    );
    this.scroller.before(this.zoom, this.stage, this.said);
    dragged(this.stage);
  }

  select(params) {
    super.select(params);
    const project = params.get("project") ?? "";
    const { nodes, of } = drawable(this.table, this.order, project);
    this.stage.hidden = this.zoom.hidden = nodes.length === 0;
    this.said.hidden = !of;
    this.said.textContent = of
      ? `Drawn is ${of}: all ${counted(this.order.length, "dataset")} at once could not be read. Choose a project to draw another.`
      : "";
    if (nodes.length) this.draw(nodes);
  }

  draw(nodes) {
    const { width, height, corners } = laidOut(
      sorted(nodes).map(({ name, parents }) => ({ name, parents: parents.map(([parent]) => parent) })),
    );
    const arrows = nodes.flatMap(({ name, parents }) =>
      parents
        .filter(([parent]) => corners.has(parent))
        .map(([parent, step]) => arrow(corners.get(parent), corners.get(name), step)),
    );
    const boxes = nodes.map((node) => box(node, corners.get(node.name), () => change({ open: this.id(node.row) })));
    this.size = [width, height];
    this.drawing = s(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        role: "group",
        "aria-label": `Lineage of ${counted(nodes.length, "dataset")}`,
      },
      marker(),
      ...arrows,
      ...boxes,
    );
    this.stage.replaceChildren(this.drawing);
    this.scaled(1);
    this.stage.scrollTo(0, 0);
  }

  scaled(factor) {
    this.scale = Math.min(2, Math.max(0.3, this.scale * factor));
    this.drawing.setAttribute("width", Math.round(this.size[0] * this.scale));
    this.drawing.setAttribute("height", Math.round(this.size[1] * this.scale));
  }
}

/** @param {*} data the page @returns {TableView} */
export function lineage(data) {
  const source = data.tables.lineage;
  const table = source.plus("project", (row) => {
    const [project, level] = source.get("name", row).split("/");
    return level ? project : "";
  });
  return new LineageView({
    name: "lineage",
    noun: "dataset",
    caption: "What each dataset was made from",
    table,
    key: ["name"],
    columns: [
      words("name", "Dataset", { wide: true }),
      text("project", "Project", { filter: true, aside: true }),
      judged("standing", "Is", { order: STANDINGS }),
      text("said", "Where", { wide: true }),
      {
        field: "parents",
        label: "Made from",
        wide: true,
        show: (parents) =>
          parents.map(([parent, step]) => spoken(parent) + (step && ` by ${step}`)).join("; ") || "nothing",
      },
    ],
    empty: "No lineage is declared.",
    details: (row) => {
      const one = table.row(row);
      const parents = one.parents.map(([parent, step]) =>
        h("li", {}, spoken(parent), step && h("span", { class: "muted" }, ` by ${step}`)),
      );
      const children = Array.from(table.all()).filter((other) =>
        table.get("parents", other).some(([parent]) => parent === one.name),
      );
      return {
        title: spoken(one.name),
        entries: [
          ["Is", tag(one.standing)],
          ["Where", one.said],
          ["Made from", parents.length ? h("ul", {}, ...parents) : "nothing"],
          [
            "What was made from it",
            children.length
              ? h("ul", {}, ...children.map((other) => h("li", {}, spoken(table.get("name", other)))))
              : "nothing",
          ],
          ["Dataset", dataset(data.tables.datasets.strings.includes(one.name) ? one.name : "")],
        ],
      };
    },
  });
}

/** The rows that can be drawn at once, with their parents; the first project where all would be too many. */
function drawable(table, rows, project) {
  const numbers = new Map(Array.from(table.all(), (row) => [table.get("name", row), row]));
  let shown = Array.from(rows);
  let of = "";
  if (shown.length > READABLE && !project) {
    of = table.get("project", shown.find((row) => table.get("project", row)) ?? shown[0]);
    shown = shown.filter((row) => table.get("project", row) === of);
  }
  shown = shown.slice(0, READABLE);
  const parents = shown.flatMap((row) => table.get("parents", row).map(([parent]) => numbers.get(parent)));
  const all = [...new Set([...shown, ...parents.filter((row) => row !== undefined)])];
  return { nodes: all.map((row) => ({ row, ...table.row(row) })), of };
}

/** Sources and datasets of a project beside each other. */
function sorted(nodes) {
  return [...nodes].sort((one, other) => (one.project === other.project ? 0 : one.project < other.project ? -1 : 1));
}

function marker() {
  return s(
    "defs",
    {},
    s(
      "marker",
      { id: "tip", viewBox: "0 0 8 8", refX: "8", refY: "4", markerWidth: "8", markerHeight: "8", orient: "auto" },
      s("path", { d: "M0 0L8 4L0 8z", class: "tip" }),
    ),
  );
}

function arrow(start, end, step) {
  const [x1, y1, x2, y2] = [start.x + BOX.width / 2, start.y + BOX.height, end.x + BOX.width / 2, end.y];
  const bend = Math.max((y2 - y1) / 2, 12);
  // What is more than a step away in the same column is gone to around the boxes between.
  const aside = x1 === x2 && y2 - y1 > BOX.down ? BOX.width / 2 + 50 : 0;
  return s(
    "path",
    {
      d: `M${x1} ${y1}C${x1 + aside} ${y1 + bend} ${x2 + aside} ${y2 - bend} ${x2} ${y2}`,
      class: "arrow",
      "marker-end": "url(#tip)",
    },
    step ? s("title", {}, step) : null,
  );
}

function box({ name, standing, said, project }, { x, y }, opened) {
  const open = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    opened();
  };
  const whole = `${spoken(name)}: ${standing}${said && `, ${said}`}`;
  const level = project ? name.slice(project.length + 1) : name;
  const lines = [
    [cutShort(project, 34), "of"],
    [cutShort(spoken(level), 28), "name"],
    [cutShort(said || standing, 34), "said"],
  ].filter(([words]) => words);
  return s(
    "g",
    {
      class: `box box-${standing.replaceAll(" ", "-")}`,
      role: "button",
      tabindex: "0",
      "aria-label": `${lines
        .map(([words]) => words)
        .join(" ")
        .trim()} (${whole})`,
      onclick: open,
      onkeydown: open,
    },
    s("rect", { x, y, width: BOX.width, height: BOX.height, rx: 7 }),
    ...lines.map(([words, kind], at) =>
      s("text", { x: x + 12, y: y + (lines.length < 3 ? 28 : 18) + at * 19, class: kind }, `${words} `),
    ),
  );
}

function cutShort(words, most) {
  return words.length <= most ? words : `${words.slice(0, most - 1)}…`;
}

/** Moved by dragging what is behind the boxes. */
function dragged(stage) {
  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || event.target.closest(".box")) return;
    from = { x: event.clientX + stage.scrollLeft, y: event.clientY + stage.scrollTop };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (from) stage.scrollTo(from.x - event.clientX, from.y - event.clientY);
  });
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, () => (from = null));
}
