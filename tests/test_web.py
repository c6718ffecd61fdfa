"""Tokens stay unseen, and a service is called with patience and never twice where that makes two things."""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from slidebox import tokens, web
from slidebox.errors import SlideboxError, UnreadableError
from slidebox.tokens import Secret, token_of

WORD = "t0ken-of-nobody"


class Service(ThreadingHTTPServer):
    """A service that gives prepared answers, one after another, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """A client that breaks off is part of the tests."""


class _Asked(BaseHTTPRequestHandler):
    server: Service

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        status, headers, answer = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Nothing is said."""


@pytest.fixture
def service() -> Iterator[Service]:
    """Give a service on a free port."""
    server = Service()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def waits() -> list[float]:
    """Give the waits that were asked for."""
    return []


@pytest.fixture
def client(service: Service, waits: list[float]) -> Iterator[web.Web]:
    """Give our side of the service, whose waits are only written down."""
    made = web.Web(service.url, "Zenodo", Secret(WORD), sleep=waits.append, now=lambda: 1000.0)
    yield made
    made.close()


def test_the_environment_comes_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment comes before the keyring."""
    monkeypatch.setattr(tokens, "_kept", lambda _store: "kept")
    assert token_of("zenodo-box", environ={"SLIDEBOX_TOKEN_ZENODO_BOX": "set"}).reveal() == "set"
    assert token_of("gh", "GITHUB_TOKEN", environ={"GITHUB_TOKEN": "other"}).reveal() == "other"
    assert token_of("zenodo-box", environ={}).reveal() == "kept"


def test_no_token_is_said_with_both_ways_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token is said with both ways to give one."""
    monkeypatch.setattr(tokens, "_kept", lambda _store: "")
    with pytest.raises(UnreadableError, match=r"SLIDEBOX_TOKEN_ZENODO, or run: keyring set slidebox zenodo"):
        token_of("zenodo", environ={})


@pytest.mark.parametrize("bad", ["a b", "a\r\nX-Evil: 1", "añb"])
def test_a_token_that_would_break_a_header_is_refused_and_not_shown(bad: str) -> None:
    """A token that would break a header is refused and not shown."""
    with pytest.raises(UnreadableError) as caught:
        token_of("zenodo", environ={"SLIDEBOX_TOKEN_ZENODO": bad})
    assert bad not in str(caught.value)


def test_a_secret_is_neither_printed_nor_written() -> None:
    """A secret is neither printed nor written."""
    secret = Secret(WORD)
    assert WORD not in f"{secret} {secret!r} {web.Web('http://x', 'X', secret)!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:16:50 GMT"}, 10.0),
        ({"X-RateLimit-Reset": "1003"}, 3.0),
        ({}, 1.0),
    ],
)
def test_a_service_that_asks_for_patience_gets_it(
    service: Service, client: web.Web, waits: list[float], headers: dict[str, str], wait: float
) -> None:
    """A service that asks for patience gets it."""
    service.answers = [(429, headers, b"{}"), (201, {}, b'{"id": 1}')]
    assert client.call("POST", "/deposit", {}).body == {"id": 1}
    assert waits == [wait]
    assert service.seen[0][2]["authorization"] == f"Bearer {WORD}"


def test_what_may_have_been_made_is_not_made_again(service: Service, client: web.Web, waits: list[float]) -> None:
    """What may have been made is not made again."""
    service.answers = [(500, {}, b"{}")]
    with pytest.raises(web.WebError) as caught:
        client.call("POST", "/deposit", {})
    assert (caught.value.status, waits) == (500, [])


def test_a_service_that_keeps_failing_is_given_up(service: Service, client: web.Web, waits: list[float]) -> None:
    """A service that keeps failing is given up."""
    service.answers = [(502, {}, b"<html>")] * web.TRIES
    with pytest.raises(web.WebError, match="status 502"):
        client.call("GET", "/deposit")
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_an_hours_wait_is_not_waited_for(service: Service, client: web.Web, waits: list[float]) -> None:
    """An hour's wait is not waited for."""
    service.answers = [(429, {"Retry-After": "3600"}, b"{}")]
    with pytest.raises(web.WebError, match="run it again"):
        client.call("GET", "/deposit")
    assert waits == []


def test_a_refusal_gives_the_services_words_without_the_token(
    service: Service, client: web.Web, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal gives the service's words without the token."""
    caplog.set_level(logging.DEBUG)
    body = b'{"message": "Bad t0ken-of-nobody.", "errors": [{"field": "metadata.title", "messages": ["Missing."]}]}'
    service.answers = [(400, {}, body)]
    with pytest.raises(web.WebError) as caught:
        client.call("PUT", "/deposit/1", {})
    assert str(caught.value) == "Zenodo refused the call with status 400: Bad ***; metadata.title: Missing."
    assert WORD not in caplog.text


def test_an_upload_is_sent_anew_from_its_start_with_its_length(service: Service, client: web.Web) -> None:
    """An upload is sent anew from its start with its length."""
    service.answers = [(503, {}, b"{}"), (201, {}, b"{}")]
    client.upload("PUT", "/bucket/a.zip", web.Upload(6, lambda: iter([b"abc", b"def"])))
    assert [one[3] for one in service.seen] == [b"abcdef", b"abcdef"]
    assert {one[2]["content-length"] for one in service.seen} == {"6"}


@pytest.mark.parametrize("pieces", [[b"abc"], [b"abc", b"defg"]])
def test_a_file_that_changes_while_it_is_sent_is_said(client: web.Web, pieces: list[bytes]) -> None:
    """A file that changes while it is sent is said."""
    with pytest.raises(SlideboxError, match="changed while it was sent"):
        client.upload("PUT", "/bucket/a.zip", web.Upload(6, lambda: iter(pieces)))


def test_a_part_is_read_and_a_whole_in_its_place_refused(service: Service, client: web.Web) -> None:
    """A part is read and a whole in its place refused."""
    service.answers = [(206, {}, b"cd"), (200, {}, b"abcdef")]
    with client.download("/a.zip", 2, 4) as pieces:
        assert b"".join(pieces) == b"cd"
    assert service.seen[0][2]["range"] == "bytes=2-3"
    with pytest.raises(web.WebError, match="whole"), client.download("/a.zip", 2, 4):
        pass


def test_a_download_is_followed_without_the_token_to_another_host(service: Service, client: web.Web) -> None:
    """Services keep files at other addresses, and say so."""
    there = {"Location": service.url.replace("127.0.0.1", "localhost") + "/elsewhere"}
    service.answers = [(302, {"Location": "/b"}, b""), (302, there, b""), (206, {}, b"cd")]
    with client.download("/a.zip", 2, 4) as pieces:
        assert b"".join(pieces) == b"cd"
    assert [one[1] for one in service.seen] == ["/a.zip", "/b", "/elsewhere"]
    assert [one[2].get("authorization") for one in service.seen] == [f"Bearer {WORD}", f"Bearer {WORD}", None]
    service.answers = [(302, {"Location": "/a.zip"}, b"")] * 5
    with pytest.raises(web.WebError, match="is not followed"), client.download("/a.zip"):
        pass


def test_the_token_goes_to_the_services_own_hosts_alone(service: Service) -> None:
    """The token goes to the service's own hosts alone."""
    service.answers = [(200, {}, b"{}"), (200, {}, b"{}"), (302, {"Location": "http://elsewhere.invalid/"}, b"")]
    web.Web("http://api.invalid", "Figshare", Secret(WORD), "token").call("GET", service.url + "/x")
    web.Web("http://api.invalid", "Figshare", Secret(WORD), "token", (service.url,)).call("GET", service.url + "/x")
    assert [one[2].get("authorization") for one in service.seen] == [None, f"token {WORD}"]
    with pytest.raises(web.WebError, match="302"):
        web.Web(service.url, "Figshare", Secret(WORD)).call("GET", "/y")


def test_a_missing_extra_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is said in one sentence."""

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(UnreadableError, match=r"pip install 'slidebox\[deposits\]'"):
        web.Web("http://x", "Zenodo").call("GET", "/")


def test_a_service_that_is_away_is_said(waits: list[float]) -> None:
    """A service that is away is said."""
    with pytest.raises(web.WebError, match="could not be reached"):
        web.Web("http://127.0.0.1:9", "Zenodo", sleep=waits.append).call("GET", "/")
    assert len(waits) == web.TRIES - 1
