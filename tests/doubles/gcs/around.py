"""What is around buckets: what projects are in, policies, roles, service accounts, pools, CDNs, as tests say them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from .access import LOOK, number_of
from .faults import Refused
from .service import Request, Service

HMAC = "storage.projects.hmacKeys.list"


@dataclass
class Around:
    """What is around buckets. Whoever may look at a project may look at all of it.

    Attributes
    ----------
    service
        The cloud that it is around.
    parents
        What each project and folder is in, by ``projects/ID`` and ``folders/NUMBER``.
    policies
        The bindings of folders, organisations and service accounts, by their names; a project's come from its roles.
    denials, constraints, roles, pools, providers
        As the APIs answer them, by what they are in: ``projects/ID``, ``organizations/NUMBER``, a pool's name.
    accounts, hmac_keys, backends, maps
        As the APIs answer them, by project.
    """

    service: Service
    parents: dict[str, str] = field(default_factory=dict)
    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    denials: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    constraints: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    roles: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pools: dict[str, dict[str, Any]] = field(default_factory=dict)
    providers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    accounts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hmac_keys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    backends: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    maps: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def carry_out(self, method: str, request: Request) -> Any:
        """The answer of a method.

        Raises
        ------
        Refused
            If it is refused.
        """
        do = _METHODS.get(method)
        if do is None:
            raise Refused(501, "notImplemented", f"This server has no {method}.")
        if project := request.path.get("projectsId") or request.path.get("projectId") or request.path.get("project"):
            project = self._id(project)
            has = LOOK in self.service.directory.allowed(project, request.caller)
            self.service.need(request, LOOK, has, f"projects/{project}")
        return do(self, request.path, project or "")

    def _id(self, project: str) -> str:
        """The id of a project by its number."""
        return next((one for one in self.service.directory.projects if str(number_of(one)) == project), project)

    def _project(self, _: Mapping[str, str], project: str) -> Any:
        about = {"name": f"projects/{number_of(project)}", "projectId": project, "state": "ACTIVE"}
        parent = self.parents.get(f"projects/{project}")
        return {**about, "parent": parent} if parent else about

    def _project_policy(self, _: Mapping[str, str], project: str) -> Any:
        members: dict[str, list[str]] = {}
        for member, roles in self.service.directory.projects.get(project, {}).items():
            for role in roles.split():
                members.setdefault(role, []).append(member)
        return _policy([{"role": role, "members": listed} for role, listed in members.items()])

    def _folder(self, path: Mapping[str, str], _: str) -> Any:
        name = f"folders/{path['foldersId']}"
        return {"name": name, "parent": self.parents.get(name, "")}

    def _folder_policy(self, path: Mapping[str, str], _: str) -> Any:
        return _policy(self.policies.get(f"folders/{path['foldersId']}", []))

    def _organisation_policy(self, path: Mapping[str, str], _: str) -> Any:
        return _policy(self.policies.get(f"organizations/{path['organizationsId']}", []))

    def _deny_policies(self, path: Mapping[str, str], _: str) -> Any:
        attached = unquote(path["policiesId"]).removeprefix("cloudresourcemanager.googleapis.com/")
        listed = self.denials.get(attached)
        return {"policies": listed} if listed else {}

    def _constraint(self, path: Mapping[str, str], project: str) -> Any:
        name = path["policiesId"]
        rules = self.constraints.get(f"projects/{project}", [{"enforce": False}])
        return {"name": f"projects/{number_of(project)}/policies/{name}", "spec": {"rules": rules}}

    def _custom_roles(self, path: Mapping[str, str], project: str) -> Any:
        return {
            "roles": self.roles.get(
                f"projects/{project}" if project else f"organizations/{path['organizationsId']}", []
            )
        }

    def _service_accounts(self, _: Mapping[str, str], project: str) -> Any:
        return {"accounts": self.accounts.get(project, [])}

    def _account_policy(self, path: Mapping[str, str], _: str) -> Any:
        return _policy(self.policies.get(path["serviceAccountsId"], []))

    def _pool(self, path: Mapping[str, str], project: str) -> Any:
        name = path["workloadIdentityPoolsId"]
        if name not in self.pools:
            raise Refused(404, "notFound", f"There is no pool {name}.")
        return {
            "name": f"projects/{number_of(project)}/locations/global/workloadIdentityPools/{name}",
            **self.pools[name],
        }

    def _providers(self, path: Mapping[str, str], _: str) -> Any:
        return {"workloadIdentityPoolProviders": self.providers.get(path["workloadIdentityPoolsId"], [])}

    def _hmac(self, _: Mapping[str, str], project: str) -> Any:
        return {"kind": "storage#hmacKeysMetadata", "items": self.hmac_keys.get(project, [])}

    def _backends(self, _: Mapping[str, str], project: str) -> Any:
        return {"kind": "compute#backendBucketList", "items": self.backends.get(project, [])}

    def _maps(self, _: Mapping[str, str], project: str) -> Any:
        return {"kind": "compute#urlMapsAggregatedList", "items": {"global": {"urlMaps": self.maps.get(project, [])}}}


def _policy(bindings: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": 3, "etag": "BwX=", "bindings": bindings} if bindings else {"etag": "ACAB"}


_POOLS = "iam.projects.locations.workloadIdentityPools"
_METHODS: Mapping[str, Callable[[Around, Mapping[str, str], str], Any]] = {
    "cloudresourcemanager.projects.get": Around._project,
    "cloudresourcemanager.projects.getIamPolicy": Around._project_policy,
    "cloudresourcemanager.folders.get": Around._folder,
    "cloudresourcemanager.folders.getIamPolicy": Around._folder_policy,
    "cloudresourcemanager.organizations.getIamPolicy": Around._organisation_policy,
    "iam.policies.listPolicies": Around._deny_policies,
    "orgpolicy.projects.policies.getEffectivePolicy": Around._constraint,
    "iam.projects.roles.list": Around._custom_roles,
    "iam.organizations.roles.list": Around._custom_roles,
    "iam.projects.serviceAccounts.list": Around._service_accounts,
    "iam.projects.serviceAccounts.getIamPolicy": Around._account_policy,
    f"{_POOLS}.get": Around._pool,
    f"{_POOLS}.providers.list": Around._providers,
    HMAC: Around._hmac,
    "compute.backendBuckets.list": Around._backends,
    "compute.urlMaps.aggregatedList": Around._maps,
}
