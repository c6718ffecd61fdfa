"""The preview gate: what the engine shows becomes facts, and nothing that it hides passes."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc as pb_grpc

from slidebox import drives
from slidebox.analyzer.__main__ import own_rules
from slidebox.analyzer.servicer import plain
from slidebox.facts import tags
from slidebox.home import Home
from slidebox.model import Severity, Term
from slidebox.policy import list_rules, pack_dir
from slidebox.preview import BUCKET, Seen
from slidebox.provider.values import UNKNOWN, Secret, to_struct

from .conftest import lives
from .test_preview import BUCKET_NAME, PUBLIC_POLICY, RAW, bucket, carried, folder, make_lab, user
from .test_preview_aws import bucket as aws_bucket
from .test_preview_aws import declaration, part, policy

REPOSITORY = Path(__file__).resolve().parent.parent
RULE = "sharing/identifiable_never_public"
LAB_FILE = "lab: x\ntitle: X\npeople: {ada: {name: Ada}}\nstores: {idr: {system: idr}}\nrules: ours\n"
OWN_RULE = """\
# METADATA
# scope: package
# title: Nothing on the old bench
# description: The bench is going to be taken down.
# custom:
#   id: lab/no_bench
#   severity: error
#   scope: [location]
#   gates: [plan, preview]
#   waivable: true
#   reads: [location.store]
#   cure: Use another store.
#   references: [the lab's meeting of October]
package lab.no_bench

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.store == "bench"
	finding := judge.finding(info, id, "it would lie on the old bench")
}

location_findings contains finding if some finding in judge.unread_locations(info)
"""
CASES = REPOSITORY.parent / "shared" / "fixtures" / "bucket_policies.json"


def test_secrets_are_withheld_and_unknowns_spelled_out() -> None:
    """No secret gets into the facts."""
    assert plain({"a": Secret("hush"), "b": [UNKNOWN, 1], "c": {"d": None}}) == {
        "a": "[secret]",
        "b": ["unknown", 1],
        "c": {"d": None},
    }


# The plugin, over gRPC


class Plugin:
    """A running plugin and a client of it."""

    def __init__(self, opa: Path, pack: Path, cwd: Path, more: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [REPOSITORY / "plugins" / "pulumi-analyzer-policy-slidebox", "127.0.0.1:1", str(pack)],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SLIDEBOX_OPA": str(opa), "SLIDEBOX_PYTHON": sys.executable, **(more or {})},
        )
        assert self.process.stdout is not None
        self.port = self.process.stdout.readline().strip()
        self.stub: Any = pb_grpc.AnalyzerStub(grpc.insecure_channel(f"127.0.0.1:{self.port}"))

    def analyze(self, seen: Seen, ignored: Sequence[str] = ()) -> list[Any]:
        """What is said of one resource, some of whose inputs are ignored for changes."""
        request = pb.AnalyzeRequest(
            urn=seen.urn,
            type=seen.type,
            name="x",
            properties=to_struct(seen.properties),
            options=pb.AnalyzerResourceOptions(ignoreChanges=ignored),
        )
        return list(self.stub.Analyze(request).diagnostics)

    def analyze_stack(self, *seen: Seen) -> list[Any]:
        """What is said of a stack."""
        resources = [pb.AnalyzerResource(urn=s.urn, type=s.type, properties=to_struct(s.properties)) for s in seen]
        return list(self.stub.AnalyzeStack(pb.AnalyzeStackRequest(resources=resources)).diagnostics)

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.communicate(timeout=20)


@pytest.fixture(scope="module")
def plugin(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    """The plugin, started as the engine starts it."""
    running = Plugin(opa, pack_dir(), tmp_path_factory.mktemp("plugin"))
    yield running
    running.close()


def rules_of(diagnostics: list[Any], level: Any = None) -> set[str]:
    """The rules that speak, at one level or any."""
    return {d.policyName for d in diagnostics if level is None or d.enforcementLevel == level}


def test_the_plugin_names_its_rules(plugin: Plugin) -> None:
    """Every rule is a policy, mandatory where it refuses."""
    info = plugin.stub.GetAnalyzerInfo(empty_pb2.Empty())
    levels = {policy.name: policy.enforcementLevel for policy in info.policies}

    assert info.name == "slidebox"
    assert levels["sharing/identifiable_never_public"] == pb.MANDATORY
    assert levels == {
        rule.id: pb.MANDATORY if rule.severity is Severity.ERROR else pb.ADVISORY for rule in list_rules(pack_dir())
    }


def test_a_good_place_passes(plugin: Plugin) -> None:
    """Nothing is refused of a private folder and of a private bucket that may hold what it holds."""
    for seen in (folder(), bucket(make_lab("open"))):
        assert rules_of(plugin.analyze(seen), pb.MANDATORY) == set()
    assert rules_of(plugin.analyze_stack(folder()), pb.MANDATORY) == set()


def test_a_public_place_is_refused_from_itself_alone(plugin: Plugin) -> None:
    """Reader, path, cure and resource are all in the message."""
    said = [
        d for d in plugin.analyze(bucket(policy=PUBLIC_POLICY)) if d.policyName == "sharing/identifiable_never_public"
    ]

    assert [(d.enforcementLevel, d.urn) for d in said] == [(pb.MANDATORY, "urn:bucket")]
    assert said[0].message.splitlines() == [
        f"{RAW}@short@bench-s3: anyone can read identifiable data; it is declared identifiable.",
        f"By: policy of bucket {BUCKET_NAME} → statement all.",
        "Cure: Name the people in the audience, without `public` and `public_from`, "
        "or record how it was de-identified.",
    ]


def test_an_audience_that_is_declared_public_is_refused_from_one_resource(plugin: Plugin) -> None:
    """What is declared is judged with the first resource that carries it."""
    facts = carried(make_lab())
    facts["datasets"][RAW] = facts["datasets"][RAW] | {"public_terms": ["long"]}

    assert "sharing/identifiable_never_public" in rules_of(plugin.analyze(folder(facts=facts)), pb.MANDATORY)


@pytest.mark.parametrize("facts", [None, {}, {"datasets": {}}, {"datasets": 7, "lab": []}, "[secret]", UNKNOWN])
def test_a_place_without_facts_is_refused(plugin: Plugin, facts: Any) -> None:
    """What it holds is not known, so every rule that has to know refuses."""
    for said in (plugin.analyze(folder(facts=facts)), plugin.analyze_stack(bucket(facts=facts))):
        assert "sharing/identifiable_never_public" in rules_of(said, pb.MANDATORY)


def test_every_property_that_is_missing_or_not_known_is_refused(plugin: Plugin) -> None:
    """Taking any property away from a refused bucket does not make it pass."""
    refused = bucket(policy=PUBLIC_POLICY)
    for name in refused.properties:
        if name == "policy":
            continue
        without = {key: value for key, value in refused.properties.items() if key != name}
        for properties in (without, {**without, name: UNKNOWN}, {**without, name: None}):
            said = plugin.analyze(Seen("urn:bucket", BUCKET, properties))
            assert "sharing/identifiable_never_public" in rules_of(said, pb.MANDATORY), (name, properties.get(name))


def test_storage_of_other_providers_is_refused(plugin: Plugin) -> None:
    """Its readers and its contents are not known."""
    said = plugin.analyze(Seen("urn:gcs", "gcp:storage/bucket:Bucket", {"name": "x"}))

    assert "sharing/identifiable_never_public" in rules_of(said, pb.MANDATORY)
    assert {d.urn for d in said} == {"urn:gcs"}


def test_what_holds_no_data_is_not_judged(plugin: Plugin) -> None:
    """Roles, components and the stack itself are none of the rules' business."""
    assert plugin.analyze(Seen("urn:x", "aws:iam/role:Role", {})) == []
    assert plugin.analyze_stack(Seen("urn:x", "pulumi:pulumi:Stack", {}), user()) == []


def test_a_user_outside_the_audience_is_refused_with_the_stack(plugin: Plugin) -> None:
    """The path goes through the user's own policy."""
    said = plugin.analyze_stack(bucket(), user("person:dave"))

    (message,) = {d.message.splitlines()[0] for d in said if d.policyName == "sharing/readers_within_audience"}
    assert message == f"{RAW}@short@bench-s3: person:dave can read and is not in the audience."


def test_raw_images_at_rest_need_two_copies_in_the_stack(plugin: Plugin) -> None:
    """Alone a folder is not blamed; in the stack it is, unless another copy is made by hand."""
    lab = make_lab(activity="resting")
    location = f"{RAW}@mid@bench"
    single = folder(lab, location=location, facts=carried(lab, "bench", term=Term.MID))
    doubled = folder(lab, location=location, facts=carried(lab, "bench", "safe", term=Term.MID))

    assert "keeping/raw_copies" not in rules_of(plugin.analyze(single))
    (said,) = [d for d in plugin.analyze_stack(single) if d.policyName == "keeping/raw_copies"]
    assert (said.urn, said.enforcementLevel) == ("urn:folder", pb.MANDATORY)
    assert "keeping/raw_copies" not in rules_of(plugin.analyze_stack(doubled))


def test_what_was_said_of_a_resource_is_not_said_again(plugin: Plugin) -> None:
    """One finding, one message in one operation; the next operation hears it again."""
    seen = folder(tags={"lab": "way-lab"}, location="retina/raw_images@long@bench", facts=carried(make_lab()))

    assert "cost/ownership_tags" in rules_of(plugin.analyze(seen))
    assert "cost/ownership_tags" not in rules_of(plugin.analyze_stack(seen))
    assert "cost/ownership_tags" in rules_of(plugin.analyze_stack(seen))


def test_what_is_waived_is_advice_and_says_who_waived_it(plugin: Plugin) -> None:
    """It is still shown; what is waived of another store is not."""
    facts = carried(make_lab("open"), "bench-s3")
    until = (dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=30)).isoformat()
    waiver = {
        "project": "retina",
        "rule": "sharing/readers_within_audience",
        "location": "raw_images@bench-s3",
        "reason": "Dave helps until the end of the month",
        "by": "alice",
        "until": until,
    }
    open_bucket = {**bucket(make_lab("open")).properties}

    def said(location: str) -> Any:
        waived = {**facts, "waivers": {"retina#1": {**waiver, "location": location}}}
        seen = Seen("urn:bucket", BUCKET, {**open_bucket, "facts": waived})
        found = plugin.analyze_stack(seen, user("person:dave"))
        return next(d for d in found if d.policyName == waiver["rule"])

    assert said("raw_images@bench-s3").enforcementLevel == pb.ADVISORY
    assert f"Waived until {until} by alice: Dave helps until the end of the month" in said("raw_images").message
    assert said("raw_images@short@bench-s3").enforcementLevel == pb.ADVISORY
    assert said("raw_images@mid").enforcementLevel == pb.MANDATORY


# Buckets of pulumi-aws


def test_a_bucket_of_amazon_is_judged_with_the_stack_if_nothing_has_said_what_it_holds(plugin: Plugin) -> None:
    """The declaration may come later; without one it is refused at the end."""
    assert plugin.analyze(aws_bucket(acl="public-read")) == []
    assert RULE in rules_of(plugin.analyze_stack(aws_bucket()), pb.MANDATORY)


def test_a_bucket_of_amazon_is_refused_as_soon_as_it_is_opened(plugin: Plugin) -> None:
    """By itself, or by its policy, before that is made; a private one passes so far."""
    opening = part("Policy", policy=json.dumps(policy()))
    assert plugin.analyze(opening) == []  # of a bucket that nothing is known of
    plugin.analyze(declaration())
    assert plugin.analyze(part("Versioning", versioningConfiguration={"status": "Enabled"})) == []
    assert RULE not in rules_of(plugin.analyze(aws_bucket()))
    (said,) = [d for d in plugin.analyze(opening) if d.policyName == RULE]
    assert (said.urn, said.enforcementLevel) == (opening.urn, pb.MANDATORY)
    # With the stack it is said of once.
    assert RULE not in rules_of(plugin.analyze_stack(aws_bucket(), opening))
    plugin.analyze(declaration())
    assert RULE in rules_of(plugin.analyze(aws_bucket(acl="public-read")))
    plugin.analyze_stack()


def test_a_component_s_facts_and_a_bucket_s_inputs_are_kept_for_the_stack(plugin: Plugin) -> None:
    """With the stack a component shows nothing, and everything that the service chooses is not known."""
    plugin.analyze(declaration())
    plugin.analyze(aws_bucket())
    later = dict.fromkeys(("policy", "grants", "versioning", "website", "lifecycleRules"), UNKNOWN)
    outputs = aws_bucket(**later, arn=UNKNOWN)
    said = plugin.analyze_stack(Seen(declaration().urn, declaration().type, {}), outputs)

    assert RULE not in rules_of(said)
    assert not [d for d in said if "not known" in d.message]


def test_what_is_imported_is_judged_by_what_was_read(plugin: Plugin) -> None:
    """A record of it that says otherwise is of no use: the engine does not bring about what it is to ignore."""
    wrong = part("Policy", policy=json.dumps(policy(Principal={"AWS": "arn:aws:iam::123456789012:role/a"})))
    really = part("Policy", policy=json.dumps(policy()))
    plugin.analyze(declaration())
    plugin.analyze(aws_bucket(), ["bucket", "tags"])
    plugin.analyze(wrong, ["bucket", "policy"])
    assert RULE in rules_of(plugin.analyze_stack(aws_bucket(), really), pb.MANDATORY)

    # Of what a preview cannot know, what is asked for counts, as of anything that is made.
    plugin.stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="s", dry_run=True))
    for seen in (declaration(), aws_bucket(), really):
        assert plugin.analyze(seen, ["bucket", "policy"]) == []
    assert RULE in rules_of(plugin.analyze_stack(aws_bucket(), part("Policy", policy=UNKNOWN)), pb.MANDATORY)
    plugin.stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="s"))


def test_a_word_for_slidebox_s_own_provider_does_not_delay_what_is_said_of_a_bucket_of_amazon(plugin: Plugin) -> None:
    """Its provider knows nothing of things that stay as they are, and would make the bucket's policy."""
    plugin.analyze(declaration())
    plugin.analyze(aws_bucket(asIs=True))
    assert RULE in rules_of(plugin.analyze(part("Policy", policy=json.dumps(policy()), asIs=True)), pb.MANDATORY)
    plugin.analyze_stack()


def test_what_stays_as_it_is_is_judged_by_what_its_provider_has_read(plugin: Plugin) -> None:
    """Whatever the program says of it: only what is declared of its data is taken from there."""
    said = bucket(asIs=True)
    read = {**bucket(policy=PUBLIC_POLICY).properties, "facts": None, "location": None}
    plugin.stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="s", dry_run=True))
    assert plugin.analyze(said) == []
    assert RULE in rules_of(plugin.analyze_stack(Seen(said.urn, said.type, read)), pb.MANDATORY)
    plugin.stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="s"))


def test_a_preview_is_judged_at_its_end(plugin: Plugin) -> None:
    """It makes nothing, so no resource is judged before the others are there."""
    plugin.stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="s", dry_run=True))
    assert plugin.analyze(bucket(policy=PUBLIC_POLICY)) == []
    assert RULE in rules_of(plugin.analyze_stack(bucket(policy=PUBLIC_POLICY)), pb.MANDATORY)
    plugin.stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="s"))
    assert RULE in rules_of(plugin.analyze(bucket(policy=PUBLIC_POLICY)), pb.MANDATORY)
    plugin.analyze_stack()


# The lab's own rules


def test_the_lab_s_own_rules_are_asked_too(opa: Path, tmp_path: Path) -> None:
    """They are found from the folder that the engine runs in, through the lab's file."""
    (tmp_path / "lab.yaml").write_text(LAB_FILE, encoding="utf-8")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "no_bench.rego").write_text(OWN_RULE, encoding="utf-8")
    running = Plugin(opa, pack_dir(), tmp_path, {"SLIDEBOX_LAB": str(tmp_path)})
    try:
        assert "lab/no_bench" in rules_of(running.analyze(folder()), pb.MANDATORY)
        names = {policy.name for policy in running.stub.GetAnalyzerInfo(empty_pb2.Empty()).policies}
        assert "lab/no_bench" in names
    finally:
        running.close()


def test_a_lab_file_that_cannot_be_understood_ends_the_plugin(opa: Path, tmp_path: Path) -> None:
    """Whether it adds rules is not known."""
    (tmp_path / "lab.yaml").write_text("lab: x\nrules: [", encoding="utf-8")
    running = Plugin(opa, pack_dir(), tmp_path, {"SLIDEBOX_LAB": str(tmp_path)})
    _, said = running.process.communicate(timeout=20)

    assert (running.port, running.process.returncode) == ("", 2)
    assert "lab.yaml" in said


def test_the_lab_is_the_one_around_the_engine_or_around_the_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing names it; a folder without a lab adds nothing."""
    monkeypatch.delenv("SLIDEBOX_LAB", raising=False)
    monkeypatch.setattr("slidebox.analyzer.__main__._engine_folder", list)
    pack = tmp_path / "policies"
    pack.mkdir()
    assert own_rules(pack) is None
    (tmp_path / "lab.yaml").write_text(LAB_FILE, encoding="utf-8")
    assert own_rules(pack) == tmp_path / "ours"


@pytest.mark.skipif(not CASES.is_file(), reason=f"{CASES} is not here")
def test_collected_policies_are_refused_exactly_where_they_are_public(plugin: Plugin) -> None:
    """Through the whole gate, each of the collected bucket policies is judged right for identifiable data."""
    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    judged = {
        case["name"]: "sharing/identifiable_never_public"
        in rules_of(plugin.analyze_stack(bucket(policy=case["policy"], bucket="bkt")))
        for case in cases
    }

    assert judged == {case["name"]: case["public"] for case in cases}


def test_rules_that_cannot_be_asked_stop_the_engine(opa: Path, tmp_path: Path) -> None:
    """When OPA dies in the middle, the answer is a failure and not silence."""
    (tmp_path / "main.rego").write_text("package main\ncatalogue := []\n", encoding="utf-8")
    (tmp_path / "a.rego").write_text(
        (pack_dir() / "cost" / "ownership_tags.rego").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "lib").mkdir()
    for name in ("judge", "shape"):
        text = (pack_dir() / "lib" / f"{name}.rego").read_text(encoding="utf-8")
        (tmp_path / "lib" / f"{name}.rego").write_text(text, encoding="utf-8")
    running = Plugin(opa, tmp_path, tmp_path)
    try:
        with pytest.raises(grpc.RpcError, match="could not be asked"):
            running.analyze(folder())
    finally:
        running.close()


def test_a_pack_that_does_not_compile_ends_the_plugin(opa: Path, tmp_path: Path) -> None:
    """The engine sees a plugin that fails, with the reason."""
    (tmp_path / "main.rego").write_text("package main\nx if {", encoding="utf-8")
    running = Plugin(opa, tmp_path, tmp_path)
    _, said = running.process.communicate(timeout=20)

    assert (running.port, running.process.returncode) == ("", 3)
    assert "could not be loaded" in said


def test_the_plugin_leaves_when_the_engine_is_killed(opa: Path, tmp_path: Path) -> None:
    """An engine that dies by kill -9 leaves no plugin behind."""
    launcher = REPOSITORY / "plugins" / "pulumi-analyzer-policy-slidebox"
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.argv[1], 'x', sys.argv[2]], stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline(); print(child.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "SLIDEBOX_OPA": str(opa), "SLIDEBOX_PYTHON": sys.executable}
    words = [sys.executable, "-c", program, str(launcher), str(pack_dir())]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as engine:
        assert engine.stdout is not None
        child = int(engine.stdout.readline())
        engine.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while lives(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not lives(child)


# The real engine

PROGRAM = """
import json, pathlib, pulumi
from slidebox.components.resources import Folder, FolderArgs
for name, args in json.loads(pathlib.Path("resources.json").read_text()).items():
    Folder(name, FolderArgs(**args))
"""


def engine_project(root: Path, resources: dict[str, Any]) -> None:
    """A Pulumi project whose program registers these folders, with our provider and our rules."""
    plugins = REPOSITORY / "plugins"
    (root / "Pulumi.yaml").write_text(
        "name: gate\nruntime: {name: python}\nmain: program\nplugins:\n"
        f"  providers: [{{name: slidebox, path: {plugins}}}]\n"
        f"  analyzers: [{{name: policy-slidebox, path: {plugins}}}]\n",
        encoding="utf-8",
    )
    (root / "program").mkdir()
    (root / "program" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    for folder_of in (root, root / "program"):
        (folder_of / "resources.json").write_text(json.dumps(resources), encoding="utf-8")


@pytest.mark.e2e
def test_the_real_engine_refuses_at_preview_and_makes_nothing(engines: dict[str, Path], tmp_path: Path) -> None:
    """`pulumi up` with the pack stops at the preview for a folder that every account can read."""
    drive = tmp_path / "drive"
    drive.mkdir()
    lab = make_lab(drive=str(drive))
    drives.mark("way-lab", "bench", drive)
    given = {
        "location": f"{RAW}@short@bench",
        "store": "bench",
        "root": str(drive),
        "lab": "way-lab",
        "path": RAW,
        "tags": tags(lab, RAW),
        "facts": carried(lab),
    }
    engine_project(tmp_path, {"open": given | {"mode": "0755"}})
    environment = Home(tmp_path).environment()

    def pulumi(*words: str) -> tuple[int, str]:
        command = [str(engines["pulumi"]), *words, "--non-interactive"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert pulumi("stack", "init", "gate")[0] == 0
    code, said = pulumi("up", "--yes", "--policy-pack", str(pack_dir()))

    assert code != 0, said
    assert "sharing/identifiable_never_public" in said
    assert "anybody with an account can read identifiable data" in said
    assert not (drive / RAW).exists()

    for folder_of in (tmp_path, tmp_path / "program"):
        (folder_of / "resources.json").write_text(json.dumps({"open": given | {"mode": "0700"}}), encoding="utf-8")
    code, said = pulumi("up", "--yes", "--policy-pack", str(pack_dir()))

    assert code == 0, said
    assert (drive / RAW).is_dir()
