"""The resources of slidebox's own provider, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import pulumi

from slidebox import __version__
from slidebox.facts import pack

Document = Mapping[str, Any]
"""A JSON document: a policy, facts, a store."""


class _Property(str):
    """The name of a property, which has another name in the engine; a key inside a document is no such thing."""

    __slots__ = ()


class _Named(pulumi.CustomResource):
    """A resource whose properties have Python's names here and the engine's there."""

    names: ClassVar[Mapping[str, str]] = {}

    def translate_input_property(self, prop: str) -> str:
        """The engine's name of a property; the SDK asks for every key inside its value too, and these stay."""
        return self.names.get(prop, prop) if isinstance(prop, _Property) else prop

    def translate_output_property(self, prop: str) -> str:
        """Python's name of a property."""
        return {theirs: ours for ours, theirs in self.names.items()}.get(prop, prop)


def _properties(args: Any, outputs: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {_Property(about.name): getattr(args, about.name) for about in fields(args)}
    if "facts" in given:
        given["facts"] = pack(given["facts"])
    return {**given, **dict.fromkeys(outputs)}


def _options(options: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=__version__), options)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderArgs:
    """A folder on a drive.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store, root, lab
        The drive store, its folder on this machine, and the lab in its mark.
    path
        The folder below it.
    uuid, label, external
        By what its file system is known, and whether it is plugged in and out.
    mode
        Octal, such as ``2770``.
    group
        The POSIX group that shares it; the account's own where None.
    quota, capacity
        Bytes meant to lie in it, and bytes the drive holds for the lab.
    tags, facts
        Whose it is, and what is declared of it.
    """

    location: str
    store: str
    root: str
    lab: str
    path: str
    mode: str
    group: str | None = None
    uuid: str | None = None
    label: str | None = None
    external: bool | None = None
    quota: int | None = None
    capacity: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Folder(_Named):
    """`slidebox:drive:Folder`."""

    absolute_path: pulumi.Output[str]
    """The folder."""
    owner: pulumi.Output[str]
    """The account that owns it."""
    group_name: pulumi.Output[str]
    """The group it has."""

    names: ClassVar = {"absolute_path": "absolutePath", "group_name": "groupName"}

    def __init__(self, name: str, args: FolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = _properties(args, ("absolute_path", "owner", "group_name"))
        super().__init__("slidebox:drive:Folder", name, properties, _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketArgs:
    """A bucket.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store
        The store, as `slidebox.provider.stores.StoreRef` reads it.
    bucket
        Its name.
    versioning
        Whether earlier versions are kept.
    object_lock
        ``mode`` and ``days`` for which objects cannot be deleted.
    encryption
        ``AES256`` or ``aws:kms``; the service's own default where None.
    public_access_block
        Whether public access is blocked; the service's own default where None.
    lifecycle
        ``abortMultipartDays``, ``oldVersionsDays`` and ``expireDays``.
    policy
        The bucket policy; nobody but users' own policies where None.
    quota
        Bytes meant to lie in it.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: Document
    bucket: str
    versioning: bool = True
    object_lock: Document | None = None
    encryption: str | None = None
    public_access_block: bool | None = None
    lifecycle: Document | None = None
    policy: Document | None = None
    quota: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Bucket(_Named):
    """`slidebox:s3:Bucket`."""

    bucket: pulumi.Output[str]
    """Its name."""
    arn: pulumi.Output[str]
    """Its ARN."""
    capabilities: pulumi.Output[Mapping[str, Any]]
    """What the endpoint has: true, false or ``unknown``, by name."""
    lacks: pulumi.Output[list[str]]
    """What the endpoint lacks."""

    names: ClassVar = {"object_lock": "objectLock", "public_access_block": "publicAccessBlock"}

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "slidebox:s3:Bucket", name, _properties(args, ("arn", "capabilities", "lacks")), _options(opts)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserArgs:
    """A user of an embedded gateway.

    Attributes
    ----------
    store
        The store, as `slidebox.provider.stores.StoreRef` reads it.
    user
        Its name.
    principal
        Whom of the lab it stands for: ``team:NAME`` or ``person:NAME``.
    policy
        What it may do.
    tags
        Whose it is.
    """

    store: Document
    user: str
    principal: str
    policy: Document
    tags: Mapping[str, str] = field(default_factory=dict)


class User(_Named):
    """`slidebox:s3:User`."""

    access_key_id: pulumi.Output[str]
    """Its access key."""
    secret_access_key: pulumi.Output[str]
    """The key's secret, a Pulumi secret."""

    names: ClassVar = {"access_key_id": "accessKeyId", "secret_access_key": "secretAccessKey"}

    def __init__(self, name: str, args: UserArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = _properties(args, ("arn", "access_key_id", "secret_access_key"))
        super().__init__("slidebox:s3:User", name, properties, _options(opts))
