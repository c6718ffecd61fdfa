"""What the rules say, and what data were made from, as the page shows them."""

from __future__ import annotations

from slidebox.provenance.lineage import Lineage, Standing
from slidebox.provenance.lineage import Node as Made
from slidebox.report.found import Located, Report
from slidebox.report.page.data import Finding, Node
from slidebox.report.sarif import page_of

_STANDINGS = {
    Standing.KEPT: "kept",
    Standing.AT_SOURCE: "at source",
    Standing.ABSENT: "absent",
    Standing.UNKNOWN: "unknown",
    Standing.UNDECLARED: "undeclared",
}


def findings(checked: Report) -> tuple[Finding, ...]:
    """What a check found, gravest first, as it has it."""
    return tuple(_finding(one, checked) for one in checked.found)


def _finding(one: Located, checked: Report) -> Finding:
    said, where = one.finding, one.position
    severity = "waived" if said.waived else "refusal" if said.refuses else "warning"
    by = f" By: {' → '.join(said.path)}." if said.path else ""
    waived = f" Waived {said.waived}." if said.waived else ""
    return Finding(
        rule=said.rule,
        title=checked.title(said.rule),
        page=page_of(said.rule),
        severity=severity,
        subject=said.subject,
        message=f"{said.message}{by}{waived}",
        cure=said.cure,
        where=f"{where.file}:{where.line}",
    )


def lineage(graph: Lineage) -> tuple[Node, ...]:
    """The graph of what was made from what: parents before what was made from them."""
    return tuple(
        Node(
            name=name,
            standing=_STANDINGS[node.sight.standing],
            said=_said(node),
            parents=tuple((parent, node.step.in_short if node.step else "") for parent, _ in node.parents),
        )
        for name, node in graph.nodes.items()
    )


def _said(node: Made) -> str:
    if node.sight.stores:
        return f"kept in {', '.join(node.sight.stores)}"
    if node.sight.standing is Standing.AT_SOURCE:
        return node.source
    return ""
