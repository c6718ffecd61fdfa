"""What a check found, written for whoever reads it: one module a format, each a pure function of one `Report`."""

from slidebox.report.changes import Change, changes_between
from slidebox.report.costs import CostChange, Told, costs_between
from slidebox.report.document import document
from slidebox.report.evidence import evidence
from slidebox.report.found import Located, Report
from slidebox.report.junit import junit
from slidebox.report.markdown import markdown
from slidebox.report.places import Places
from slidebox.report.sarif import sarif
from slidebox.report.text import Line, text

__all__ = [
    "Change",
    "CostChange",
    "Line",
    "Located",
    "Places",
    "Report",
    "Told",
    "changes_between",
    "costs_between",
    "document",
    "evidence",
    "junit",
    "markdown",
    "sarif",
    "text",
]
