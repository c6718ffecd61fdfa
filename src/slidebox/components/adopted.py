"""What was there before slidebox, as it was found: imported, and not changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from slidebox import __version__
from slidebox.components.declaration import Declaration
from slidebox.facts import pack
from slidebox.labfile import FoundPlace, FoundResource
from slidebox.model import StoreKind
from slidebox.preview.adopted import OWN, bucket_named, of_bucket

_COMPONENTS: Mapping[StoreKind, str] = {
    StoreKind.DRIVE: "slidebox:index:DriveLocation",
    StoreKind.S3: "slidebox:index:BucketLocation",
    StoreKind.AWS: "slidebox:index:AwsLocation",
    StoreKind.GCS: "slidebox:index:GcsLocation",
    StoreKind.AZURE: "slidebox:index:AzureLocation",
}
"""The component that has a place later, by kind of store: what is taken over keeps its name in the state."""


class _Imported(pulumi.CustomResource):
    """A resource of any type, by the names that its provider has for its inputs."""


class AdoptedLocation(pulumi.ComponentResource):
    """A dataset's bucket, container or folder, just as it was found.

    The engine imports each of its resources by its id, and takes from then on what a refresh finds: whatever others
    change stays changed, and the rules judge what is there. When the stack goes, the data and their settings stay.

    Parameters
    ----------
    name
        Name of the component.
    kind
        The kind of its store.
    found
        What was found.
    declared
        What is declared of it, for the rules: ``location``, ``facts`` and ``identities``.
    provider
        The provider of another's resources; None where all are slidebox's own.
    opts
        Options of the component.
    """

    def __init__(
        self,
        name: str,
        kind: StoreKind,
        found: FoundPlace,
        declared: Mapping[str, Any],
        provider: pulumi.ProviderResource | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(_COMPONENTS[kind], name, None, opts)
        if any(not resource.type.startswith(OWN) for resource in found.resources):
            Declaration(
                name,
                declared["facts"],
                pulumi.ResourceOptions(parent=self),
                declared["identities"],
                {bucket_named(found): of_bucket(declared)},
            )
        for resource in found.resources:
            self._import(resource, declared, provider)

    def _import(
        self, resource: FoundResource, declared: Mapping[str, Any], provider: pulumi.ProviderResource | None
    ) -> None:
        own = resource.type.startswith(OWN)
        carried = {**declared, "facts": pack(declared["facts"]), "asIs": True} if own else {}
        inputs = {**resource.inputs, **carried}
        options = pulumi.ResourceOptions(
            parent=self,
            import_=resource.id,
            ignore_changes=sorted(resource.inputs),
            retain_on_delete=True,
            provider=None if own else provider,
            version=__version__ if own else None,
        )
        _Imported(resource.type, resource.name, inputs, options)
