"""Resources of Azure in a preview or an exported stack, as a snapshot's section ``azure``.

The classic provider has the resources of Terraform's azurerm under other names, and is read as they are. Those of
azure-native have the properties of Resource Manager. slidebox's own name the account and say who has which role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.adoption.terraform_resources import Resource
from slidebox.audit import azure_native
from slidebox.audit.azure_section import Making
from slidebox.audit.pulumi import azure_own
from slidebox.audit.pulumi.spelling import respelled, snake
from slidebox.audit.terraform.azure import KINDS, add_classic, finished
from slidebox.preview import Seen

_CLASSIC: Mapping[str, str] = {
    "azure:storage/account:Account": "azurerm_storage_account",
    "azure:storage/container:Container": "azurerm_storage_container",
    "azure:storage/accountNetworkRules:AccountNetworkRules": "azurerm_storage_account_network_rules",
    "azure:storage/accountStaticWebsite:AccountStaticWebsite": "azurerm_storage_account_static_website",
    "azure:storage/localUser:LocalUser": "azurerm_storage_account_local_user",
    "azure:storage/objectReplication:ObjectReplication": "azurerm_storage_object_replication",
    "azure:storage/dataLakeGen2Filesystem:DataLakeGen2Filesystem": "azurerm_storage_data_lake_gen2_filesystem",
    "azure:authorization/assignment:Assignment": "azurerm_role_assignment",
    "azure:role/assignment:Assignment": "azurerm_role_assignment",
    "azure:authorization/roleDefinition:RoleDefinition": "azurerm_role_definition",
    "azure:pim/activeRoleAssignment:ActiveRoleAssignment": "azurerm_pim_active_role_assignment",
    "azure:pim/eligibleRoleAssignment:EligibleRoleAssignment": "azurerm_pim_eligible_role_assignment",
    "azure:cdn/frontdoorOrigin:FrontdoorOrigin": "azurerm_cdn_frontdoor_origin",
    "azure:cdn/frontdoorRoute:FrontdoorRoute": "azurerm_cdn_frontdoor_route",
    "azure:cdn/frontdoorRule:FrontdoorRule": "azurerm_cdn_frontdoor_rule",
    "azure:cdn/frontdoorEndpoint:FrontdoorEndpoint": "azurerm_cdn_frontdoor_endpoint",
    "azure:cdn/endpoint:Endpoint": "azurerm_cdn_endpoint",
    "azure:privatelink/endpoint:Endpoint": "azurerm_private_endpoint",
    "azure:core/resourceGroup:ResourceGroup": "azurerm_resource_group",
    "azure:datashare/datasetBlobStorage:DatasetBlobStorage": "azurerm_data_share_dataset_blob_storage",
    "azure:datashare/datasetDataLakeGen2:DatasetDataLakeGen2": "azurerm_data_share_dataset_data_lake_gen2",
    "azure:lighthouse/assignment:Assignment": "azurerm_lighthouse_assignment",
    "azure:core/resourceGroupTemplateDeployment:ResourceGroupTemplateDeployment": (
        "azurerm_resource_group_template_deployment"
    ),
}
"""Types of the classic provider, and what Terraform calls them."""
_ONE: Mapping[str, str] = {
    "aces": "ace",
    "origins": "origin",
    "permission_scopes": "permission_scope",
    "ssh_authorized_keys": "ssh_authorized_key",
}
"""Lists that the classic provider names in the plural."""


def section(resources: Sequence[Seen]) -> Mapping[str, Any] | None:
    """The section of a stack; None where it has nothing of Azure.

    Parameters
    ----------
    resources
        All resources of the stack.
    """
    found = [one for seen in resources if (one := _resource(seen)) is not None]
    making = Making(found, {**KINDS, **azure_native.KINDS})
    add_classic(making)
    azure_native.add(making)
    azure_own.add(making, resources)
    return finished(making)


def _resource(seen: Seen) -> Resource | None:
    kind = _CLASSIC.get(seen.type)
    native = azure_native.kind_of(seen.type)
    if kind is None and not native:
        return None
    values = dict(seen.properties) if native else respelled(seen.properties, _one)
    sources = seen.depends if native else {_one(name): urns for name, urns in seen.depends.items()}
    return Resource(
        type=native or str(kind),
        address=seen.urn,
        values=values,
        unknown=frozenset(name for name, value in values.items() if value == UNKNOWN),
        sources={name: urns for name, urns in sources.items() if name},
    )


def _one(name: str) -> str:
    plain = snake(name)
    return _ONE.get(plain, plain)
