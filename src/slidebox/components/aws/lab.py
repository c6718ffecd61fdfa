"""What a lab has once in an account of AWS: the audit bucket, whoever reads it, blocks, watchers, reports, budgets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws import accessanalyzer, athena, cloudtrail, iam, s3

from slidebox.clouds import AUDIT_TAG, audit_name, auditors_of
from slidebox.components.aws import settings
from slidebox.components.aws.audit import AUDITOR, TRAIL, audit_policy
from slidebox.components.aws.budgets import make_budgets
from slidebox.components.aws.connection import inside, provider_of
from slidebox.components.aws.identities import AUDIENCE, GITHUB, is_workflow
from slidebox.components.aws.policy import role_arn, role_name, role_policy, trust_policy
from slidebox.components.aws.reports import report_costs, report_storage
from slidebox.components.aws.roles import SESSION_SECONDS
from slidebox.components.aws.tables import costs, inventories, let_ask, make_tables
from slidebox.components.declaration import Declaration
from slidebox.model import Lab, Role, Store, StoreKind, Term
from slidebox.naming import bucket_of

ABORT_DAYS = 7
"""After how many days a broken upload of a log goes, and what is left of one that has expired."""


class AwsLab(pulumi.ComponentResource):
    """What a lab has once in an account.

    Parameters
    ----------
    lab
        What is declared.
    name, store
        The store.
    provider
        The way to its account.
    facts
        The declared facts of the lab and its stores; they let the rules tell the audit bucket from one of data.

    Attributes
    ----------
    audit
        The bucket for logs and reports.
    auditor
        The role that reads it; None where nobody audits.
    workgroup
        Where auditors ask the tables over it.
    """

    def __init__(self, lab: Lab, name: str, store: Store, provider: aws.Provider, facts: Mapping[str, Any]) -> None:
        super().__init__("slidebox:index:AwsLab", name)
        self._lab, self._name, self._store = lab, name, store
        self._tags = {"lab": lab.file.lab, AUDIT_TAG: name}
        options = inside(self, provider)
        bucket = audit_name(lab.file.lab, name)
        self.auditor, identities = self._auditor(bucket, options)
        Declaration(f"lab@{name}", facts, pulumi.ResourceOptions(parent=self), identities)
        self.audit = s3.Bucket(
            bucket, bucket=bucket, region=store.region, force_destroy=False, tags=self._tags, opts=options
        )
        written = self._settings(bucket, options)
        self._watch(bucket, written, options)
        self.workgroup = self._tables(bucket, options)
        if self._is_first():
            self._account(options)
            self._reports(bucket, written, options)
            make_budgets(lab, name, store, options)

    def _is_first(self) -> bool:
        """Whether this store stands for its account: what an account has once is not made twice."""
        stores = self._lab.file.stores.items()
        same = [n for n, s in stores if s.kind is StoreKind.AWS and s.account == self._store.account]
        return same[0] == self._name

    def _auditor(self, bucket: str, options: pulumi.ResourceOptions) -> tuple[iam.Role | None, dict[str, str]]:
        """The role of the auditors, and whom of the lab each identity stands for."""
        lab, account = self._lab.file, self._store.account or ""
        grants = auditors_of(self._lab, self._name)
        if not grants:
            return None, {}
        name = role_name(bucket, AUDITOR)
        role = iam.Role(
            name,
            name=name,
            description=f"{AUDITOR} of {lab.lab}",
            assume_role_policy=json.dumps(trust_policy(grants, account, f"{lab.lab}/{AUDITOR}@{self._name}")),
            max_session_duration=SESSION_SECONDS,
            tags=self._tags,
            opts=options,
        )
        may = json.dumps(role_policy(bucket, Role.READER))
        iam.RolePolicy(name, name="bucket", role=role.name, policy=may, opts=options)
        return role, {grant.identity: grant.principal for grant in grants}

    def _settings(self, name: str, options: pulumi.ResourceOptions) -> s3.BucketPolicy:
        store, lab, made = self._store, self._lab.file, self.audit
        block = settings.block_public_access(name, made, options)
        settings.own_objects(name, made, options)
        settings.encrypt(name, made, options)
        versions = settings.keep_versions(name, made, options)
        settings.tidy_by_itself(name, made, _tidied(lab.retention.days if lab.retention else None), versions, options)
        auditor = role_arn(store.account or "", name, AUDITOR) if self.auditor else None
        lens = self._lens_arn if self._is_first() else None
        said = audit_policy(name, lab.lab, store.account or "", self._trail_arn, auditor, lens)
        return settings.attach_policy(name, made, said, [block], options)

    @property
    def _called(self) -> str:
        """What belongs to the lab at this store is called, where a service has names of its own."""
        return f"{self._lab.file.lab}-{self._name}"

    @property
    def _trail_arn(self) -> str:
        return f"arn:aws:cloudtrail:{self._store.region}:{self._store.account}:trail/{self._called}"

    @property
    def _lens(self) -> str:
        """What Storage Lens calls it, which takes names as long as those of roles."""
        return role_name(self._lab.file.lab, self._name)

    @property
    def _lens_arn(self) -> str:
        return f"arn:aws:s3:{self._store.region}:{self._store.account}:storage-lens/{self._lens}"

    def _reports(self, audit: str, written: s3.BucketPolicy, options: pulumi.ResourceOptions) -> None:
        """What the account says of itself: the services write only where the bucket's policy lets them already."""
        allowed = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[written]))
        report_storage(self._lens, self._store, audit, self._tags, allowed)
        report_costs(self._called, self._store, audit, self._tags, allowed)

    def _tables(self, audit: str, options: pulumi.ResourceOptions) -> athena.Workgroup:
        """Tables over what is in the audit bucket, for the auditors."""
        lab = self._lab
        datasets = [project.dataset_id(level) for project in lab.projects.values() for level in project.datasets]
        buckets = [bucket_of(lab, dataset, self._name) for dataset in datasets]
        tables = [inventories(buckets)] if buckets else []
        tables += [costs(self._called)] if self._is_first() else []
        if self.auditor:
            let_ask(self._called, self.auditor, self._store, options)
        return make_tables(self._called, audit, tables, self._tags, options)

    def _watch(self, audit: str, written: s3.BucketPolicy, options: pulumi.ResourceOptions) -> None:
        """Write down each call about an object of the lab's buckets, and look for what is open to others."""
        field = cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
        selector = cloudtrail.TrailAdvancedEventSelectorArgs(
            name="Objects of the lab",
            field_selectors=[
                field(field="eventCategory", equals=["Data"]),
                field(field="resources.type", equals=["AWS::S3::Object"]),
                field(
                    field="resources.ARN",
                    starts_withs=[f"arn:aws:s3:::{self._lab.file.lab}-"],
                    # What writes the log is not written into the log.
                    not_starts_withs=[f"arn:aws:s3:::{audit}/"],
                ),
            ],
        )
        cloudtrail.Trail(
            self._called,
            name=self._called,
            s3_bucket_name=self.audit.bucket,
            s3_key_prefix=TRAIL,
            enable_log_file_validation=True,
            include_global_service_events=False,
            advanced_event_selectors=[selector],
            tags=self._tags,
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[written])),
        )
        accessanalyzer.Analyzer(self._called, analyzer_name=self._called, type="ACCOUNT", tags=self._tags, opts=options)

    def _account(self, options: pulumi.ResourceOptions) -> None:
        """What holds for the account as a whole."""
        opened = _anything_public(self._lab)
        s3.AccountPublicAccessBlock(
            self._name,
            account_id=self._store.account,
            block_public_acls=True,
            ignore_public_acls=True,
            # Where something is declared public, each bucket blocks for itself.
            block_public_policy=not opened,
            restrict_public_buckets=not opened,
            opts=options,
        )
        if any(is_workflow(identity) for identity in _identities(self._lab, self._store)):
            iam.OpenIdConnectProvider(
                GITHUB, url=f"https://{GITHUB}", client_id_lists=[AUDIENCE], tags=self._tags, opts=options
            )


def _tidied(kept_days: int | None) -> list[s3.BucketLifecycleConfigurationRuleArgs]:
    """The lifecycle of the audit bucket: logs are kept for as long as the institution keeps data."""
    everything = s3.BucketLifecycleConfigurationRuleFilterArgs()
    broken = s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(days_after_initiation=ABORT_DAYS)
    rule = s3.BucketLifecycleConfigurationRuleArgs
    rules = [rule(id="uploads", status="Enabled", filter=everything, abort_incomplete_multipart_upload=broken)]
    if kept_days is not None:
        expiry = s3.BucketLifecycleConfigurationRuleExpirationArgs(days=kept_days)
        old = s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(noncurrent_days=ABORT_DAYS)
        rules.append(
            rule(id="expiry", status="Enabled", filter=everything, expiration=expiry, noncurrent_version_expiration=old)
        )
    return rules


def _anything_public(lab: Lab) -> bool:
    """Whether any dataset is declared public in any term."""
    return any(
        project.public_in(level, term)
        for project in lab.projects.values()
        for level in project.datasets
        for term in Term
    )


def _identities(lab: Lab, store: Store) -> set[str]:
    """Everybody's names at the stores of an account."""
    file = lab.file
    stores = {name for name, other in file.stores.items() if other.account == store.account}
    named: list[Mapping[str, str]] = [person.identities for person in file.people.values()]
    named += [team.identities for team in file.teams.values()]
    named += [service.identities for service in file.services.values()]
    return {identities[name] for identities in named for name in stores & identities.keys()}


def lab(declared: Lab, name: str, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register what a lab has once in an account; answers where its logs are, how they are read, and where to ask."""
    made = AwsLab(declared, name, store, provider_of(name, store), facts)
    return {
        "audit": made.audit.bucket,
        "region": store.region,
        "auditor": made.auditor.arn if made.auditor else None,
        "workgroup": made.workgroup.name,
    }
