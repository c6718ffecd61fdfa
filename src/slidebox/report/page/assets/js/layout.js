/** Where the boxes of a graph go: parents above what was made from them, each near its parents. */

/** A box, the gaps beside and below it, and the edge around all, in pixels. */
export const BOX = { width: 236, height: 66, across: 28, down: 52, margin: 16 };

/**
 * What belongs together is laid out by itself, and then side by side.
 * @param {Array<{name: string, parents: string[]}>} nodes
 * @returns {{width: number, height: number, corners: Map<string, {x: number, y: number}>}}
 */
export function laidOut(nodes) {
  const { across, margin } = BOX;
  const corners = new Map();
  let left = margin;
  let lowest = 0;
  for (const group of together(nodes)) {
    const { width, height, places } = layered(group);
    for (const [name, { x, y }] of places) corners.set(name, { x: x + left, y: y + margin });
    left += width + 2 * across;
    lowest = Math.max(lowest, height);
  }
  return { width: Math.max(left - 2 * across, margin) + margin, height: lowest + 2 * margin, corners };
}

/** Nodes in groups that no arrow leaves, in the order in which they come. */
function together(nodes) {
  const head = new Map(nodes.map(({ name }) => [name, name]));
  const top = (name) => {
    let at = name;
    while (head.get(at) !== at) at = head.get(at);
    head.set(name, at);
    return at;
  };
  for (const { name, parents } of nodes) {
    for (const parent of parents) if (head.has(parent)) head.set(top(parent), top(name));
  }
  const groups = new Map();
  for (const node of nodes) {
    const key = top(node.name);
    if (groups.has(key)) groups.get(key).push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()];
}

function layered(nodes) {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const depth = depths(byName);
  const rows = [];
  for (const { name } of nodes) (rows[depth.get(name)] ??= []).push(name);
  const place = new Map();
  for (const row of rows) {
    const middle = new Map(
      row.map((name) => [
        name,
        mean(
          byName
            .get(name)
            .parents.filter((parent) => place.has(parent))
            .map((parent) => place.get(parent)),
        ),
      ]),
    );
    row.sort((one, other) => middle.get(one) - middle.get(other) || (one < other ? -1 : 1));
    row.forEach((name, at) => place.set(name, at - (row.length - 1) / 2));
  }
  return cornered(rows, place);
}

function cornered(rows, place) {
  const { width, height, across, down } = BOX;
  const widest = Math.max(...rows.map((row) => row.length));
  const total = widest * (width + across) - across;
  const places = new Map();
  rows.forEach((row, at) => {
    for (const name of row)
      places.set(name, { x: total / 2 + place.get(name) * (width + across) - width / 2, y: at * (height + down) });
  });
  return { width: total, height: rows.length * (height + down) - down, places };
}

/** How many steps each is from where it begins; what goes in a circle, which none should, begins where it is met. */
function depths(byName) {
  const depth = new Map();
  const open = new Set();
  const visit = (name) => {
    if (depth.has(name)) return depth.get(name);
    open.add(name);
    const above = byName.get(name).parents.filter((parent) => byName.has(parent) && !open.has(parent));
    const found = 1 + Math.max(-1, ...above.map(visit));
    open.delete(name);
    depth.set(name, found);
    return found;
  };
  for (const name of byName.keys()) visit(name);
  return depth;
}

function mean(numbers) {
  return numbers.length ? numbers.reduce((sum, one) => sum + one, 0) / numbers.length : 0;
}
