"""Who has access to a container of Azure by a role: scopes, definitions, conditions, denials and ends."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import settings as limits
from hypothesis import strategies as st

from slidebox.access.azure.builtin import BUILT_IN
from slidebox.access.azure.conditions import Asking, ConditionError, matches, parsed
from slidebox.access.effective import ACTIONS
from slidebox.access.snapshot import Known, unread

from .azure_cases import (
    ADA,
    BOB,
    CONTAINER_ID,
    GROUP_ID,
    ID,
    SUBSCRIPTION,
    Section,
    about,
    account,
    closed,
    done_by,
    given,
    readers,
    settings,
    who_can,
    with_role,
)

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
READ = f"{BLOBS}/read"
NAME = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]"
PATH = f"@Resource[{BLOBS}:path]"
ALL, DATA, SEEING = set(ACTIONS), set(ACTIONS[:4]), {"read", "list"}
WHO = f"account:{ADA}"


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("Owner", ALL),
        ("Contributor", ALL),
        ("User Access Administrator", ALL),
        ("Role Based Access Control Administrator", ALL),
        ("Storage Account Contributor", ALL),
        ("Reader", set()),
        ("Storage Blob Data Owner", DATA),
        ("Storage Blob Data Contributor", DATA),
        ("Storage Blob Data Reader", SEEING),
        ("storage blob data reader", SEEING),
        ("Storage Blob Delegator", set()),
        ("Storage Account Key Operator Service Role", set()),
        ("Reader and Data Access", set()),
        ("Virtual Machine Contributor", set()),
        ("Storage Account Backup Contributor", {"read", "list", "write"}),
        ("Storage Queue Data Contributor", set()),
        ("Key Vault Administrator", set()),
        ("A role that nobody has heard of", ALL),
    ],
)
def test_what_a_role_of_azures_own_gives_where_keys_are_off_and_nothing_can_be_public(
    role: str, expected: set[str]
) -> None:
    """A role of which nothing says what it gives may give everything."""
    assert done_by(given(role), WHO) == expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("Storage Account Key Operator Service Role", ALL),
        ("Reader and Data Access", ALL),
        ("Virtual Machine Contributor", ALL),
        ("Log Analytics Contributor", ALL),
        ("Storage Blob Data Reader", SEEING),
        ("Reader", set()),
    ],
)
@pytest.mark.parametrize("takes", [True, None])
def test_whoever_may_have_the_keys_has_everything_where_an_account_takes_them(
    role: str, expected: set[str], takes: bool | None
) -> None:
    """It does where it does not say."""
    section = given(role)
    settings(section)["allowSharedKeyAccess"] = takes
    assert done_by(section, WHO) == expected
    assert "unknown" in who_can(section)


@pytest.mark.parametrize(
    ("properties", "role", "expected"),
    [
        ({"allowBlobPublicAccess": True}, "Storage Blob Data Contributor", ALL),
        ({"allowBlobPublicAccess": True}, "Storage Blob Data Reader", SEEING),
        ({"isHnsEnabled": True}, "Storage Blob Data Owner", ALL),
        ({"isHnsEnabled": True}, "Storage Blob Data Contributor", DATA),
    ],
)
def test_what_an_account_allows_makes_a_role_more(properties: dict[str, Any], role: str, expected: set[str]) -> None:
    """Who may write a container's settings may make it public; who owns folders may change their lists of access."""
    section = given(role)
    settings(section).update(properties)
    assert done_by(section, WHO) == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("/", SEEING),
        ("/providers/Microsoft.Management/managementGroups/lab", SEEING),
        (f"/subscriptions/{SUBSCRIPTION}", SEEING),
        (f"/subscriptions/{SUBSCRIPTION.upper()}/", SEEING),
        (GROUP_ID, SEEING),
        (GROUP_ID.upper(), SEEING),
        (ID, SEEING),
        (CONTAINER_ID, SEEING),
        (f"{CONTAINER_ID}x", set()),
        (CONTAINER_ID[:-1], set()),
        (f"{ID}x", set()),
        (f"{GROUP_ID}x", set()),
        ("/subscriptions/22222222-0000-0000-0000-000000000000", set()),
        (f"{ID}/fileServices/default/shares/raw", set()),
    ],
)
def test_a_role_holds_at_its_scope_and_below_it(scope: str, expected: set[str]) -> None:
    """Scopes are told apart whatever their letters' case."""
    assert done_by(given("Storage Blob Data Reader", scope), WHO) == expected


def test_a_role_at_a_container_is_about_the_container_only() -> None:
    """Whoever owns it gives roles there; whoever contributes to it has no keys of the account."""
    owner, contributor = given("Owner", CONTAINER_ID), given("Contributor", CONTAINER_ID)
    for section in (owner, contributor):
        settings(section)["allowSharedKeyAccess"] = True
    assert done_by(owner, WHO) == ALL
    assert done_by(contributor, WHO) == {"delete"}


def own(permissions: object, **properties: Any) -> Section:
    """A role of the lab's own that somebody has at the account."""
    section = with_role(closed(**properties), "", roleDefinitionId="/x/99999999-0000-0000-0000-000000000009")
    definition = {"roleName": "Own", "permissions": permissions}
    about(section)["roleDefinitions"].append({"name": "99999999-0000-0000-0000-000000000009", "properties": definition})
    return section


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ({}, set()),
        ({"dataActions": [READ]}, SEEING),
        ({"dataActions": [READ.upper()]}, SEEING),
        ({"actions": [READ]}, set()),
        ({"dataActions": ["*"]}, DATA),
        ({"dataActions": ["*/read"]}, SEEING),
        ({"dataActions": [f"{BLOBS}/*"], "notDataActions": [READ]}, {"list", "write", "delete"}),
        ({"dataActions": [f"{BLOBS}/*"], "notDataActions": [f"{BLOBS}/*"]}, set()),
        ({"dataActions": ["Microsoft.Storage/*/blobs/delete"]}, {"delete"}),
        ({"dataActions": ["Microsoft.Storage/storageAccounts/queueServices/*"]}, set()),
        ({"actions": ["*"]}, ALL),
        ({"actions": ["*"], "notActions": ["Microsoft.Authorization/*", "Microsoft.Storage/*"]}, set()),
        ({"actions": ["*"], "notActions": ["Microsoft.Authorization/*/write", "Microsoft.Storage/*/write",
                                           "Microsoft.Storage/*/delete"]}, {"write"} | ALL),
        ({"actions": ["Microsoft.Authorization/roleAssignments/*"]}, ALL),
        ({"actions": ["Microsoft.Authorization/roleAssignments/read"]}, set()),
        ({"actions": ["Microsoft.Storage/storageAccounts/listKeys/action"]}, set()),
        ({"actions": ["Microsoft.Storage/storageAccounts/write"]}, ALL),
        ({"actions": ["Microsoft.Storage/storageAccounts/delete"]}, {"delete"}),
    ],
)  # fmt: skip
def test_what_a_role_of_the_labs_own_gives(permission: dict[str, Any], expected: set[str]) -> None:
    """By its actions and data actions, without those that it leaves out."""
    assert done_by(own([permission]), WHO) == expected


def test_what_one_permission_leaves_out_another_gives() -> None:
    """Each leaves out of its own actions only."""
    permissions = [{"dataActions": ["*"], "notDataActions": ["*"]}, {"dataActions": [READ]}]
    assert done_by(own(permissions), WHO) == SEEING


@pytest.mark.parametrize("permissions", [unread("known after apply"), "strange", [{"actions": "*"}], [None]])
def test_a_role_whose_permissions_are_not_known_may_give_everything(permissions: object) -> None:
    """Whom it is given to is known."""
    assert done_by(own(permissions), WHO) == ALL


def test_roles_that_could_not_be_read_let_in_somebody_unknown() -> None:
    """Whatever else is known; so do those that somebody may activate."""
    for name in ("roleAssignments", "eligible"):
        section = closed()
        about(section)[name] = unread("AccessDenied")
        assert who_can(section, "admin") == {"unknown"}
    section = closed()
    del about(section)["roleAssignments"]
    assert who_can(section) == {"unknown"}


def test_somebody_who_is_not_known_yet_is_unknown() -> None:
    """With what the role gives."""
    assert done_by(given("Storage Blob Data Reader", who=unread("known after apply")), "unknown") == SEEING  # type: ignore[arg-type]


# Who


def test_identities_are_called_as_the_lab_calls_them() -> None:
    """With or without what they are before their ids, in either case."""
    section = with_role(given("Storage Blob Data Reader"), "Storage Blob Data Reader", who=BOB.upper())
    known = Known({f"user:{ADA}": "person:ada", BOB: "service:scanner"})
    assert who_can(section, known=known) == {"person:ada", "service:scanner"}


def test_a_guest_is_called_by_the_address_at_home() -> None:
    """Where the directory was asked; and the path says that it is a guest."""
    section = given("Storage Blob Data Reader")
    section["principals"] = {ADA: {"userPrincipalName": "ada_example.org#EXT#@lab.onmicrosoft.com"}}
    assert who_can(section, known=Known({"ada@example.org": "person:ada"})) == {"person:ada"}
    (one, *_) = readers(section)
    assert "guest ada@example.org" in one.path


def test_members_of_a_group_that_the_lab_knows_have_what_the_group_has() -> None:
    """Beside the group itself."""
    section = given("Storage Blob Data Reader", principalType="Group")
    assert who_can(section, known=Known(groups={ADA: ("person:ada",)})) == {WHO, "person:ada"}


def test_a_role_that_has_to_be_activated_counts() -> None:
    """Its path says so, and its end is its own."""
    section = closed()
    said = {"scope": ID, "roleDefinitionId": f"/x/{next(iter(BUILT_IN))}", "principalId": ADA, "principalType": "User"}
    about(section)["eligible"] = [{"properties": {**said, "endDateTime": "2027-01-31T12:00:00Z"}}]
    (one,) = readers(section)
    assert (one.principal, one.until) == (WHO, "2027-01-31T12:00:00Z")
    assert "which it may activate" in one.path


def test_a_role_for_a_time_ends() -> None:
    """And once it has ended, it is none."""
    section = given("Storage Blob Data Reader")
    of = about(section)["roleAssignments"][0]["id"]
    ends = {"originRoleAssignmentId": of, "endDateTime": "2027-01-31T12:00:00.00Z"}
    about(section)["schedules"] = [{"properties": ends}]
    assert {one.until for one in readers(section)} == {"2027-01-31T12:00:00Z"}
    assert readers(section, Known(now=dt.datetime(2027, 1, 31, 11, 59, tzinfo=dt.UTC)))
    assert readers(section, Known(now=dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC))) == ()


# Conditions


def only(test: str, action: str = READ) -> str:
    """A condition on one action, as the portal writes it."""
    return f"((!(ActionMatches{{'{action}'}})) OR ({test}))"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (only(f"{NAME} StringEquals 'raw'"), SEEING),
        (only(f"{NAME} StringEquals 'figures'"), set()),
        (only(f"{NAME} StringEquals 'RAW'"), set()),
        (only(f"{NAME} StringEqualsIgnoreCase 'RAW'"), SEEING),
        (only(f"{NAME} StringNotEquals 'raw'"), set()),
        (only(f"{NAME} StringNotEquals 'figures'"), SEEING),
        (only(f"{NAME} StringLike 'r*'"), SEEING),
        (only(f"{NAME} StringLike 'r?w'"), SEEING),
        (only(f"{NAME} StringLike 'fig*'"), set()),
        (only(f"{NAME} StringStartsWith 'ra'"), SEEING),
        (only(f"{NAME} StringNotStartsWith 'ra'"), set()),
        (only(f"{NAME} ForAnyOfAnyValues:StringEquals {{'figures', 'raw'}}"), SEEING),
        (only(f"{NAME} ForAnyOfAnyValues:StringEquals {{'figures', 'tables'}}"), set()),
        (only(f"{NAME} ForAnyOfAllValues:StringNotEquals {{'figures', 'tables'}}"), SEEING),
        (only(f"{NAME} ForAnyOfAllValues:StringNotEquals {{'figures', 'raw'}}"), set()),
        (only(f"{NAME} StringEquals 'figures' OR {NAME} StringEquals 'raw'"), SEEING),
        (only(f"{NAME} StringEquals 'raw' AND {NAME} StringEquals 'figures'"), set()),
        (only(f"NOT ({NAME} StringEquals 'figures')"), SEEING),
        (only(f"NOT {NAME} StringEquals 'raw'"), set()),
        (only(f"{PATH} StringLike 'plates/*'"), SEEING),
        (only(f"{NAME} StringEquals 'figures' AND {PATH} StringLike 'plates/*'"), set()),
        (only("@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Lab_Project] StringEquals 'nf1'"), SEEING),
        (only("@Environment[isPrivateLink] BoolEquals true"), SEEING),
        (only("Exists @Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Public]"), SEEING),
        (only(f"{NAME} SomethingNew 'figures'"), SEEING),
        (only(f"{NAME} StringEquals 'figures'", f"{BLOBS}/write"), SEEING),
        (only(f"{NAME} StringEquals 'figures'", "Microsoft.Storage/*"), set()),
        (f"!(ActionMatches{{'{READ}'}} AND NOT SubOperationMatches{{'Blob.List'}}) OR {NAME} StringEquals 'figures'",
         {"list"}),
        (f"!(ActionMatches{{'{READ}'}} AND SubOperationMatches{{'Blob.List'}}) OR {NAME} StringEquals 'figures'",
         {"read"}),
        (f"(!(ActionMatches{{'{READ}'}})) || ({NAME} StringEquals 'figures') && ({NAME} StringEquals 'raw')", set()),
        ("this is not a condition (", SEEING),
        ("'raw' StringEquals 'figures'", set()),
        ("", SEEING),
    ],
)  # fmt: skip
def test_a_condition_holds_a_role_back_where_it_certainly_does(condition: str, expected: set[str]) -> None:
    """What depends on the caller, the blob or the request holds nobody back, nor does what is not understood."""
    assert done_by(given("Storage Blob Data Reader", condition=condition), WHO) == expected


@pytest.mark.parametrize(
    ("test", "until"),
    [
        ("@Environment[UtcNow] DateTimeLessThan '2027-06-30T00:00:00.0Z'", {"2027-06-30T00:00:00Z"}),
        ("@Environment[UtcNow] DateTimeGreaterThan '2027-06-30T00:00:00.0Z'", {""}),
        ("@Environment[UtcNow] DateTimeGreaterThan '2027-01-01T00:00:00Z' AND "
         "@Environment[UtcNow] DateTimeLessThan '2027-06-30T02:00:00+02:00'", {"2027-06-30T00:00:00Z"}),
        ("@Environment[UtcNow] DateTimeLessThan '2027-01-01T00:00:00Z' OR "
         "@Environment[UtcNow] DateTimeLessThan '2028-01-01T00:00:00Z'", {"2028-01-01T00:00:00Z"}),
        ("@Environment[UtcNow] DateTimeLessThan '2027-01-01T00:00:00Z' AND "
         "@Environment[UtcNow] DateTimeGreaterThan '2028-01-01T00:00:00Z'", set()),
        ("@Environment[UtcNow] DateTimeLessThan 'soon'", {""}),
        (f"@Environment[UtcNow] DateTimeLessThan '2027-01-01T00:00:00Z' OR {NAME} StringEquals 'raw'", {""}),
        (f"@Environment[UtcNow] DateTimeLessThan '2027-01-01T00:00:00Z' AND {NAME} StringEquals 'figures'", set()),
    ],
)  # fmt: skip
def test_a_condition_on_the_time_ends_access(test: str, until: set[str]) -> None:
    """At the last moment at which it can hold."""
    section = given("Storage Blob Data Reader", condition=only(test))
    assert {one.until for one in readers(section)} == until


def test_the_conditions_that_slidebox_writes_are_understood() -> None:
    """They end access to everything that the role gives."""
    from slidebox.provider.azure_roles import Assignment  # noqa: PLC0415 - beside its use

    condition = Assignment(ADA, "reader", "User", "2027-06-30", "person:ada").condition
    section = given("Storage Blob Data Reader", condition=condition)
    assert {(one.actions, one.until) for one in readers(section)} == {(("read", "list"), "2027-06-30T00:00:00Z")}


def test_a_condition_says_nothing_of_keys() -> None:
    """It is about data and about roles that somebody gives."""
    section = given("Storage Account Contributor", condition=only(f"{NAME} StringEquals 'figures'"))
    assert done_by(section, WHO) == ALL


@pytest.mark.parametrize(
    ("guids", "expected"),
    [
        ("{acdd72a7-3385-48ef-bd42-f606fba81ae7}", set()),
        ("{2a2b9908-6ea1-4ae2-8e65-a410df84e7d1}", ALL),
        ("{acdd72a7-3385-48ef-bd42-f606fba81ae7, 8e3af657-a8ff-443c-a75c-2fe8c4bcb635}", ALL),
    ],
)
def test_who_may_give_only_roles_that_come_to_nothing_here_is_no_administrator(guids: str, expected: set[str]) -> None:
    """A condition can say which roles somebody may give."""
    role = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals"
    condition = only(f"{role} {guids}", "Microsoft.Authorization/roleAssignments/write")
    section = given("Role Based Access Control Administrator", condition=condition)
    assert done_by(section, WHO) == expected


# Denials


def deny(section: Section, *actions: str, **said: Any) -> Section:
    """A section with a deny assignment on data actions."""
    changed = copy.deepcopy(section)
    permission = {"actions": [], "notActions": [], "dataActions": list(actions), "notDataActions": []}
    everybody = [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}]
    whole = {"scope": ID, "permissions": [permission], "principals": everybody, "excludePrincipals": [], **said}
    about(changed).setdefault("denyAssignments", []).append({"properties": whole})
    return changed


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {"write", "delete"}),
        ({"scope": f"/subscriptions/{SUBSCRIPTION}"}, {"write", "delete"}),
        ({"scope": CONTAINER_ID}, {"write", "delete"}),
        ({"scope": f"{GROUP_ID}x"}, DATA),
        ({"principals": [{"id": ADA, "type": "User"}]}, {"write", "delete"}),
        ({"principals": [{"id": BOB, "type": "User"}]}, DATA),
        ({"excludePrincipals": [{"id": ADA, "type": "User"}]}, DATA),
        ({"excludePrincipals": [{"id": BOB, "type": "User"}]}, {"write", "delete"}),
        ({"excludePrincipals": [{"id": BOB, "type": "Group"}]}, DATA),
        ({"doNotApplyToChildScopes": True}, DATA),
        ({"doNotApplyToChildScopes": True, "scope": CONTAINER_ID}, {"write", "delete"}),
        ({"condition": "something"}, DATA),
        ({"permissions": unread("AccessDenied")}, DATA),
    ],
)
def test_a_denial_takes_away_what_it_certainly_forbids(said: dict[str, Any], expected: set[str]) -> None:
    """A group that it leaves out may have anybody in it."""
    section = deny(given("Storage Blob Data Contributor"), READ, **said)
    assert done_by(section, WHO) == expected


def test_a_denial_of_roles_leaves_an_administrator_of_all_that_is_above_it() -> None:
    """Who gives roles at the subscription gives them there."""
    permission = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
    for scope, expected in ((f"/subscriptions/{SUBSCRIPTION}", ALL), (ID, set())):
        section = deny(given("User Access Administrator", scope), permissions=[permission])
        assert done_by(section, WHO) == expected


# Laws

ROLES = st.sampled_from([str(role["roleName"]) for role in BUILT_IN.values()])
SCOPES = st.sampled_from(["/", f"/subscriptions/{SUBSCRIPTION}", GROUP_ID, ID, CONTAINER_ID, f"{ID}x"])
TESTS = st.recursive(
    st.sampled_from(
        [
            f"{NAME} StringEquals 'raw'",
            f"{NAME} StringLike 'f*'",
            f"{PATH} StringLike 'a*'",
            "@Environment[UtcNow] DateTimeLessThan '2027-01-01T00:00:00Z'",
            "@Environment[UtcNow] DateTimeGreaterThan '2028-01-01T00:00:00Z'",
            f"ActionMatches{{'{READ}'}}",
            "SubOperationMatches{'Blob.List'}",
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: f"NOT ({one})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} AND {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} OR {two[1]})"),
    ),
    max_leaves=6,
)
GIVEN = st.lists(st.tuples(ROLES, SCOPES, st.sampled_from([ADA, BOB]), st.one_of(st.none(), TESTS)), max_size=4)
FLAGS = st.fixed_dictionaries(
    {}, optional={"allowBlobPublicAccess": st.booleans(), "allowSharedKeyAccess": st.booleans()}
)


def whole(listed: Sequence[tuple[str, str, str, str | None]], flags: dict[str, Any]) -> Section:
    """A section with some roles."""
    section = closed(**flags)
    for role, scope, who, condition in listed:
        section = with_role(section, role, scope, who, condition=condition)
    return section


def powers(section: Section) -> set[tuple[str, str]]:
    """Who can do what."""
    return {(one.principal, action) for one in readers(section) for action in one.actions}


@limits(deadline=None)
@for_any(GIVEN, FLAGS, st.sampled_from([READ, f"{BLOBS}/*", "*"]), st.sampled_from([ID, CONTAINER_ID, GROUP_ID]))
def test_a_denial_never_adds_anybody(
    listed: list[tuple[str, str, str, str | None]], flags: dict[str, Any], action: str, scope: str
) -> None:
    """Nor anything that somebody can do."""
    section = whole(listed, flags)
    assert powers(deny(section, action, scope=scope)) <= powers(section)


@limits(deadline=None)
@for_any(GIVEN, FLAGS, TESTS)
def test_narrowing_a_condition_never_adds_anybody(
    listed: list[tuple[str, str, str, str | None]], flags: dict[str, Any], test: str
) -> None:
    """One more test that has to hold as well lets in nobody more, and no longer."""
    narrowed = [(role, scope, who, f"({said}) AND ({test})" if said else test) for role, scope, who, said in listed]
    assert powers(whole(narrowed, flags)) <= powers(whole(listed, flags))


@limits(deadline=None)
@for_any(GIVEN, FLAGS, st.data())
def test_the_order_of_assignments_does_not_matter(
    listed: list[tuple[str, str, str, str | None]], flags: dict[str, Any], data: st.DataObject
) -> None:
    """They add up."""
    assert readers(whole(listed, flags)) == readers(whole(data.draw(st.permutations(listed)), flags))


@limits(deadline=None)
@for_any(
    GIVEN,
    FLAGS,
    st.sampled_from(
        [
            ("subscriptions", SUBSCRIPTION, "roleAssignments"),
            ("subscriptions", SUBSCRIPTION, "roleDefinitions"),
            ("subscriptions", SUBSCRIPTION, "denyAssignments"),
            ("subscriptions", SUBSCRIPTION, "eligible"),
            ("subscriptions", SUBSCRIPTION, "origins"),
            ("subscriptions", SUBSCRIPTION),
            ("accounts", "wayimages", "account"),
            ("accounts", "wayimages", "account", "properties"),
            ("accounts", "wayimages", "localUsers"),
            ("accounts", "wayimages", "replication"),
            ("accounts", "wayimages", "containers", "raw", "container"),
            ("accounts", "wayimages", "containers", "raw", "policies"),
        ]
    ),
)
def test_a_part_that_is_not_read_takes_nobody_away_without_somebody_unknown(
    listed: list[tuple[str, str, str, str | None]], flags: dict[str, Any], path: tuple[str, ...]
) -> None:
    """For everything that somebody can do."""
    section = whole(listed, flags)
    before = powers(section)
    inner: Any = section
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = unread("AccessDenied")
    after = powers(section)
    lost = {action for who, action in before - after if who != "unknown"}
    assert lost <= {action for who, action in after if who == "unknown"}


@for_any(st.text(max_size=40))
def test_any_text_is_a_condition_or_is_refused_as_one(text: str) -> None:
    """And nothing else happens."""
    with contextlib.suppress(ConditionError):
        parsed(text).until(Asking.at(READ, "a", "b"))


@pytest.mark.parametrize("depth", [50, 5000])
def test_a_condition_may_be_too_deep(depth: int) -> None:
    """Then it is not understood, and holds nobody back."""
    condition = f"{'(' * depth}{NAME} StringEquals 'figures'{')' * depth}"
    assert done_by(given("Storage Blob Data Reader", condition=condition), WHO) == (set() if depth == 50 else SEEING)


@pytest.mark.parametrize(
    ("pattern", "operation", "expected"),
    [
        ("*", "anything/at/all", True),
        ("*/read", "Microsoft.Storage/storageAccounts/read", True),
        ("Microsoft.Storage/*/read", "Microsoft.Storage/storageAccounts/blobServices/read", True),
        ("microsoft.storage/storageaccounts/READ", "Microsoft.Storage/storageAccounts/read", True),
        ("Microsoft.Storage/storageAccounts/rea?", "Microsoft.Storage/storageAccounts/read", False),
        ("Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/read", False),
        ("Microsoft.Storage/storageAccounts/*/read", "Microsoft.Storage/storageAccounts/read", False),
        ("[a-z]*", "abc", False),
    ],
)
def test_a_star_stands_for_anything_in_a_pattern(pattern: str, operation: str, expected: bool) -> None:
    """And nothing else stands for anything but itself."""
    assert matches(pattern, operation) is expected


def test_a_container_of_an_account_of_which_nothing_is_known_has_every_role_that_there_is() -> None:
    """Where the account is cannot be told, so every scope may be above it."""
    section = given("Storage Blob Data Reader")
    account(section)["account"] = unread("AccessDenied")
    assert "unknown" in who_can(section)
