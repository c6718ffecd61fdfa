"""GitHub on loopback: its REST API as far as slidebox calls it, and real git behind `git http-backend`.

It stores what it is sent and answers as GitHub documents (docs.github.com, "REST API"): 401, 403 with a rate limit, a
secondary limit or a plan that lacks something, 404 for what does not exist or may not be seen, 409 for an empty
repository, 422 with `errors`. The token has to come with every call, and with every fetch and push.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "ghp_Double0123456789"
GIT_SECONDS = 60

Answer = tuple[int, Any]


@dataclass
class GitHubDouble:
    """What the service knows.

    Attributes
    ----------
    root
        Folder of the bare repositories.
    url
        Its address.
    organisation, teams, users
        Who there is.
    base_permission
        What every member may do.
    owners, members, roles, keys
        Who owns the organisation and is in its teams, its own roles by what they are built on, and the deploy keys of
        each repository, with whether they only read.
    repositories
        By full name, as the API shows them.
    free
        Whether the plan protects public repositories only.
    refusals
        Answers that the next calls get: status, headers, body.
    calls
        Every call.
    lfs, lfs_full
        What Git LFS keeps, by SHA-256, and whether its quota is used up.
    """

    root: Path
    url: str = ""
    organisation: str = "way-lab"
    teams: tuple[str, ...] = ("imaging",)
    users: tuple[str, ...] = ("ada", "cy")
    base_permission: str = "none"
    owners: tuple[str, ...] = ("ada",)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    keys: dict[str, bool] = field(default_factory=dict)
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict)
    granted: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    rulesets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    free: bool = False
    refusals: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lfs: dict[str, bytes] = field(default_factory=dict)
    lfs_full: bool = False

    def bare(self, full: str) -> Path:
        """The repository's folder."""
        return self.root / f"{full}.git"

    def git(self, full: str, *words: str, given: bytes = b"", index: Path | None = None) -> bytes:
        """What git says in a repository."""
        who = {"GIT_AUTHOR_NAME": "GitHub", "GIT_AUTHOR_EMAIL": "noreply@example.org"}
        who |= {"GIT_COMMITTER_NAME": "GitHub", "GIT_COMMITTER_EMAIL": "noreply@example.org"}
        done = subprocess.run(
            ["git", "-C", str(self.bare(full)), *words],
            input=given,
            capture_output=True,
            check=True,
            env={**os.environ, **who, **({"GIT_INDEX_FILE": str(index)} if index else {})},
            timeout=GIT_SECONDS,
        )
        return done.stdout

    def commit(self, full: str, path: str, content: bytes, message: str) -> str:
        """Put a file into the default branch."""
        index = self.bare(full) / f"index-{threading.get_ident()}"
        blob = self.git(full, "hash-object", "-w", "--stdin", given=content).decode().strip()
        head = self.head(full)
        if head:
            self.git(full, "read-tree", head, index=index)
        self.git(full, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", index=index)
        tree = self.git(full, "write-tree", index=index).decode().strip()
        index.unlink(missing_ok=True)
        parents = ["-p", head] if head else []
        made = self.git(full, "commit-tree", tree, *parents, "-m", message).decode().strip()
        self.git(full, "update-ref", "refs/heads/main", made)
        return blob

    def head(self, full: str) -> str:
        """The commit of the default branch; empty where there is none."""
        try:
            return self.git(full, "rev-parse", "--verify", "--quiet", "refs/heads/main").decode().strip()
        except subprocess.CalledProcessError:
            return ""

    def files(self, full: str) -> dict[str, tuple[str, str]]:
        """Type and object of everything in the default branch, by path."""
        lines = self.git(full, "ls-tree", "-r", "-t", "main").decode().splitlines() if self.head(full) else []
        split = (line.partition("\t") for line in lines)
        return {path: (head.split()[1], head.split()[2]) for head, _, path in split}


def _missing() -> Answer:
    return 404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}


def _invalid(what: str, **error: str) -> Answer:
    return 422, {"message": what, "errors": [{"resource": "Repository", "code": "custom", **error}], "status": "422"}


class _Api:
    """The calls."""

    def __init__(self, double: GitHubDouble) -> None:
        self.double = double
        full = r"(?P<full>[\w.-]+/[\w.-]+)"
        table: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", r"orgs/(?P<org>[\w.-]+)", self.org),
            ("GET", r"orgs/(?P<org>[\w.-]+)/repos", self.list_repositories),
            ("GET", r"orgs/(?P<org>[\w.-]+)/members", self.list_owners),
            ("GET", r"orgs/(?P<org>[\w.-]+)/custom-repository-roles", self.list_roles),
            ("GET", r"orgs/(?P<org>[\w.-]+)/teams/(?P<who>[\w-]+)/members", self.list_members),
            ("GET", f"repos/{full}/keys", self.list_keys),
            ("GET", f"repos/{full}/pages", self.site),
            ("POST", r"orgs/(?P<org>[\w.-]+)/repos", self.create),
            ("GET", f"repos/{full}", self.show),
            ("PATCH", f"repos/{full}", self.change),
            ("DELETE", f"repos/{full}", self.delete),
            ("GET", f"repos/{full}/teams", self.list_teams),
            ("GET", f"repos/{full}/collaborators", self.list_people),
            ("GET", f"repos/{full}/invitations", self.nothing),
            ("PUT", f"orgs/(?P<org>[\\w.-]+)/teams/(?P<who>[\\w-]+)/repos/{full}", self.let_team),
            ("DELETE", f"orgs/(?P<org>[\\w.-]+)/teams/(?P<who>[\\w-]+)/repos/{full}", self.drop_team),
            ("PUT", f"repos/{full}/collaborators/(?P<who>[\\w-]+)", self.let_person),
            ("DELETE", f"repos/{full}/collaborators/(?P<who>[\\w-]+)", self.drop_person),
            ("GET", f"repos/{full}/rulesets", self.list_rulesets),
            ("POST", f"repos/{full}/rulesets", self.add_ruleset),
            ("PUT", f"repos/{full}/rulesets/(?P<number>\\d+)", self.set_ruleset),
            ("GET", f"repos/{full}/contents/(?P<path>.*)", self.content),
            ("PUT", f"repos/{full}/contents/(?P<path>.+)", self.write),
            ("GET", f"repos/{full}/commits", self.commits),
            ("GET", f"repos/{full}/branches", self.branches),
            ("GET", f"repos/{full}/tags", self.tags),
        ]
        self.table = [(method, re.compile(pattern), call) for method, pattern, call in table]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        """What a call gets."""
        for wanted, pattern, call in self.table:
            match = pattern.fullmatch(path)
            if match and wanted == method:
                words = match.groupdict()
                if "full" in words and words["full"] not in self.double.repositories:
                    return _missing()
                status, found = call(body=body, **words)
                if isinstance(found, list) and "page" in query:
                    size, page = int(query["per_page"][0]), int(query["page"][0])
                    found = found[(page - 1) * size : page * size]
                return status, found
        return _missing()

    def org(self, org: str, body: Any) -> Answer:
        if org != self.double.organisation:
            return _missing()
        return 200, {"login": org, "default_repository_permission": self.double.base_permission}

    def list_repositories(self, org: str, body: Any) -> Answer:
        if org != self.double.organisation:
            return _missing()
        return 200, [said for full, said in sorted(self.double.repositories.items()) if full.startswith(f"{org}/")]

    def list_owners(self, org: str, body: Any) -> Answer:
        return 200, [{"login": name} for name in self.double.owners]

    def list_roles(self, org: str, body: Any) -> Answer:
        roles = [{"name": name, "base_role": base} for name, base in self.double.roles.items()]
        return 200, {"total_count": len(roles), "custom_roles": roles}

    def list_members(self, org: str, who: str, body: Any) -> Answer:
        return 200, [{"login": name} for name in self.double.members.get(who, ())]

    def list_keys(self, full: str, body: Any) -> Answer:
        return 200, [
            {"id": number, "title": title, "key": "ssh-ed25519 AAAA", "read_only": read_only}
            for number, (title, read_only) in enumerate(self.double.keys.items(), 1)
        ]

    def site(self, full: str, body: Any) -> Answer:
        if not self.double.repositories[full].get("has_pages"):
            return _missing()
        return 200, {"url": "https://way-lab.github.io/x", "public": True}

    def create(self, org: str, body: Any) -> Answer:
        full = f"{org}/{body['name']}"
        if org != self.double.organisation:
            return _missing()
        if full in self.double.repositories:
            return _invalid("Repository creation failed.", field="name", message="name already exists on this account")
        self.double.bare(full).mkdir(parents=True)
        self.double.git(full, "init", "--quiet", "--bare", "-b", "main")
        self.double.git(full, "config", "http.receivepack", "true")
        if body.get("auto_init"):
            self.double.commit(full, "README.md", f"# {body['name']}\n".encode(), "Initial commit")
        self.double.repositories[full] = {
            "name": body["name"],
            "full_name": full,
            "description": body.get("description"),
            "private": body["private"],
            "visibility": "private" if body["private"] else "public",
            "archived": False,
            "has_pages": False,
            "default_branch": "main",
            "clone_url": f"{self.double.url}/{full}.git",
        }
        self.double.granted[full], self.double.rulesets[full] = {}, []
        return 201, self.double.repositories[full]

    def show(self, full: str, body: Any) -> Answer:
        return 200, self.double.repositories[full]

    def change(self, full: str, body: Any) -> Answer:
        self.double.repositories[full] |= body
        if "private" in body:
            self.double.repositories[full]["visibility"] = "private" if body["private"] else "public"
        return self.show(full, body)

    def delete(self, full: str, body: Any) -> Answer:
        del self.double.repositories[full]
        self.double.bare(full).rename(self.double.bare(full).with_suffix(".gone"))
        return 204, None

    def _granted(self, full: str, kind: str) -> list[tuple[str, str]]:
        return [(name, given) for (what, name), given in self.double.granted[full].items() if what == kind]

    def list_teams(self, full: str, body: Any) -> Answer:
        return 200, [{"slug": name, "permission": given} for name, given in self._granted(full, "team")]

    def list_people(self, full: str, body: Any) -> Answer:
        roles = {"pull": "read", "push": "write"}
        people = self._granted(full, "user")
        return 200, [{"login": name, "role_name": roles.get(given, given)} for name, given in people]

    def nothing(self, full: str, body: Any) -> Answer:
        return 200, []

    def let_team(self, full: str, org: str, who: str, body: Any) -> Answer:
        if who not in self.double.teams:
            return _missing()
        self.double.granted[full]["team", who] = body["permission"]
        return 204, None

    def drop_team(self, full: str, org: str, who: str, body: Any) -> Answer:
        self.double.granted[full].pop(("team", who), None)
        return 204, None

    def let_person(self, full: str, who: str, body: Any) -> Answer:
        if who not in self.double.users:
            return _missing()
        self.double.granted[full]["user", who] = body["permission"]
        return 204, None

    def drop_person(self, full: str, who: str, body: Any) -> Answer:
        self.double.granted[full].pop(("user", who), None)
        return 204, None

    def list_rulesets(self, full: str, body: Any) -> Answer:
        return 200, self.double.rulesets[full]

    def add_ruleset(self, full: str, body: Any) -> Answer:
        if self.double.free and self.double.repositories[full]["private"]:
            said = "Upgrade to GitHub Pro or make this repository public to enable this feature."
            return 403, {"message": said, "status": "403"}
        self.double.rulesets[full].append({**body, "id": len(self.double.rulesets[full]) + 1})
        return 201, self.double.rulesets[full][-1]

    def set_ruleset(self, full: str, number: str, body: Any) -> Answer:
        self.double.rulesets[full][int(number) - 1] |= body
        return 200, self.double.rulesets[full][int(number) - 1]

    def content(self, full: str, path: str, body: Any) -> Answer:
        files = self.double.files(full)
        if not path:
            top = [p for p in files if "/" not in p]
            return 200, [{"path": p, "type": "dir" if files[p][0] == "tree" else "file"} for p in top]
        if path not in files:
            return _missing()
        kind, id_ = files[path]
        if kind == "tree":
            return 200, []
        content = base64.encodebytes(self.double.git(full, "cat-file", "blob", id_)).decode()
        return 200, {"type": "file", "path": path, "sha": id_, "content": content, "encoding": "base64"}

    def write(self, full: str, path: str, body: Any) -> Answer:
        there = self.double.files(full).get(path)
        if there and body.get("sha") != there[1]:
            return _invalid("Invalid request.", field="sha", message='"sha" wasn\'t supplied.')
        blob = self.double.commit(full, path, base64.b64decode(body["content"]), body["message"])
        return (200 if there else 201), {"content": {"path": path, "sha": blob}}

    def commits(self, full: str, body: Any) -> Answer:
        if not self.double.head(full):
            return 409, {"message": "Git Repository is empty.", "status": "409"}
        subjects = self.double.git(full, "log", "--format=%s", "main").decode().splitlines()
        return 200, [{"commit": {"message": subject}} for subject in subjects]

    def branches(self, full: str, body: Any) -> Answer:
        names = self.double.git(full, "for-each-ref", "--format=%(refname:short)", "refs/heads").decode().split()
        return 200, [{"name": name} for name in names]

    def tags(self, full: str, body: Any) -> Answer:
        return 200, [{"name": name} for name in self.double.git(full, "tag").decode().split()]


class _Handler(BaseHTTPRequestHandler):
    double: GitHubDouble
    api: _Api
    protocol_version = "HTTP/1.1"

    def log_message(self, *words: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self._body()
        if "/info/lfs/" in parts.path or parts.path.startswith("/lfs/"):
            self._lfs(parts.path, body)
            return
        if re.match(r"^/[\w.-]+/[\w.-]+\.git/", parts.path):
            self._git(parts.path, parts.query, body)
            return
        self.double.calls.append(f"{self.command} {parts.path}")
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._say(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
            return
        if self.double.refusals:
            status, headers, said = self.double.refusals.pop(0)
            self._say(status, said, headers)
            return
        given = json.loads(body) if body else None
        path = (
            unquote(parts.path).removeprefix("/api/").strip("/")
            if not parts.path.endswith("contents/")
            else (unquote(parts.path).removeprefix("/api/"))
        )
        self._say(*self.api.answer(self.command, path, parse_qs(parts.query), given))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class's names

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _has_token(self) -> bool:
        """Whether git comes with the token."""
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("authorization") == f"Basic {basic}":
            return True
        self._say(401, {"message": "Bad credentials"}, {"www-authenticate": 'Basic realm="GitHub"'})
        return False

    def _lfs(self, path: str, body: bytes) -> None:
        """The batch API of Git LFS with its basic transfers (github.com/git-lfs/git-lfs, docs/api/batch.md)."""
        if path.startswith("/lfs/"):
            oid = path.rpartition("/")[2]
            if self.command == "PUT":
                self.double.lfs[oid] = body
                self._say(200, None)
                return
            data = self.double.lfs[oid]
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        if not self._has_token():
            return
        asked, kind = json.loads(body), {"content-type": "application/vnd.git-lfs+json"}
        if asked["operation"] == "upload" and self.double.lfs_full:
            said = "This repository is over its data quota. Account responsible for LFS bandwidth should pay."
            self._say(403, {"message": said, "documentation_url": "https://help.github.com"}, kind)
            return
        self._say(
            200, {"transfer": "basic", "objects": [self._batch(asked["operation"], o) for o in asked["objects"]]}, kind
        )

    def _batch(self, operation: str, wanted: dict[str, Any]) -> dict[str, Any]:
        said = {"oid": wanted["oid"], "size": wanted["size"], "authenticated": True}
        if operation == "download" and wanted["oid"] not in self.double.lfs:
            return {**said, "error": {"code": 404, "message": "Object does not exist on the server"}}
        if operation == "upload" and wanted["oid"] in self.double.lfs:
            return said
        href = f"{self.double.url}/lfs/{wanted['oid']}"
        return {**said, "actions": {operation: {"href": href, "expires_in": 3600}}}

    def _git(self, path: str, query: str, body: bytes) -> None:
        """Real git, for whoever has the token."""
        if not self._has_token():
            return
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.double.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "double",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("content-type") or "",
            "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding") or "",
            "HTTP_GIT_PROTOCOL": self.headers.get("git-protocol") or "",
            "CONTENT_LENGTH": str(len(body)),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, env=environment, check=True, timeout=GIT_SECONDS
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        said = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(said.pop("Status", "200").split()[0]))
        for name, value in {**said, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def github(root: Path) -> Iterator[GitHubDouble]:
    """Serve it on a free loopback port."""
    double = GitHubDouble(root)
    handler = type("Handler", (_Handler,), {"double": double, "api": _Api(double)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
