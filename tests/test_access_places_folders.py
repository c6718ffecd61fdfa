"""Who can do what with folders: what modes, lists, owners, groups and exports say, each by itself."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.access.effective import ACTIONS, Location
from slidebox.access.places import locations
from slidebox.access.places.exports import parsed
from slidebox.access.snapshot import Known, unread

READ, LIST = ("read",), ("read", "list")
KNOWN = Known(names={"ada": "person:ada", "imaging": "team:imaging"}, groups={"microscopy": ("team:microscopy",)})
ROOT = {"mode": "0755", "owner": "root", "group": "root", "path": "/"}


def entry(mode: str, owner: str = "labmanager", group: str = "imaging", *acl: str, **more: Any) -> dict[str, Any]:
    """A file or folder."""
    return {"mode": mode, "owner": owner, "group": group, **({"acl": list(acl)} if acl else {}), **more}


def section(folder: Any, **more: Any) -> dict[str, Any]:
    """A section with one folder on a machine whose accounts are all known."""
    groups = {"imaging": ["ada", "bob"], "root": []}
    machine = {"groups": groups, "complete": True, "exports": more.pop("exports", None)}
    said = {
        "kind": "drive",
        "store": "nas",
        "dataset": "first/raw_images",
        "machine": "",
        "path": "/srv/lab/raw",
        "above": [ROOT, entry("0755", "root", "root", path="/srv")],
        "folder": folder,
        "below": None,
        "read_only": False,
        **more,
    }
    return {"machines": {"": machine}, "folders": {"one": said}}


def audit(part: dict[str, Any], known: Known = KNOWN) -> Location:
    """The one location of a section, through JSON."""
    (found,) = locations(json.loads(json.dumps(part)), known)
    return found


def who(part: dict[str, Any], known: Known = KNOWN) -> dict[str, set[str]]:
    """What each may do, but for the superuser and the owner."""
    found: dict[str, set[str]] = {}
    for one in audit(part, known).readers:
        if one.principal not in ("account:root", "account:labmanager"):
            found.setdefault(one.principal, set()).update(one.actions)
    return found


def everybody_in(actions: tuple[str, ...]) -> dict[str, set[str]]:
    """The members of the group and the team that it is."""
    return {name: set(actions) for name in ("account:bob", "person:ada", "team:imaging")}


@pytest.mark.parametrize(
    ("mode", "group", "others"),
    [
        ("0700", (), ()),
        ("0750", LIST, ()),
        ("0710", READ, ()),
        ("0740", ("list",), ()),
        ("0770", ("read", "list", "write", "delete"), ()),
        ("1770", ("read", "list", "write"), ()),
        ("2770", ("read", "list", "write", "delete"), ()),
        ("0755", LIST, LIST),
        ("0751", LIST, READ),
        ("0705", (), LIST),
        ("0777", ("read", "list", "write", "delete"), ("read", "list", "write", "delete")),
        ("1777", ("read", "list", "write"), ("read", "list", "write")),
        ("0704", (), ("list",)),
        ("0702", (), ()),
        ("0703", (), ("read", "write", "delete")),
    ],
)
def test_a_mode_says_what_the_group_and_everybody_may(
    mode: str, group: tuple[str, ...], others: tuple[str, ...]
) -> None:
    """Reading takes passing, listing takes reading the folder, changing takes both of its bits."""
    found = who(section(entry(mode)))
    everybody = found.pop("any_account", set())
    assert everybody == set(others)
    assert set().union(*found.values()) | everybody == set(group) | set(others)


def test_whoever_is_in_the_group_is_named_and_so_is_the_team() -> None:
    """People by what the lab says of their account, accounts that nobody names by themselves."""
    assert who(section(entry("0750"))) == everybody_in(LIST)


def test_the_owner_and_the_superuser_may_do_everything() -> None:
    """They can change the mode."""
    found = {one.principal: one.actions for one in audit(section(entry("0700"))).readers}
    assert found == {"account:root": ACTIONS, "account:labmanager": ACTIONS}


@pytest.mark.parametrize("number", [0, 1])
def test_a_folder_above_that_cannot_be_passed_keeps_everybody_out(number: int) -> None:
    """The whole path has to be passed."""
    part = section(entry("0777"))
    part["folders"]["one"]["above"][number] = entry("0700", "root", "root")
    assert who(part) == {}


def test_a_folder_above_lets_its_group_through_to_what_everybody_may_read() -> None:
    """Everybody's bits of the folder are those of whoever gets to it."""
    part = section(entry("0755", group="other"))
    part["folders"]["one"]["above"][1] = entry("0710", "root", "imaging")
    part["machines"][""]["groups"]["other"] = []
    assert who(part) == everybody_in(LIST)


def test_whoever_owns_a_folder_above_can_let_itself_through() -> None:
    """It can change that mode."""
    part = section(entry("0755"))
    part["folders"]["one"]["above"][1] = entry("0600", "eve", "root")
    assert who(part) == {"account:eve": {"read", "list", "delete"}}


def test_whoever_writes_to_a_folder_above_can_move_the_data_away() -> None:
    """Taking away is of the folder that something is in."""
    part = section(entry("0700"))
    part["folders"]["one"]["above"][1] = entry("0777", "root", "root", path="/srv")
    assert who(part) == {"any_account": {"delete"}}
    part["folders"]["one"]["above"][1]["mode"] = "1777"
    assert who(part) == {}


def test_a_drive_that_is_mounted_there_is_not_moved_away() -> None:
    """A mount point is busy."""
    part = section(entry("0700", mounted=True))
    part["folders"]["one"]["above"][1] = entry("0777", "root", "root")
    assert who(part) == {}


@pytest.mark.parametrize(
    ("acl", "expected"),
    [
        (("user:eve:r-x", "mask::rwx"), {"account:eve": set(LIST)}),
        (("user:eve:rwx", "mask::r-x"), {"account:eve": set(LIST)}),
        (("user:eve:---", "mask::rwx"), {}),
        (("group:guests:r-x", "mask::rwx"), {"account:zoe": set(LIST)}),
        (("user:zoe:---", "group:guests:r-x", "mask::rwx"), {}),
        (("user:eve:--x", "mask::rwx"), {"account:eve": {"read"}}),
        (("user:eve:r--", "mask::rwx"), {"account:eve": {"list"}}),
        (("user:eve:-wx", "mask::rwx"), {"account:eve": {"read", "write", "delete"}}),
    ],
)
def test_an_access_control_list_lets_in_whom_it_names(acl: tuple[str, ...], expected: dict[str, set[str]]) -> None:
    """Up to its mask; and who is named by itself is not let in by its group."""
    part = section(entry("0770", "labmanager", "imaging", "user::rwx", "group::---", "other::---", *acl))
    part["machines"][""]["groups"]["guests"] = ["zoe"]
    assert who(part) == expected


def test_a_list_with_an_empty_mask_is_not_looked_at() -> None:
    """Linux then goes by the mode alone, and whom the list names has what everybody has."""
    listed = ("user::rwx", "user:eve:---", "group::rwx", "mask::---", "other::r-x")
    assert who(section(entry("0705", "labmanager", "imaging", *listed))) == {"any_account": set(LIST)}


def test_two_entries_of_groups_do_not_add_up() -> None:
    """One of them has to allow all that an action takes."""
    listed = ("user::rwx", "group::---", "group:a:-w-", "group:b:--x", "mask::rwx", "other::---")
    part = section(entry("0770", "labmanager", "imaging", *listed))
    part["machines"][""]["groups"] |= {"a": ["eve"], "b": ["eve"]}
    assert who(part) == {"account:eve": {"read"}}


def test_a_group_that_nothing_tells_of_has_somebody_unknown_in_it() -> None:
    """Its members are not in the machine's own files."""
    part = section(entry("0750", group="campus"))
    assert who(part) == {"unknown": set(LIST)}


def test_a_directory_may_know_members_that_it_does_not_list() -> None:
    """Where accounts come from elsewhere, a group has somebody unknown in it, unless the lab says who it is."""
    part = section(entry("0750", group="campus"))
    part["machines"][""] |= {"groups": {"campus": ["bob"]}, "complete": False}
    assert who(part) == {"unknown": set(LIST), "account:bob": set(LIST)}
    part = section(entry("0750"))
    part["machines"][""]["complete"] = False
    assert who(part) == everybody_in(LIST)


def test_a_file_that_is_more_open_than_the_rest_is_read_by_whoever_gets_there() -> None:
    """And one that is closed is read by nobody, whatever the folder says."""
    ways = [{"folders": [], "files": [entry("0600"), entry("0640")]}]
    part = section(entry("0755"), below={"ways": ways})
    assert who(part) == {"any_account": {"list"}, **everybody_in(LIST)}
    ways[0]["files"].append(entry("0644"))
    assert who(part)["any_account"] == set(LIST)


def test_a_folder_below_keeps_its_files_to_whoever_passes_it() -> None:
    """And a file that everybody may write is changed by whoever gets there."""
    ways = [{"folders": [entry("0710")], "files": [entry("0666")]}]
    part = section(entry("0755"), below={"ways": ways})
    assert who(part) == {"any_account": {"list"}, **everybody_in(("read", "list", "write"))}


def test_files_in_a_folder_that_cannot_be_passed_are_nobodys() -> None:
    """However open they are."""
    part = section(entry("0750"), below={"ways": [{"folders": [], "files": [entry("0666")]}]})
    assert "any_account" not in who(part)


def test_whoever_owns_a_file_reads_and_changes_it() -> None:
    """It can change the mode; but it has to get there."""
    files = [entry("0600", "eve")]
    assert who(section(entry("0711"), below={"ways": [{"folders": [], "files": files}]}))["account:eve"] >= {
        "read",
        "write",
    }
    assert who(section(entry("0700"), below={"ways": [{"folders": [], "files": files}]})) == {}


def test_nothing_is_written_where_nothing_can_be() -> None:
    """A drive that is mounted for reading only; its superuser can mount it otherwise."""
    part = section(entry("0777"), read_only=True)
    assert who(part) == {"any_account": set(LIST), **everybody_in(LIST)}
    assert {one.principal: one.actions for one in audit(part).readers}["account:root"] == ACTIONS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/srv *(ro)", {"anyone": set(LIST)}),
        ("/srv (rw)", {"anyone": {"read", "list", "write", "delete"}}),
        ("/srv", {"anyone": set(LIST)}),
        ("/srv 192.0.2.0/24(rw)", {"account:network:192.0.2.0/24": {"read", "list", "write", "delete"}}),
        ("/srv 0.0.0.0/0(ro)", {"anyone": set(LIST)}),
        ("/srv ws1.example.edu(rw,no_root_squash)", {"account:host:ws1.example.edu": set(ACTIONS)}),
        (
            "/srv -rw ws1(no_root_squash) ws2",
            {"account:host:ws1": set(ACTIONS), "account:host:ws2": {"read", "list", "write", "delete"}},
        ),
        ("/srv @lab(ro)", {"account:netgroup:lab": set(LIST)}),
        ("/srv *(ro,sec=krb5p)", {}),
        ("/srv *(ro,sec=krb5:sys)", {"anyone": set(LIST)}),
        ("/home *(rw)", {}),
        ("/srv/lab/raw/sub *(ro)", {"anyone": set(LIST)}),
        ("# /srv *(rw)", {}),
        ('"/srv" *(ro)', {"anyone": set(LIST)}),
    ],
)
def test_an_export_lets_its_hosts_be_any_account(line: str, expected: dict[str, set[str]]) -> None:
    """Whatever the modes say: a host says itself which account it is."""
    assert who(section(entry("0700"), exports=parsed(line))) == expected


PARTS = ("above", "folder", "below", "read_only")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("why", ["AccessDenied", "timeout", "throttled", "malformed"])
def test_where_a_part_is_unread_somebody_unknown_may_be_let_in(part: str, why: str) -> None:
    """And whoever certainly was before stays, unless the part is the mode itself."""
    whole = section(entry("0755"), below={"ways": [{"folders": [], "files": [entry("0644")]}]})
    before = who(whole)
    whole["folders"]["one"][part] = unread(why)
    after = who(whole)
    assert "unknown" in after
    assert part == "folder" or before.keys() <= after.keys()


def test_where_a_list_is_unread_it_may_give_what_the_group_has() -> None:
    """Which is its mask; where the group has nothing, a list gives nothing."""
    part = section(entry("0750") | {"acl": unread("no getfacl")})
    assert who(part)["unknown"] == set(LIST)
    assert "unknown" not in who(section(entry("0700") | {"acl": unread("no getfacl")}))


def test_where_the_machine_is_unread_groups_and_exports_are_not_known() -> None:
    """Nothing says who is in a group then."""
    part = section(entry("0750", group="campus"))
    part["machines"][""] = unread("timeout")
    assert who(part)["unknown"] == set(ACTIONS)


bits = st.integers(0, 7)
modes = st.builds(lambda s, *three: f"{s}{three[0]}{three[1]}{three[2]}", st.sampled_from([0, 1, 2]), bits, bits, bits)
names = st.sampled_from(["eve", "bob", "ada", "zoe"])
rights = st.sampled_from(["---", "r--", "r-x", "rwx", "--x", "-wx"])
lists = st.lists(
    st.builds(lambda kind, name, right: f"{kind}:{name}:{right}", st.sampled_from(["user"]), names, rights),
    max_size=3,
    unique_by=lambda one: one.split(":")[1],
)
entries = st.builds(
    lambda mode, owner, group, acl: entry(mode, owner, group, *([*acl, "mask::rwx"] if acl else [])),
    modes,
    st.sampled_from(["root", "eve", "ada"]),
    st.sampled_from(["imaging", "root"]),
    lists,
)
trees = st.builds(
    lambda above, folder, files: section(
        folder, above=[ROOT, above], below={"ways": [{"folders": [], "files": files}]}
    ),
    entries,
    entries,
    st.lists(entries, max_size=2),
)


def everything(part: dict[str, Any]) -> set[tuple[str, str]]:
    """Each principal with each of its actions."""
    return {(who, action) for who, actions in who_all(part).items() for action in actions}


def who_all(part: dict[str, Any]) -> dict[str, set[str]]:
    """What each may do, everybody counted."""
    found: dict[str, set[str]] = {}
    for one in audit(part, Known()).readers:
        found.setdefault(one.principal, set()).update(one.actions)
    return found


@given(trees)
def test_closing_everybodys_bits_never_adds_a_reader(part: dict[str, Any]) -> None:
    """Of the folder itself."""
    before = everything(part)
    mode = part["folders"]["one"]["folder"]["mode"]
    part["folders"]["one"]["folder"]["mode"] = f"{mode[:3]}0"
    after = everything(part)
    for who, action in after - before:
        # Whoever had it as everybody has it is named now that not everybody has.
        assert ("any_account", action) in before, (who, action)


@given(trees, st.sampled_from(PARTS))
def test_making_a_part_unread_never_loses_a_reader_without_adding_an_unknown(part: dict[str, Any], name: str) -> None:
    """Whatever the folder is."""
    before = who_all(part)
    part["folders"]["one"][name] = unread("throttled")
    after = who_all(part)
    assert "unknown" in after
    if name in ("above", "read_only"):
        # What every account may is not less for what might hold it back.
        assert before.get("any_account", set()) - {"delete"} <= after.get("any_account", set())


@given(trees)
def test_the_order_of_entries_does_not_matter(part: dict[str, Any]) -> None:
    """Of a list, and of files."""
    turned = copy.deepcopy(part)
    said = turned["folders"]["one"]
    said["below"]["ways"][0]["files"].reverse()
    if "acl" in said["folder"]:
        said["folder"]["acl"].reverse()
    assert audit(turned).readers == audit(part).readers
