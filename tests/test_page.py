"""The admins' page as a document: every value is in it, as text, and nothing that is secret."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import re
import shutil
import subprocess
import time
from decimal import Decimal
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox.prices import Range
from slidebox.quantities import human_bytes
from slidebox.report.page import render
from slidebox.report.page.data import Dataset, Finding, Page, Reader, Source
from slidebox.report.page.encoding import document, embedded
from slidebox.report.page.rendering import SCRIPTS, STYLES, joined
from slidebox.report.page.withheld import WITHHELD, withheld, without_secrets

from .page_data import MADE, page_of, usd

ASSETS = Path(str(files("slidebox"))) / "report" / "page" / "assets"
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "</noscript><svg onload=alert(1)>",
    "\"'><b onclick=alert(1)>",
    "]]>&lt;script&gt;",
    "javascript:alert(1)",
    "</title></style>",
    '=HYPERLINK("http://evil")',
    "$title ${lab} $data",
    "\u2028\u2029\x00\x1b[2J\u202e",
    "\ud800",
    "<a href='javascript:alert(1)'>x</a>",
)
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20), st.just(""))
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
KINDS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(0, 10**18),
    float: st.floats(),
    float | None: st.none() | st.floats(),
    bool: st.booleans(),
    dt.date: st.dates(),
    Range: st.tuples(MONEY, MONEY, MONEY).map(lambda three: Range(*sorted(three))),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    tuple[tuple[str, str], ...]: st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
}


def records(kind: type) -> st.SearchStrategy[Any]:
    """Records of a kind with anything in their fields; the words that judge are of their list."""
    hints = get_type_hints(kind)
    fields = {field.name: KINDS[hints[field.name]] for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """Pages with hostile words in every field."""
    hints = get_type_hints(Page)
    tables = {
        name: tuple(draw(st.lists(records(hint.__args__[0]), max_size=3)))
        for name, hint in hints.items()
        if name not in ("lab", "made", "version", "unknown")
    }
    unknown = tuple(draw(st.lists(TEXTS, max_size=3)))
    return Page(lab=draw(TEXTS), made=MADE, version=draw(TEXTS), unknown=unknown, **tables)


class Read(HTMLParser):
    """What is in a document: its elements, its attributes, and what its scripts and styles hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.held: dict[str, str] = {}
        self._in = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        named = dict(attrs)
        self._in = str(named.get("id") or named.get("type") or tag) if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a script or style."""
        self._in = ""

    def handle_data(self, data: str) -> None:
        """Keep what a script or style holds."""
        if self._in:
            self.held[self._in] = self.held.get(self._in, "") + data


PLAIN_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "p", "strong", "span", "button", "div", "nav"),
    *("main", "noscript", "h1", "h2", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "footer", "script"),
}


@settings(max_examples=60)
@given(pages())
def test_no_value_becomes_markup(page: Page) -> None:
    """Whatever stands in a field, the document has the template's elements and plain tables, and no handlers."""
    read = Read(render(page))
    assert set(read.tags) <= PLAIN_TAGS
    assert read.tags.count("script") == 2
    assert [name for name, _ in read.attributes if name.startswith("on")] == []
    assert {value for name, value in read.attributes if name in ("href", "src")} == {"#main"}
    render(page).encode("utf-8")


@settings(max_examples=60)
@given(pages())
def test_every_value_is_in_the_document(page: Page) -> None:
    """What the columns say is what the page's records say, cleared of secrets and of hidden signs."""
    clean = without_secrets(page)
    data = json.loads(Read(render(page)).held["data"])
    assert (data["lab"], data["unknown"]) == (clean.lab, list(clean.unknown))
    for name, table in data["tables"].items():
        assert [decoded(table, row, data) for row in range(table["rows"])] == [
            flat(one) for one in getattr(clean, name)
        ]


def decoded(table: dict[str, Any], row: int, data: dict[str, Any]) -> list[Any]:
    """A row of a table of the document."""
    found: list[Any] = []
    columns = iter(table["columns"])
    for _, kind in table["fields"]:
        value = next(columns)[row]
        if kind == "text":
            found.append(data["strings"][value])
        elif kind == "range":
            found.append([value, next(columns)[row], next(columns)[row]])
        elif kind in ("words", "pairs"):
            found.append([data["strings"][word] for word in data["lists"][value]])
        else:
            found.append(value)
    return found


def flat(record: Any) -> list[Any]:
    """A record as a row of the document has it."""
    found: list[Any] = []
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Range):
            found.append([float(part) for part in (value.low, value.usual, value.high)])
        elif isinstance(value, tuple):
            found.append([word for one in value for word in (one if isinstance(one, tuple) else (one,))])
        elif isinstance(value, dt.date):
            found.append(value.isoformat())
        elif isinstance(value, float):
            found.append(round(value, 6) if abs(value) < float("inf") else None)
        else:
            found.append(value)
    return found


def test_the_policy_names_the_scripts_and_styles_that_are_there_and_nothing_else() -> None:
    """By their hashes: anything else that would get into the document does not run, and nothing is fetched."""
    html = render(page_of(8, 20))
    read = Read(html)
    policy = next(value for name, value in read.attributes if name == "content" and "default-src" in value)
    digests = [
        base64.b64encode(hashlib.sha256(read.held[name].encode()).digest()).decode() for name in ("module", "style")
    ]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digests[0]}'; style-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_the_scripts_read_no_markup_and_ask_no_network() -> None:
    """Values are shown as text only; nothing is evaluated, fetched or written."""
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|fetch\(|XMLHttp|WebSocket"
    )
    assert re.findall(forbidden, joined()) == []
    assert "url(" not in "".join((ASSETS / "css" / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)


def test_every_script_and_style_is_in_the_document() -> None:
    """A file that nobody names is not in the page."""
    assert {path.stem for path in (ASSETS / "js").glob("*.js")} == set(SCRIPTS)
    assert {path.stem for path in (ASSETS / "css").glob("*.css")} == set(STYLES)


def test_each_script_comes_after_those_that_it_imports() -> None:
    """And imports only what they export, in the form that is joined."""
    seen: dict[str, set[str]] = {}
    for name in SCRIPTS:
        text = (ASSETS / "js" / f"{name}.js").read_text(encoding="utf-8")
        for names, source in re.findall(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', text, re.MULTILINE):
            assert set(re.findall(r"\w+", names)) <= seen[source], f"{name} imports from {source}"
        seen[name] = set(re.findall(r"^export (?:async )?(?:const|function|class) (\w+)", text, re.MULTILINE))
    assert not re.search(r"^(import|export) ", joined(), re.MULTILINE)


NODE = shutil.which("node")


def in_node(script: str) -> Any:
    """What a script says that uses the page's own modules."""
    ran = subprocess.run(
        [str(NODE), "--input-type=module", "-e", script], capture_output=True, text=True, check=False, cwd=ASSETS / "js"
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_joined_script_is_javascript(tmp_path: Path) -> None:
    """The scripts together are one that can be read."""
    (tmp_path / "page.mjs").write_text(joined(), encoding="utf-8")
    ran = subprocess.run([str(NODE), "--check", tmp_path / "page.mjs"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_a_cell_of_a_file_is_never_a_formula() -> None:
    """Texts that a spreadsheet would reckon with are marked; quotes and lines are quoted; numbers stay numbers."""
    values = ["=1+1", "+1", "-x", "@SUM(A1)", "\tx", 'a "b", c', "two\nlines", "plain", -3, 2.5, None, True]
    script = f"import {{ cell }} from './csv.js';console.log(JSON.stringify({json.dumps(values)}.map(cell)));"
    assert in_node(script) == [
        *("'=1+1", "'+1", "'-x", "'@SUM(A1)", "'\tx", '"a ""b"", c"', '"two\nlines"', "plain", "-3", "2.5", "", "true")
    ]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_a_table_is_searched_chosen_and_ordered() -> None:
    """All words of a search have to be in a row; choices hold as well; what is empty comes last, up or down."""
    page = Page(
        lab="lab",
        made=MADE,
        version="1",
        readers=tuple(
            Reader("raw", "s3", "bucket", "", who, who, ("read",), (f"path-{'abc'[at]}",), until, "extra", True)
            for at, (who, until) in enumerate((("anyone", ""), ("person:10", "2027-01-31"), ("person:9", "2026-12-31")))
        ),
        datasets=tuple(
            Dataset(name, name, "", "", "", "", "", "", "", size, 1, usd(cost))
            for name, size, cost in (("b", 3, 1.5), ("a", 9, 0.5), ("c", 1, 7.0))
        ),
    )
    script = f"""
        import {{ opened }} from "./store.js";
        import {{ chosen, ordered, values }} from "./filter.js";
        const {{ tables }} = opened({json.dumps(embedded(document(page)))});
        const {{ readers, datasets }} = tables;
        const who = {{ field: "who", filter: true }};
        const ask = (query) => Array.from(chosen(readers, [who], new URLSearchParams(query), readers.all()));
        console.log(JSON.stringify({{
          words: ask("q=PERSON path-b"), list: ask("q=path-c"), value: ask("who=anyone"), none: ask("who=x"),
          text: ordered(readers, {{ field: "principal" }}, false, readers.all()),
          last: ordered(readers, {{ field: "until" }}, false, readers.all()),
          first: ordered(readers, {{ field: "until" }}, true, readers.all()),
          up: ordered(datasets, {{ field: "monthly" }}, false, datasets.all()),
          down: ordered(datasets, {{ field: "bytes" }}, true, datasets.all()),
          counts: values(readers, {{ field: "verdict" }}, readers.all()),
        }}));
    """
    assert in_node(script) == {
        "words": [1],
        "list": [2],
        "value": [0],
        "none": [],
        "text": [0, 2, 1],
        "last": [2, 1, 0],
        "first": [1, 2, 0],
        "up": [1, 0, 2],
        "down": [1, 0, 2],
        "counts": [["extra", 3]],
    }


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_boxes_of_the_lineage_do_not_overlap_and_children_stand_below() -> None:
    """Groups stand side by side; a circle, which no lab can declare, does not hang the page."""
    nodes = [
        {"name": "raw", "parents": []},
        {"name": "masks", "parents": ["raw"]},
        {"name": "cells", "parents": ["masks", "raw"]},
        {"name": "bulk", "parents": ["cells"]},
        {"name": "other", "parents": ["outside"]},
        {"name": "a", "parents": ["b"]},
        {"name": "b", "parents": ["a"]},
    ]
    script = f"""
        import {{ BOX, laidOut }} from "./layout.js";
        const {{ width, height, corners }} = laidOut({json.dumps(nodes)});
        console.log(JSON.stringify({{ width, height, box: BOX, corners: Object.fromEntries(corners) }}));
    """
    found = in_node(script)
    corners, box = found["corners"], found["box"]
    assert set(corners) == {str(node["name"]) for node in nodes}
    assert [corners[name]["y"] for name in ("raw", "masks", "cells", "bulk")] == sorted(
        {corners[name]["y"] for name in ("raw", "masks", "cells", "bulk")}
    )
    places = list(corners.values())
    for at, one in enumerate(places):
        assert 0 <= one["x"] <= found["width"] - box["width"]
        assert 0 <= one["y"] <= found["height"] - box["height"]
        for other in places[:at]:
            assert abs(one["x"] - other["x"]) >= box["width"] or abs(one["y"] - other["y"]) >= box["height"]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_amounts_read_as_everywhere_else() -> None:
    """Bytes are written as `human_bytes` writes them; money has cents where they count."""
    sizes = [
        0,
        1,
        999,
        1000,
        1234,
        999_499,
        999_600,
        5 * 10**6,
        123_456_789,
        1_140_000_000_000,
        26_900_000_000_000,
        10**17,
    ]
    usd_values = [0, 0.004, 0.5, 12.345, 99.99, 100.4, 1234.5, -3.2, None]
    script = f"""
        import {{ bytes, money, between, hours }} from "./format.js";
        const range = (low, high) => between({{ low, usual: low, high }});
        console.log(JSON.stringify([
          {json.dumps(sizes)}.map((count) => bytes(count)), {json.dumps(usd_values)}.map(money),
          [range(1, 1), range(1, 2.5), range(0.001, 0.002)], [0.4, 7, 100, null].map(hours),
        ]));
    """
    written, amounts, ranges, spans = in_node(script)
    assert written == [human_bytes(size) for size in sizes]
    assert amounts == ["$0", "<$0.01", "$0.50", "$12.35", "$99.99", "$100", "$1,235", "−$3.20", "not known"]
    assert ranges == ["", "$1 to $2.50", ""]
    assert spans == ["24 min", "7 h", "4.2 d", "not known"]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_an_axis_reaches_from_the_least_to_the_most_in_round_steps() -> None:
    """Also below nothing, for refunds; and where there is nothing at all."""
    script = """
        import { ticked } from "./chart.js";
        console.log(JSON.stringify([ticked(0, 97, 4), ticked(-20, 60, 4), ticked(0, 0.01, 4)]));
    """
    axes = in_node(script)
    assert axes[0] == [0, 25, 50, 75, 100]
    assert axes[1] == [-20, 0, 20, 40, 60]
    assert (axes[2][0], len(axes[2])) == (0, 5)


SECRETS = {
    "an access key": "AKIAIOSFODNN7EXAMPLE",
    "a secret access key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "a presigned address": "https://b.s3.amazonaws.com/?X-Amz-Credential=AKIAX%2F2026&X-Amz-Signature=fe5f80f77d5fa3beca038a24",
    "a shared access signature": "https://a.blob.core.windows.net/c?sv=2024&se=2027-01-01&sig=Zm9vYmFyYmF6cXV4%3D",
    "a password in an address": "sftp://mira:hunter2@cluster.example.org/data",
    "a token of GitHub": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "a token of Pulumi": "pul-0123456789abcdef0123456789abcdef01234567",
    "a connection string": "AccountName=a;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6I;Suffix=x",
    "a private key": "-----BEGIN PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END PRIVATE KEY-----",
    "half a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA",
    "a bearer": "Authorization: Bearer abcDEF0123456789abcdef",
    "a web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtaXJhIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "a password": "password=correct-horse",
    "a token of Zenodo": "access_token=aZ09bY18cX27dW36eV45fU54gT63hS72",
    "a link of Dropbox": "https://www.dropbox.com/scl/fo/abc/h?rlkey=k3jx0s9d8f7g6h5j&dl=0",
    "a signed address of Google": "https://storage.googleapis.com/b/o?X-Goog-Signature=1f2e3d4c5b6a79",
    "an access key behind a name": "KEY_AKIAIOSFODNN7EXAMPLE",
    "a secret access key behind a name": "k=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "a signature in an address in an address": "https://x.org/?to=https%3A%2F%2Fa%2Fc%3Fsig%3DZm9vYmFyYmF6cXV4",
    "a password in YAML": "password: correct-horse",
    "a password in JSON": '"password": "correct-horse"',
    "a key of Google": "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
}
SHOWN = {
    "sig=Zm9v",
    "sig%3DZm9v",
    "IOSFODNN7",
    "wJalrX",
    "X-Amz-Signature=fe5f",
    "X-Amz-Credential=AKIA",
    "hunter2",
    "AccountKey=Eby8",
    "MIIE",
    "b3Blbn",
    "horse",
    "rlkey=k3jx",
    "aZ09bY",
    "1f2e3d",
    "abcDEF0123",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_reaches_no_field(secret: str) -> None:
    """A key, token, signature or password is taken out of every field of every record, in the middle of words too."""
    words = f"see {secret} there"
    strings: dict[Any, Any] = {str: words, tuple[str, ...]: (words,), tuple[tuple[str, str], ...]: ((words, words),)}
    filled: dict[str, Any] = {}
    for name, hint in get_type_hints(Page).items():
        if name in ("lab", "version"):
            filled[name] = words
        elif name == "unknown":
            filled[name] = (words,)
        elif name != "made":
            kind = hint.__args__[0]
            hints = get_type_hints(kind)
            plain: dict[Any, Any] = {
                int: 1,
                float: 1.0,
                float | None: 1.0,
                bool: True,
                Range: Range(),
                dt.date: MADE.date(),
            }
            filled[name] = (kind(**{f.name: (strings | plain)[hints[f.name]] for f in dataclasses.fields(kind)}),)
    html = render(Page(made=MADE, **filled))
    assert secret not in html
    assert {part for part in SHOWN if part in html} == set()
    assert WITHHELD in html
    assert "see " in html


def test_ordinary_words_stay() -> None:
    """Names, paths, commits, digests, rules and addresses of a whole lab's page are shown as they are."""
    page = page_of(80, 400)
    assert without_secrets(page) == page
    ordinary = (
        "arn:aws:iam::123456789012:role/reader",
        "commit 3f2a91c0b7de45aa10c94e77fb09a1d2c3e4f506",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "https://zenodo.org/records/8011532",
        "The token is read from SLIDEBOX_TOKEN_ZENODO or the keyring.",
        "projects/retina.yaml:12: secret: what it is",
        "s3://lab-retina-raw/projects/2024/plate-1",
        "password policy of the account",
        "sk-n-as_br00148945_plate-1/raw_images",
        "SK-N-AS neuroblastoma, 62 GB",
        "pul-monary-fibrosis/bulk_embeddings",
        "design=two-way config=small",
        "basic embeddings of 2,000 wells",
    )
    assert [withheld(words) for words in ordinary] == list(ordinary)


@given(st.text())
def test_withholding_twice_is_withholding_once(text: str) -> None:
    """What is withheld hides nothing that could be withheld again."""
    assert withheld(withheld(text)) == withheld(text)


@pytest.mark.parametrize("piece", ["secret", "a.", "x://", "a:", "-----BEGIN PRIVATE KEY-----", "eyJ", "basic ", "sig"])
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    """Words that a pattern would try again and again take seconds, where the square of their length takes hours."""
    begun = time.process_time()
    withheld(piece * (400_000 // len(piece)))
    assert time.process_time() - begun < 20


def test_hidden_signs_are_spelled_out() -> None:
    """A direction that is turned, or a terminal's command, is seen for what it is; lines stay lines."""
    page = without_secrets(Page(lab="a\u202eb", made=MADE, version="1", unknown=("one\ntwo\x1b",)))
    assert (page.lab, page.unknown) == ("a\\u202eb", ("one\ntwo\\x1b",))


def test_the_plain_page_says_what_matters() -> None:
    """Without JavaScript there are counts, what is not known, findings with their cures, and what was not read."""
    page = Page(
        lab="lab",
        made=MADE,
        version="1",
        sources=(Source("bills", False, "none was given"),),
        datasets=(Dataset("p/raw", "p", "raw_images", "", "", "", "", "", "", 2 * 10**12, 5, usd(46.5)),),
        findings=(Finding("r", "T", "docs/r.md", "refusal", "p/raw", "It is public.", "Make it private.", "p.yaml:3"),),
        unknown=("The policy of x could not be read.",),
    )
    html = render(page)
    plain = html[html.index("<noscript>") : html.index("</noscript>")]
    assert (
        "1 dataset, 2 TB, 46.50 US dollars a month. 1 refusal, 0 warnings, 0 waived. "
        "1 thing unknown, 1 source not read, 0 ways in from outside the lab." in plain
    )
    for words in ("The policy of x could not be read.", "Make it private.", "none was given"):
        assert words in plain


def test_the_plain_page_ends_where_it_would_be_long() -> None:
    """Of a long table the first rows are written, and how many more there are is said."""
    html = render(page_of(400, 1000))
    assert "And 200 more." in html
    assert "And 800 more." in html


def test_numbers_that_are_none_are_null() -> None:
    """Infinity and the like are no JSON, and are shown as not known."""
    rows = (dataclasses.replace(page_of(8, 8).moves[0], hours=float("inf"), usd=float("nan")),)
    table = document(Page(lab="l", made=MADE, version="1", moves=rows))["tables"]["moves"]
    names = [name for name, _ in table["fields"]]
    assert (table["columns"][names.index("hours")], table["columns"][names.index("usd")]) == ([None], [None])


def test_a_range_keeps_its_three_amounts() -> None:
    """Low, usual and high stand side by side, to a millionth of a dollar."""
    spent = dataclasses.replace(
        page_of(8, 8).spend[0], forecast=Range(Decimal("0.1234567"), Decimal(2), Decimal("3.5"))
    )
    table = document(Page(lab="l", made=MADE, version="1", spend=(spent,)))["tables"]["spend"]
    assert table["columns"][4:7] == [[0.123457], [2], [3.5]]
