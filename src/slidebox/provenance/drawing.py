"""A graph of datasets as Mermaid text and as an SVG picture."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from slidebox.provenance.lineage import Lineage, Node, Standing

_COLOURS: Mapping[Standing, tuple[str, str]] = {
    Standing.KEPT: ("#e3f1e7", "#2f6b45"),
    Standing.AT_SOURCE: ("#e2ecf8", "#2c5689"),
    Standing.ABSENT: ("#fae6e3", "#9c3426"),
    Standing.UNKNOWN: ("#f1efe9", "#6f6a5c"),
    Standing.UNDECLARED: ("#f1efe9", "#6f6a5c"),
}
"""Fill and line of a box; what it says is written in it too."""

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _MARGIN = 310, 66, 40, 56, 20
"""Pixels: a box, the gaps between boxes side by side and one below the other, and the edge."""


def mermaid(graph: Lineage) -> str:
    """The graph as a Mermaid flowchart, which GitHub and GitLab draw in Markdown."""
    ids = {name: f"d{number}" for number, name in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    for name, node in graph.nodes.items():
        said = "<br/>".join(_mermaid_text(line) for line in (name, *_below(node)))
        lines.append(f'    {ids[name]}["{said}"]:::{node.sight.standing.name.lower()}')
    for name, node in graph.nodes.items():
        label = f"|{_mermaid_text(_step(node))}| " if _step(node) else ""
        lines += [f"    {ids[parent]} -->{label}{ids[name]}" for parent, _ in node.parents]
    for standing in sorted({node.sight.standing for node in graph.nodes.values()}):
        fill, line = _COLOURS[standing]
        lines.append(f"    classDef {standing.name.lower()} fill:{fill},stroke:{line},color:#222")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    """Text in which nothing means something to Mermaid: its own entity codes for all but plain signs."""
    return "".join(sign if sign.isalnum() or sign in " /_.-@:," else f"#{ord(sign)};" for sign in text)


def _step(node: Node) -> str:
    """The step in a few words."""
    return node.step.in_short if node.step and node.parents else ""


def _below(node: Node) -> tuple[str, ...]:
    """What stands below a dataset's name."""
    standing, stores = node.sight.standing, node.sight.stores
    if standing is Standing.KEPT:
        return (f"kept in {', '.join(stores)}",)
    return (f"{standing}: {node.source}" if standing is Standing.AT_SOURCE else standing.value,)


def svg(graph: Lineage) -> str:
    """The graph as a picture: parents above what was made from them."""
    rows = _rows(graph)
    widest = max((len(row) for row in rows), default=0)
    width = max(widest * (_WIDTH + _ACROSS) - _ACROSS, 0) + 2 * _MARGIN
    height = max(len(rows) * (_HEIGHT + _DOWN) - _DOWN, 0) + 2 * _MARGIN
    corners: dict[str, tuple[int, int]] = {}
    for depth, row in enumerate(rows):
        left = (width - len(row) * (_WIDTH + _ACROSS) + _ACROSS) // 2
        for place, name in enumerate(row):
            corners[name] = (left + place * (_WIDTH + _ACROSS), _MARGIN + depth * (_HEIGHT + _DOWN))
    body = [_arrow(corners[parent], corners[child]) for parent, child in graph.edges]
    body += [_box(node, corners[name]) for name, node in graph.nodes.items()]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-label="Lineage" font-family="system-ui, sans-serif" font-size="12">\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
    )
    return head + "\n".join(body) + "\n</svg>\n"


def _rows(graph: Lineage) -> list[list[str]]:
    """The datasets by how many steps they are from where it begins; near their parents in each row."""
    depth: dict[str, int] = {}
    for name, node in graph.nodes.items():
        depth[name] = 1 + max((depth[parent] for parent, _ in node.parents), default=-1)
    rows: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for name in graph.nodes:
        rows[depth[name]].append(name)
    place: dict[str, float] = {}
    for row in rows:
        row.sort(key=lambda name: (_middle(graph.nodes[name], place), name))
        place |= {name: number - len(row) / 2 for number, name in enumerate(row)}
    return rows


def _middle(node: Node, place: Mapping[str, float]) -> float:
    above = [place[parent] for parent, _ in node.parents]
    return sum(above) / len(above) if above else 0.0


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + _WIDTH // 2, start[1] + _HEIGHT
    x2, y2 = end[0] + _WIDTH // 2, end[1]
    bend = max((y2 - y1) // 2, 12)
    return (
        f'<path d="M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}" fill="none" stroke="#666" '
        'stroke-width="1.3" marker-end="url(#tip)"/>'
    )


def _box(node: Node, corner: tuple[int, int]) -> str:
    x, y = corner
    fill, line = _COLOURS[node.sight.standing]
    lines = (node.dataset, *_below(node), *filter(None, (_step(node),)))
    texts = "".join(
        f'<text x="{x + _WIDTH // 2}" y="{y + 20 + 17 * number}" text-anchor="middle" fill="#111" '
        f'font-weight="{400 if number else 600}">{escape(_short(words))}</text>'
        for number, words in enumerate(lines)
    )
    title = escape("\n".join(lines))
    return (
        f'<g><title>{title}</title><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="{line}"/>{texts}</g>'
    )


def _short(words: str, most: int = 44) -> str:
    """Words that fit a box; the whole is in its title."""
    return words if len(words) <= most else words[: most - 1] + "…"
