"""A report as JUnit XML: a case for each rule and subject that failed, and one for each rule that passed."""

from __future__ import annotations

from itertools import groupby
from xml.etree import ElementTree as ET

from slidebox.model import Severity
from slidebox.report.found import Located, Report, counted, sentence, visible


def junit(report: Report) -> str:
    """The report as XML.

    What refuses is a failure. A warning and what is waived are skipped, with what they say: they fail nothing,
    and must not look as if the rule had passed.
    """
    suite = ET.Element("testsuite", name=visible(f"slidebox {report.gate} {report.lab}"))
    by_case = groupby(sorted(report.found, key=_case), key=_case)
    for (rule, subject), group in by_case:
        _add_case(suite, report, rule, subject, list(group))
    spoken = {one.finding.rule for one in report.found}
    for info in report.rules:
        if info.id not in spoken:
            ET.SubElement(suite, "testcase", classname=visible(info.id), name=visible(info.title), time="0")
    counts = {
        "tests": len(suite),
        "failures": len(suite.findall("testcase/failure")),
        "errors": 0,
        "skipped": len(suite.findall("testcase/skipped")),
    }
    root = ET.Element("testsuites", name="slidebox check")
    for name, count in counts.items():
        root.set(name, str(count))
        suite.set(name, str(count))
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(one: Located) -> tuple[str, str]:
    return one.finding.rule, one.finding.subject


def _add_case(suite: ET.Element, report: Report, rule: str, subject: str, group: list[Located]) -> None:
    """One case; what refuses decides how it ends."""
    decisive = next((one for one in group if one.finding.refuses), group[0])
    case = ET.SubElement(
        suite,
        "testcase",
        classname=visible(rule),
        name=visible(subject),
        file=report.folder + decisive.position.file,
        line=str(decisive.position.line),
        time="0",
    )
    words = "\n".join(_words(one) for one in group)
    if decisive.finding.refuses:
        more = f" (and {counted(len(group) - 1, 'more finding')})" if len(group) > 1 else ""
        failure = ET.SubElement(
            case, "failure", type=decisive.finding.severity.value, message=visible(decisive.finding.message) + more
        )
        failure.text = words
    else:
        waived = decisive.finding.waived
        kind = f"waived {waived}" if waived else "warning"
        ET.SubElement(case, "skipped", message=visible(f"{kind}: {decisive.finding.message}"))
        ET.SubElement(case, "system-out").text = words


def _words(one: Located) -> str:
    """Everything about one finding, line by line."""
    finding = one.finding
    lines = [f"{one.position}: {sentence(visible(finding.message))}"]
    lines += [f"  by: {visible(step)}" for step in finding.path]
    lines += [f"  resource: {visible(one.resource)}"] if one.resource else []
    lines += [f"  cure: {visible(finding.cure)}"] if finding.cure else []
    lines += [f"  waived {visible(finding.waived)}"] if finding.waived else []
    return "\n".join(lines) if finding.severity is Severity.ERROR else "\n".join([f"warning: {lines[0]}", *lines[1:]])
