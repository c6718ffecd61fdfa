"""Folders in file services, made by the provider's own type through a real rclone; and what nothing tells of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.shared import sharing_readers, told
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.preview import SHARE, Declared, Seen
from slidebox.preview.shares import about
from slidebox.provenance import FileEntry
from slidebox.provider.drive import RECORD
from slidebox.provider.resource import Context, PartialFailureError
from slidebox.provider.share import SharedFolder
from slidebox.rclone import Rclone, RemoteFolder
from slidebox.rclone.program import LETS_IN, find
from slidebox.shares import require_names, services
from slidebox.transfer.places import Content, Held
from slidebox.transfer.shares import SharePlace

from .doubles.google_drive import GoogleDrive, google_drive
from .doubles.graph import Graph, onedrive
from .rclone_remotes import NEEDED, Remotes, remotes

URN = "urn:pulumi:first::slidebox::slidebox:index:SharedLocation$slidebox:share:Folder::metadata@box"
CONTEXT = Context(URN)
OTHER = Context(URN.replace(":first:", ":second:"))
TODAY = dt.date(2026, 11, 29)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remotes]:
    """Two remotes of a real rclone."""
    with remotes(tmp_path_factory.mktemp("rclone")) as found:
        found.rclone()
        yield found


def folder_type(there: Remotes) -> SharedFolder:
    """The provider's own type over them."""
    rclone: Rclone = there.made[0]
    return SharedFolder(lambda: rclone)


@pytest.fixture(params=["folder", "dav"])
def inputs(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A folder in a remote, another one for each test."""
    root = hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    place = {"remote": request.param, "root": f"lab {root}", "path": "first/metadata"}
    tags = {"lab": "lab", "owner": "ada"}
    return {**place, "store": "box", "system": "dropbox", "lab": "lab", "quota": 1000, "tags": tags}


def on_disk(there: Remotes, inputs: dict[str, Any]) -> Path:
    """The folder, where the remote keeps it."""
    return there.behind(inputs["remote"]) / str(inputs["root"]) / str(inputs["path"])


@NEEDED
def test_a_folder_is_made_with_its_record_found_again_and_removed(there: Remotes, inputs: dict[str, Any]) -> None:
    """Making it twice makes it once; nothing else is left behind."""
    kind = folder_type(there)
    checked, failures = kind.check(CONTEXT, inputs, {})
    assert failures == []
    assert checked["backend"] == {"folder": "alias", "dav": "webdav"}[inputs["remote"]]
    assert checked["sharing"] == "unknown"
    assert not on_disk(there, inputs).exists()  # a check makes nothing
    where, state = kind.create(CONTEXT, checked)
    assert where == f"{inputs['remote']}:{inputs['root']}/first/metadata" == state["folder"]
    record = json.loads((on_disk(there, inputs) / RECORD).read_text())
    assert (record["stack"], record["tags"], record["urn"]) == ("first", inputs["tags"], URN.replace("$", "="))
    assert [path.name for path in (there.behind(inputs["remote"]) / inputs["root"]).iterdir()] == ["first"]
    kind.create(CONTEXT, checked)
    found = kind.read(CONTEXT, where, state, checked)
    assert found is not None
    assert (found.inputs, found.state) == (checked, state)
    kind.update(CONTEXT, where, state, {**checked, "tags": {"lab": "lab"}})
    again, _ = kind.check(CONTEXT, inputs, checked)
    assert kind.diff(CONTEXT, state, checked, again).changed == ()  # a second run has nothing to do
    changed = kind.read(CONTEXT, where, state, checked)
    assert changed is not None
    assert changed.inputs["tags"] == {"lab": "lab"}
    kind.delete(CONTEXT, where, state)
    kind.delete(CONTEXT, where, state)
    assert kind.read(CONTEXT, where, state, checked) is None
    assert not on_disk(there, inputs).parent.exists()


@NEEDED
def test_somebody_elses_folder_is_left_as_it_is(there: Remotes, inputs: dict[str, Any]) -> None:
    """Whether another stack's or nobody's."""
    kind = folder_type(there)
    RemoteFolder(there.made[0], inputs["remote"], inputs["root"]).write("first/metadata/own.txt", b"theirs")
    with pytest.raises(InputError, match="already exists and carries no owner's mark of slidebox"):
        kind.check(CONTEXT, inputs, {})
    with pytest.raises(InputError, match="carries no owner's mark"):
        kind.create(CONTEXT, inputs)
    elsewhere = {**inputs, "path": "second/metadata"}
    where, state = kind.create(OTHER, elsewhere)
    with pytest.raises(InputError, match="belongs to somebody else"):
        kind.create(CONTEXT, elsewhere)
    with pytest.raises(InputError, match="belongs to somebody else"):
        kind.delete(CONTEXT, where, state)
    assert (on_disk(there, inputs) / "own.txt").read_bytes() == b"theirs"


@NEEDED
def test_a_folder_that_holds_files_is_not_deleted(there: Remotes, inputs: dict[str, Any]) -> None:
    """Not even a hidden one, or one in a folder inside."""
    kind = folder_type(there)
    where, state = kind.create(CONTEXT, inputs)
    RemoteFolder(there.made[0], inputs["remote"], inputs["root"]).write("first/metadata/deep/.hidden", b"1")
    with pytest.raises(InputError, match=r"is not empty \(it holds deep\), so it is not deleted"):
        kind.delete(CONTEXT, where, state)
    assert (on_disk(there, inputs) / "deep/.hidden").read_bytes() == b"1"


@NEEDED
def test_the_leavings_of_a_killed_run_are_used_up(there: Remotes, inputs: dict[str, Any]) -> None:
    """The draft has the resource's own name."""
    digest = hashlib.sha256(URN.encode()).hexdigest()[:16]
    draft = f".slidebox-new-{digest}"
    RemoteFolder(there.made[0], inputs["remote"], inputs["root"]).write(f"{draft}/{RECORD}", b"{}")
    folder_type(there).create(CONTEXT, inputs)
    assert [path.name for path in (there.behind(inputs["remote"]) / inputs["root"]).iterdir()] == ["first"]


@NEEDED
def test_a_remote_that_rclone_does_not_know_is_one_sentence(there: Remotes, inputs: dict[str, Any]) -> None:
    """With those that it knows."""
    with pytest.raises(InputError, match=r"rclone has no remote 'box', which store 'box' names\. It has dav, folder"):
        folder_type(there).check(CONTEXT, {**inputs, "remote": "box"}, {})


@NEEDED
def test_a_remote_of_another_type_is_said(there: Remotes, inputs: dict[str, Any]) -> None:
    """Nothing that is known of the service counts then."""
    said: list[str] = []
    kind = folder_type(there)
    checked, _ = kind.check(Context(URN, log=lambda _, words: said.append(words)), inputs, {})
    assert "and not Dropbox: nothing is known of what it protects" in said[0]
    facts = {"stores": {"box": {"kind": "rclone", "system": "dropbox", "has": {"encrypted_transport": True}}}}
    seen = Seen("urn", SHARE, {**checked, "facts": json.dumps(facts)})
    assert set(about(seen, Declared([seen]), TODAY)["has"].values()) == {"unknown"}


@NEEDED
def test_data_that_do_not_fit_are_refused(there: Remotes, inputs: dict[str, Any]) -> None:
    """Where the service says how much is free."""
    _, failures = folder_type(there).check(CONTEXT, {**inputs, "remote": "folder", "quota": 10**18}, {})
    assert [failure.property for failure in failures] == ["quota"]


@NEEDED
def test_a_damaged_record_is_not_taken_for_none(there: Remotes, inputs: dict[str, Any]) -> None:
    """Nobody's folder would be adopted."""
    RemoteFolder(there.made[0], inputs["remote"], inputs["root"]).write(f"first/metadata/{RECORD}", b"{")
    with pytest.raises(UnreadableError, match="is damaged"):
        folder_type(there).check(CONTEXT, inputs, {})


def test_names_that_a_service_does_not_keep_are_refused_with_the_reason() -> None:
    """Before anything is sent; other services keep them."""
    bad = {
        "onedrive": ["a:b.tif", "what?.tif", "con", " a", "a.", "~$a.docx", "x_vti_y", "n" * 256, "d/" * 190 + "a.tif"],
        "dropbox": ["a ", "desktop.ini", ".dropbox"],
    }
    for kind, paths in bad.items():
        service = services()[kind]
        for path in paths:
            with pytest.raises(InputError, match=rf"{service.title} cannot keep .* and nothing was sent"):
                require_names(service.title, service.names, [path], "lab/p/raw_images")
        require_names(service.title, service.names, ["plate 1/ä#1.tif", "a.b.c", "console.txt"], "lab")
    drive = services()["drive"]
    require_names(drive.title, drive.names, [path for paths in bad.values() for path in paths])


def test_many_bad_names_are_one_short_sentence() -> None:
    """The first three, and how many more."""
    service = services()["onedrive"]
    with pytest.raises(InputError, match=r"'0\?' \(it has \?\), '1\?' \(it has \?\), '2\?' \(it has \?\) and 7 more"):
        require_names(service.title, service.names, [f"{number}?" for number in range(10)])


# Who was let in

NAMES = {"ada@uni.example": "person:ada", "Imaging@uni.example": "team:imaging"}


def readers(kind: str, metadata: dict[str, str]) -> dict[str, str]:
    """Whom a service has let in, with what they can do."""
    found = sharing_readers(told(kind, metadata), NAMES, "box:lab")
    return {reader.principal: reader.actions[-1] for reader in found}


def test_permissions_of_google_drive_are_read() -> None:
    """The owner, people, groups, a whole organisation, and a link that anyone can follow."""
    permissions = [
        {"type": "group", "role": "writer", "emailAddress": "imaging@uni.example"},
        {"type": "user", "role": "commenter", "emailAddress": "Guest@else.example"},
        {"type": "domain", "role": "reader", "domain": "uni.example"},
        {"type": "anyone", "role": "reader", "allowFileDiscovery": False},
    ]
    assert readers("drive", {"owner": "Ada@uni.example", "permissions": json.dumps(permissions)}) == {
        "person:ada": "delete",
        "team:imaging": "delete",
        "account:guest@else.example": "read",
        "any_account": "read",
        "anyone": "read",
    }
    assert readers("drive", {"owner": "ada@uni.example"}) == {"person:ada": "delete"}


def test_permissions_of_onedrive_are_read() -> None:
    """As Microsoft Graph has them: grants, links for some, for the organisation and for anyone."""
    permissions = [
        {"id": "1", "roles": ["owner"], "grantedToV2": {"user": {"displayName": "Ada", "email": "ada@uni.example"}}},
        {
            "id": "2",
            "roles": ["write"],
            "grantedTo": {"user": {"displayName": "Imaging"}},
            "grantedToV2": {
                "group": {"displayName": "Imaging", "id": "9"},
                "siteGroup": {"loginName": "c:0o.c|federateddirectoryclaimprovider|imaging@uni.example"},
            },
        },
        {"id": "3", "roles": ["read"], "link": {"scope": "users"}, "grantedToIdentitiesV2": [{"user": {"id": "u7"}}]},
        {"id": "4", "roles": ["read"], "link": {"scope": "organization", "type": "view"}},
        {"id": "5", "roles": ["write"], "link": {"scope": "anonymous", "type": "edit"}},
    ]
    assert readers("onedrive", {"permissions": json.dumps(permissions)}) == {
        "person:ada": "delete",
        "team:imaging": "delete",
        "account:u7": "read",
        "any_account": "read",
        "anyone": "delete",
    }


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [
        ("dropbox", {"owner": "ada@uni.example"}),
        ("webdav", {}),
        ("drive", {}),  # a shared drive, of which rclone leaves out who is let in by the drive itself
        ("drive", {"owner": "ada@uni.example", "permissions": "["}),
        ("drive", {"owner": "ada@uni.example", "permissions": '[{"type": "user", "role": "reader"}]'}),
        ("onedrive", {}),
        ("onedrive", {"permissions": '[{"id": "1", "roles": ["read"]}]'}),
        ("onedrive", {"permissions": '[{"id": "1", "roles": ["read"], "grantedTo": {"user": {}}}]'}),
    ],
)
def test_what_is_not_told_is_somebody_unknown(kind: str, metadata: dict[str, str]) -> None:
    """And never nobody."""
    assert readers(kind, metadata) == {"unknown": "read"}


def test_a_preview_shows_whom_a_person_is_asked_to_let_in() -> None:
    """And beside them whoever has the folder already."""
    properties = {
        "store": "box",
        "remote": "box",
        "path": "p/metadata",
        "shares": [
            {"principal": "person:cy", "address": "cy@uni.example", "may": "view"},
            {"principal": "team:imaging", "address": "", "may": "edit"},
        ],
        "sharing": [{"address": "else@x.example", "may": "view"}],
        "tags": {"lab": "lab"},
    }
    seen = Seen("urn", SHARE, properties)
    found = {r.principal: r.actions[-1] for r in about(seen, Declared([seen]), TODAY)["readers"]}
    assert found == {"person:cy": "read", "team:imaging": "delete", "account:else@x.example": "read"}
    broken = Seen("urn", SHARE, {**properties, "shares": "everybody", "sharing": "unknown"})
    assert [r.principal for r in about(broken, Declared([broken]), TODAY)["readers"]] == ["unknown", "unknown"]


def test_a_service_that_is_away_is_an_error_and_no_empty_folder() -> None:
    """So that nothing is made twice, or forgotten."""

    class Away:
        version = (1, 60, 1)

        def remotes(self) -> dict[str, str]:
            return {"box": "dropbox"}

        def call(self, *_: Any, **__: Any) -> dict[str, Any]:
            raise UnreadableError("The service of remote 'box' does not answer.")

    kind = SharedFolder(Away)  # type: ignore[arg-type]
    inputs = {"remote": "box", "root": "lab", "path": "p/metadata", "store": "box", "system": "dropbox", "lab": "lab"}
    for ask in (
        lambda: kind.check(CONTEXT, inputs, {}),
        lambda: kind.read(CONTEXT, "box:lab/p/metadata", {}, inputs),
        lambda: kind.delete(CONTEXT, "box:lab/p/metadata", inputs),
    ):
        with pytest.raises(SlideboxError, match="does not answer"):
            ask()


# The services' own backends of rclone, against doubles of their APIs


def lets_in() -> bool:
    """Whether there is an rclone that knows of permissions."""
    try:
        return find()[1] >= LETS_IN
    except SlideboxError:
        return False


NEW = pytest.mark.skipif(not lets_in(), reason="there is no rclone 1.76 or newer here: `make rclone` builds one")
SHARES = [
    {"principal": "person:ada", "address": "Ada@uni.example", "may": "edit"},
    {"principal": "team:imaging", "address": "imaging@uni.example", "may": "view"},
    {"principal": "service:robot", "address": "", "may": "edit"},
]
TOKEN = "a-token-that-nobody-else-has"


class Signed:
    """An rclone that is signed in to a double."""

    def __init__(self, system: str, drive: Graph | GoogleDrive, environment: Mapping[str, str]) -> None:
        self.drive = drive
        self.rclone = Rclone(find, {**os.environ, **environment})
        self.remote = {"onedrive": "od", "google_drive": "gd"}[system]
        self.root = RemoteFolder(self.rclone, self.remote, "lab")
        place = {"store": "box", "system": system, "remote": self.remote, "root": "lab", "path": "p/metadata"}
        self.inputs: dict[str, Any] = {**place, "lab": "lab", "tags": {"lab": "lab"}, "shares": SHARES}

    @property
    def kind(self) -> SharedFolder:
        """The provider's own type over it."""
        return SharedFolder(lambda: self.rclone)

    def let_in(self, path: str) -> dict[str, str]:
        """Whom the service has let into a folder."""
        found = {}
        for one in self.drive.at(path).permissions:
            who = one.get("emailAddress") or one["grantedToV2"]["user"]["email"]
            found[who.lower()] = one.get("role") or {"write": "writer", "read": "reader"}.get(*one["roles"] * 2)
        return found

    def give(self, path: str, address: str, role: str) -> None:
        """Let somebody in, as another person does."""
        permissions = self.drive.at(path).permissions
        if isinstance(self.drive, GoogleDrive):
            permissions.append({"id": address, "type": "user", "role": f"{role}er", "emailAddress": address})
        else:
            permissions.append({"id": address, "roles": [role], "grantedToV2": {"user": {"email": address}}})


@pytest.fixture(params=["onedrive", "google_drive"])
def signed(request: pytest.FixtureRequest) -> Iterator[Signed]:
    """A drive of each service, and an rclone that is signed in to it."""
    drive = Graph(TOKEN) if request.param == "onedrive" else GoogleDrive(TOKEN)
    with onedrive(drive) if isinstance(drive, Graph) else google_drive(drive) as environment:
        found = Signed(request.param, drive, environment)
        yield found
        found.rclone.close()


@NEW
def test_people_are_let_in_where_rclone_can_and_others_are_named(signed: Signed) -> None:
    """Once; without a message to them, without a link; and what others have given stays."""
    said: list[str] = []
    context = Context(URN, log=lambda _, words: said.append(words))
    signed.root.make("")
    signed.give("lab", "eve@else.example", "read")

    checked, failures = signed.kind.check(context, signed.inputs, {})
    assert failures == []
    assert {one["address"] for one in checked["sharing"]} == {"lab@uni.example", "eve@else.example"}
    assert said == [
        f"p/metadata has to be shared by hand: in {signed.remote}:lab/p/metadata, service:robot may edit. "
        "Make no link that anyone can follow."
    ]
    where, state = signed.kind.create(context, checked)
    held = {"eve@else.example": "reader", "ada@uni.example": "writer", "imaging@uni.example": "reader"}
    assert signed.let_in("lab/p/metadata").items() >= held.items()

    again, _ = signed.kind.check(context, signed.inputs, checked)
    assert signed.kind.diff(context, state, checked, again).changed == ()
    asked = len([call for call in signed.drive.asked if call[0] != "GET"])
    signed.kind.update(context, where, state, again)
    assert len([call for call in signed.drive.asked if call[0] != "GET"]) == asked

    # Somebody is taken out: the next run mends it.
    permissions = signed.drive.at("lab/p/metadata").permissions
    permissions[:] = [one for one in permissions if "imaging" not in str(one)]
    drifted, _ = signed.kind.check(context, signed.inputs, again)
    assert signed.kind.diff(context, state, again, drifted).changed == ("shares",)
    state = signed.kind.update(context, where, state, drifted)
    assert {one["address"]: one["may"] for one in state["sharing"]} == {
        "ada@uni.example": "edit",
        "imaging@uni.example": "view",
        "eve@else.example": "view",
        "lab@uni.example": "edit",
    }
    assert not [path for _, path in signed.drive.asked if path.endswith("createLink")]
    assert "anyone" not in str(signed.drive.at("lab/p/metadata").permissions)


@NEW
def test_somebody_whom_the_service_does_not_know_is_one_sentence(signed: Signed) -> None:
    """The folder is made, and kept in the state."""
    signed.root.make("")
    shares = [{"principal": "person:bob", "address": "bob@nowhere.example", "may": "view"}]
    checked, _ = signed.kind.check(CONTEXT, {**signed.inputs, "shares": shares}, {})
    with pytest.raises(PartialFailureError, match=r":lab/p/metadata is made, but not finished\. ") as caught:
        signed.kind.create(CONTEXT, checked)
    assert caught.value.state["folder"] == f"{signed.remote}:lab/p/metadata"


@NEEDED
def test_files_go_to_the_service_and_back_and_its_checksum_is_compared(signed: Signed) -> None:
    """A damaged byte on the way is found; a full drive and an ended sign-in are said without the token."""
    signed.root.write(f"p/metadata/{RECORD}", b"{}")
    place = SharePlace("box", signed.root, "p/metadata")
    # OneDrive takes no more than 4 MiB in one request, and the rest in parts.
    large = os.urandom(1000) * (11_000 if signed.remote == "od" else 1000)
    files = {"ä #1'.tif": b"image", "b/large.bin": large, "empty": b""}

    def content(path: str, data: bytes) -> Content:
        return Content(FileEntry(path, len(data), hashlib.sha256(data).hexdigest()))

    with place.writing():
        for path, data in files.items():
            place.write(content(path, data), iter([data] if data else []))
    fresh = SharePlace("box", signed.root, "p/metadata")
    assert all(fresh.holds(content(path, data)) is Held.SAME for path, data in files.items())
    assert signed.drive.at("lab/p/metadata/b/large.bin").data == large
    place.publish(b"{}", None)
    place.set_aside("token", list(files))
    assert place.manifest() is None
    place.bring_back("token", list(files))
    with place.read("b/large.bin") as chunks:
        assert b"".join(chunks) == large

    signed.drive.damages = True
    with pytest.raises(SlideboxError), place.writing():
        place.write(content("c.tif", b"image"), iter([b"image"]))
    signed.drive.damages = False
    assert SharePlace("box", signed.root, "p/metadata").size("c.tif") is None
    signed.drive.full = True
    with pytest.raises(SlideboxError, match=r"The account of remote '\w\w' is full"):
        signed.root.write("x", b"1")
    signed.drive.token = "another"
    with pytest.raises(SlideboxError, match="its sign-in is missing, wrong or has ended") as caught:
        signed.root.write("x", b"1")
    assert TOKEN not in str(caught.value)


@NEEDED
@pytest.mark.parametrize("signed", ["google_drive"], indirect=True)
def test_two_files_of_one_name_in_google_drive_are_seen(signed: Signed) -> None:
    """As the service really has them."""
    assert isinstance(signed.drive, GoogleDrive)
    signed.root.write(f"p/metadata/{RECORD}", b"{}")
    folder = signed.drive.at("lab/p/metadata").id
    for data in (b"one", b"two"):
        signed.drive.add("a.tif", folder, data)
    with pytest.raises(InputError, match=r"has two files a\.tif, and nothing says which one counts"):
        SharePlace("box", signed.root, "p/metadata").size("a.tif")
