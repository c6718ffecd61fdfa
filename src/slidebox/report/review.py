"""The sheet of a review as one page that needs nothing else: choose for each reader, then save the sheet as CSV."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence

from slidebox.access.review import COLUMNS, Row

_HEADINGS = {
    "location": "Where",
    "dataset": "Dataset",
    "principal": "Who",
    "actions": "Can",
    "until": "Until",
    "path": "By",
    "found": "Declared",
    "last_read": "Last read",
}
_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 25%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem; text-align: left; vertical-align: top; }
td { overflow-wrap: break-word; }
td:nth-child(1), td:nth-child(2), td:nth-child(6) { overflow-wrap: anywhere; }
td:nth-child(1) { min-width: 10rem; }
td:nth-child(2) { min-width: 8rem; }
td:nth-child(6) { min-width: 15rem; }
h1 { font-size: 1.5rem; }
tr.wrong td:nth-child(7) { font-weight: 700; }
table { font-size: .875rem; }
fieldset { border: 0; margin: 0; padding: 0; white-space: nowrap; }
fieldset label { display: block; }
td input[type=text] { width: 8rem; }
.wide { overflow-x: auto; }
button, input[type=text] { font: inherit; padding: .3rem .6rem; }
@media print { button { display: none; } }
"""
_SCRIPT = """
const guard = cell => /^[=+\\-@\\t\\r']/.test(cell) ? "'" + cell : cell;
const quote = cell => /[",\\r\\n]/.test(cell) ? '"' + cell.replaceAll('"', '""') + '"' : cell;
document.getElementById("save").addEventListener("click", () => {
  const lines = [columns.join(",")];
  rows.forEach((row, number) => {
    const chosen = document.querySelector(`input[name="d${number}"]:checked`);
    const said = {...row, decision: chosen ? chosen.value : "", by: document.getElementById("by").value.trim(),
                  reason: document.getElementById(`r${number}`).value.trim()};
    lines.push(columns.map(name => quote(guard(said[name]))).join(","));
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\\r\\n") + "\\r\\n"], {type: "text/csv"}));
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
});
"""


def page(rows: Sequence[Row], title: str, file: str) -> str:
    """The sheet as a page of HTML that works without a network.

    Parameters
    ----------
    rows
        What is to be decided.
    title
        The heading: which lab, and of which day.
    file
        What the saved sheet is called.
    """
    head = "".join(f"<th scope=col>{heading}</th>" for heading in (*_HEADINGS.values(), "Decision", "Reason"))
    body = "".join(_row(number, row) for number, row in enumerate(rows))
    data = {"columns": COLUMNS, "rows": [{name: getattr(row, name) for name in COLUMNS} for row in rows], "file": file}
    script = "".join(f"const {name} = {_embedded(value)};\n" for name, value in data.items())
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{html.escape(title)}</h1>"
        "<p>Choose for each reader whether the access is to stay. Save the sheet, and hand it to whoever runs "
        "<code>slidebox audit review</code>.</p>"
        "<p><label>Your name in lab.yaml <input type=text id=by autocomplete=username></label> "
        "<button type=button id=save>Save the sheet</button></p>"
        f"<div class=wide tabindex=0 role=region aria-label=Readers><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div></main>\n<script>\n{script}{_SCRIPT}</script></body></html>\n"
    )


def _row(number: int, row: Row) -> str:
    cells = "".join(f"<td>{html.escape(getattr(row, name))}</td>" for name in _HEADINGS)
    legend = html.escape(f"{row.principal} at {row.location}")
    choices = "".join(
        f"<label><input type=radio name=d{number} value={value}{' checked' if row.decision == value else ''}> {value}"
        "</label> "
        for value in ("confirm", "revoke")
    )
    wrong = "" if row.found == "as declared" else " class=wrong"
    return (
        f"<tr{wrong}>{cells}<td><fieldset><legend hidden>{legend}</legend>{choices}</fieldset></td>"
        f'<td><input type=text id=r{number} aria-label="Reason for {legend}" '
        f'value="{html.escape(row.reason)}"></td></tr>'
    )


def _embedded(value: object) -> str:
    """A value inside a script: nothing in it ends the script or starts a comment."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
