"""What is around buckets in Google Cloud, as Terraform has it: projects, policies, roles, accounts, pools, fronts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource, blocks_of
from slidebox.audit.google import fronts
from slidebox.audit.google.plan import ACCOUNT, LATER, POOL, Plan, joined

_IAM = ("policy", "binding", "member")
WITH_POLICY = ("google_project", "google_folder", "google_organization", ACCOUNT)
"""What has a policy of its own, beside buckets and their managed folders."""
_PART = {"google_project": "projects", "google_folder": "folders", "google_organization": "organizations"}
_NAMED = {"google_project": "project", "google_folder": "folder", "google_organization": "org_id"}
_CUSTOM = ("google_project_iam_custom_role", "google_organization_iam_custom_role")
_OLD_POLICIES = {
    "google_project_organization_policy": ("google_project", "project"),
    "google_folder_organization_policy": ("google_folder", "folder"),
    "google_organization_policy": ("google_organization", "org_id"),
}

Nodes = dict[str, dict[str, Any]]


def around(plan: Plan, buckets: Mapping[str, Any]) -> dict[str, Any]:
    """The parts ``projects``, ``folders`` and ``organizations`` of the section.

    Parameters
    ----------
    plan
        All resources.
    buckets
        The buckets: where nothing says in which project one is, it could be in each that is named.
    """
    nodes: dict[str, Nodes] = {"projects": {}, "folders": {}, "organizations": {}}
    _parents(plan, nodes)
    _policies(plan, nodes)
    _roles(plan, nodes)
    _constraints(plan, nodes)
    _denials(plan, nodes)
    projects = nodes["projects"]
    _accounts(plan, projects)
    _pools(plan, projects)
    fronts.add(plan, projects)
    if any(isinstance(entry, Mapping) and not entry.get("project") for entry in buckets.values()):
        known = [node["policy"]["bindings"] for name, node in projects.items() if name and "policy" in node]
        every = [binding for bindings in known for binding in bindings]
        projects.setdefault("", {})["policy"] = {"bindings": every}
        projects[""]["policy_complete"] = False
    return dict(nodes)


def _node(nodes: dict[str, Nodes], kind: str, one: Resource, plan: Plan, attribute: str = "") -> dict[str, Any]:
    """What is known of the project, folder or organisation that a resource is about."""
    attribute = attribute or _NAMED[kind]
    part = _PART[kind]
    if kind == "google_project":
        name = plan.project(one, attribute)
    else:
        said = one.text(attribute)
        if said in ("", UNKNOWN):
            said = next((source.text("name") for source in plan.sources(one, attribute, kind)), said)
        name = f"{part}/{said.rpartition('/')[2]}"
    return nodes[part].setdefault(name, {})


def _parents(plan: Plan, nodes: dict[str, Nodes]) -> None:
    for one in plan.of("google_project", looked_up=True):
        node = nodes["projects"].setdefault(plan.project_id(one), {})
        if (number := one.text("number")) not in ("", UNKNOWN):
            node["number"] = number
        folder, organisation = (one.text(name) for name in ("folder_id", "org_id"))
        if folder not in ("", UNKNOWN):
            node["parent"] = f"folders/{folder.rpartition('/')[2]}"
        elif organisation not in ("", UNKNOWN):
            node["parent"] = f"organizations/{organisation}"
    for one in plan.of("google_folder", looked_up=True):
        name, parent = one.text("name"), one.text("parent")
        if name.startswith("folders/") and parent not in ("", UNKNOWN):
            nodes["folders"].setdefault(name, {})["parent"] = parent


def _policies(plan: Plan, nodes: dict[str, Nodes]) -> None:
    for kind in _PART:
        about: dict[int, tuple[dict[str, Any], list[Resource]]] = {}
        for one in plan.of(*(f"{kind}_iam_{part}" for part in _IAM)):
            node = _node(nodes, kind, one, plan)
            about.setdefault(id(node), (node, []))[1].append(one)
        for node, entries in about.values():
            node["policy"] = {"bindings": joined(entries, plan)}
            node["policy_complete"] = any(one.type.endswith("_policy") for one in entries)


def _roles(plan: Plan, nodes: dict[str, Nodes]) -> None:
    for kind, custom in zip(("google_project", "google_organization"), _CUSTOM, strict=True):
        for one in plan.of(custom):
            said = one.whole()
            permissions = said.get("permissions")
            known = isinstance(permissions, list) and UNKNOWN not in permissions
            role = {"includedPermissions": list(permissions or ()), "stage": said.get("stage") or "GA"}
            role["deleted"] = said.get("deleted") is True
            node = _node(nodes, kind, one, plan)
            node.setdefault("roles", {})[plan.role_name(one)] = role if known else unread(LATER)


# Constraints and denials


def _constraints(plan: Plan, nodes: dict[str, Nodes]) -> None:
    for one in plan.of("google_org_policy_policy"):
        above, _, constraint = one.text("name").rpartition("/policies/")
        parent = above or one.text("parent")
        constraint = constraint or one.text("name").rpartition("/")[2]
        node = _at(nodes, parent)
        if node is not None:
            spec = next(iter(blocks_of(one.whole(), "spec")), {})
            rules = [_rule(rule) for rule in blocks_of(spec, "rules")]
            node.setdefault("org_policies", {})[constraint] = {"spec": {"rules": rules}}
    for kind, (of, attribute) in _OLD_POLICIES.items():
        for one in plan.of(kind):
            enforced = next(iter(blocks_of(one.whole(), "boolean_policy")), {}).get("enforced")
            constraint = one.text("constraint").removeprefix("constraints/")
            rules = [{"enforce": enforced is True}] if enforced is not None else []
            node = _node(nodes, of, one, plan, attribute)
            node.setdefault("org_policies", {})[constraint] = {"spec": {"rules": rules}}


def _rule(said: Mapping[str, Any]) -> dict[str, Any]:
    enforce = said.get("enforce")
    rule: dict[str, Any] = {}
    if enforce not in (None, ""):
        rule["enforce"] = unread(LATER) if enforce == UNKNOWN else str(enforce).upper() == "TRUE"
    if condition := next(iter(blocks_of(said, "condition")), None):
        rule["condition"] = dict(condition)
    return rule


def _at(nodes: dict[str, Nodes], parent: str) -> dict[str, Any] | None:
    """What is known of something by its name, such as ``projects/lab``."""
    part, _, name = parent.partition("/")
    if part not in nodes or not name:
        return None
    return nodes[part].setdefault(name if part == "projects" else parent, {})


def _denials(plan: Plan, nodes: dict[str, Nodes]) -> None:
    for one in plan.of("google_iam_deny_policy"):
        node = _at(nodes, unquote(one.text("parent")).removeprefix("cloudresourcemanager.googleapis.com/"))
        if node is not None:
            rules = [_deny_rule(rule) for rule in blocks_of(one.whole(), "rules")]
            node.setdefault("deny_policies", []).append({"name": one.text("name"), "rules": rules})


def _deny_rule(said: Mapping[str, Any]) -> dict[str, Any]:
    inner = next(iter(blocks_of(said, "deny_rule")), {})
    names = {
        "deniedPrincipals": "denied_principals",
        "exceptionPrincipals": "exception_principals",
        "deniedPermissions": "denied_permissions",
        "exceptionPermissions": "exception_permissions",
    }
    rule: dict[str, Any] = {name: inner.get(attribute) or [] for name, attribute in names.items()}
    if condition := inner.get("denial_condition"):
        rule["denialCondition"] = condition
    return {"denyRule": rule}


# Accounts and pools


class _Accounts:
    """The service accounts of a plan, those that it makes and those that it only names."""

    def __init__(self, plan: Plan, projects: Nodes) -> None:
        self._plan, self._projects = plan, projects
        self._found: dict[str, dict[str, Any]] = {}

    def add(self, email: str, one: Resource, said: dict[str, Any]) -> dict[str, Any]:
        """What is known of an account, where nothing is known yet."""
        if email not in self._found:
            name = _project_in(email) or self._plan.project(one)
            self._projects.setdefault(name, {}).setdefault("service_accounts", {})[email] = said
            self._found[email] = said
        return self._found[email]

    def named(self, one: Resource) -> list[dict[str, Any]]:
        """What is known of the accounts that a resource is about."""
        return [self.add(email, one, {"keys": []}) for email in self._plan.emails(one, "service_account_id")]


def _accounts(plan: Plan, projects: Nodes) -> None:
    accounts = _Accounts(plan, projects)
    for one in plan.of(ACCOUNT):
        disabled = one.values.get("disabled") is True
        accounts.add(plan.email(one), one, {"policy": {"bindings": []}, "keys": [], "disabled": disabled})
    for one in plan.of(*(f"{ACCOUNT}_iam_{kind}" for kind in _IAM)):
        for said in accounts.named(one):
            before = said["policy"]["bindings"] if "policy" in said else []
            said["policy"] = {"bindings": joined([one], plan, before)}
    for one in plan.of(f"{ACCOUNT}_key"):
        for said in accounts.named(one):
            said["keys"].append(_key(one))
    _hmac_keys(plan, projects)


def _hmac_keys(plan: Plan, projects: Nodes) -> None:
    for one in plan.of("google_storage_hmac_key"):
        for email in plan.emails(one, "service_account_email"):
            named = {name: one.text(attribute) for name, attribute in (("accessId", "access_id"), ("state", "state"))}
            key = {name: value for name, value in named.items() if value not in ("", UNKNOWN)}
            node = projects.setdefault(_project_in(email) or plan.project(one), {})
            node.setdefault("hmac_keys", []).append({**key, "serviceAccountEmail": email})


def _key(one: Resource) -> dict[str, Any]:
    said = {
        "name": one.text("name"),
        "keyType": "USER_MANAGED",
        "validAfterTime": one.text("valid_after"),
        "validBeforeTime": one.text("valid_before"),
    }
    return {name: value for name, value in said.items() if value not in ("", UNKNOWN)}


def _project_in(email: str) -> str:
    domain = email.partition("@")[2]
    name = domain.removesuffix(".iam.gserviceaccount.com") if domain.endswith(".iam.gserviceaccount.com") else ""
    return "" if name == UNKNOWN else name


def _pools(plan: Plan, projects: Nodes) -> None:
    for one in plan.of(POOL):
        pools = projects.setdefault(plan.project(one), {}).setdefault("workload_identity_pools", {})
        pools[plan.pool_name(one)] = {"disabled": one.values.get("disabled") is True, "providers": []}
    for one in plan.of(f"{POOL}_provider"):
        said = one.text(f"{POOL[11:]}_id")
        sources = plan.sources(one, f"{POOL[11:]}_id", POOL) if said in ("", UNKNOWN) else []
        names = [plan.pool_name(source) for source in sources] or [plan.pool_name(one)]
        for name in names:
            pools = projects.setdefault(name.split("/")[1], {}).setdefault("workload_identity_pools", {})
            others = {"name": "", **unread("what else lets people into the pool is not among the resources")}
            pool = pools.setdefault(name, {"providers": [others]})
            pool["providers"].append(_provider(one))


def _provider(one: Resource) -> dict[str, Any]:
    said = one.whole()
    found: dict[str, Any] = {
        "name": one.text(f"{POOL[11:]}_provider_id"),
        "disabled": said.get("disabled") is True,
        "attributeMapping": said.get("attribute_mapping") or {},
    }
    if condition := said.get("attribute_condition"):
        found["attributeCondition"] = unread(LATER) if condition == UNKNOWN else str(condition)
    for name in ("oidc", "aws", "saml", "x509"):
        if said.get(name) == UNKNOWN:
            found["oidc"] = unread(LATER)
        elif block := next(iter(blocks_of(said, name)), None):
            found[name] = (
                {"issuerUri": block.get("issuer_uri")} if name == "oidc" else {"accountId": block.get("account_id")}
            )
            if UNKNOWN in found[name].values():
                found["oidc"] = unread(LATER)
    return found
