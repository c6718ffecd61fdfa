"""The program of docs/amazon.md, as it stands there, through a real preview of the example lab."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import Ran, SmallLab

pytestmark = pytest.mark.e2e

HERE = Path(__file__).resolve().parent
STACK = "page"
PLACE = "nf1-schwann/corrected_images@short@amazon"


@dataclass(frozen=True)
class Page:
    """The page's blocks, in their order, and the lab that they are tried in."""

    lab: SmallLab
    text: str
    blocks: dict[str, str]

    def write(self, *changes: tuple[str, str]) -> None:
        """Write the page's program, with some of its text changed."""
        program = self.blocks["python"]
        for old, new in changes:
            assert old in program
            program = program.replace(old, new)
        self.lab.write({"infra/__main__.py": program})

    def preview(self, *changes: tuple[str, str]) -> Ran:
        """Preview the page's program, with some of its text changed, under the lab's rules."""
        self.write(*changes)
        return self.lab.run("preview", "--stack", STACK, "--policy-pack", "policies")


def rules(ran: Ran) -> set[str]:
    """The rules that speak in what the engine prints."""
    return set(re.findall(r"\[severity: \w+\]\s+([a-z_]+/[a-z_]+)", ran.said))


@pytest.fixture(scope="module")
def page(engines: dict[str, Path], repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The example lab with the page's store, a plugin that stands in for pulumi-aws, and the page's program."""
    assert engines
    text = (repository / "docs" / "amazon.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    root = tmp_path_factory.mktemp("page")
    for name in ("plugins", "policies", ".venv", "projects"):
        (root / name).symlink_to(repository / name)
    lab = SmallLab(root, repository)
    store = re.sub(r"^stores:\n", "", blocks["yaml"])
    declared = (repository / "lab.yaml").read_text(encoding="utf-8").replace("\nstores:\n", f"\nstores:\n{store}")
    launcher = root / "aws" / "pulumi-resource-aws"
    settings = (repository / "Pulumi.yaml").read_text(encoding="utf-8")
    named = f"  providers:\n    - name: aws\n      path: {launcher.parent}\n"
    lab.write(
        {
            "lab.yaml": declared,
            "aws/pulumi-resource-aws": f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "aws_standin.py"}" "$@"\n',
            "Pulumi.yaml": settings.replace("  providers:\n", named),
        }
    )
    launcher.chmod(0o755)
    (root / "infra").mkdir()
    shutil.copy(HERE / "aws_sdk.py", root / "infra" / "pulumi_aws.py")
    lab.home.prepare()
    lab.environment = lab.home.environment()
    lab.init(STACK)
    return Page(lab, text, blocks)


def test_the_program_passes_and_the_page_says_what_is_said_of_it(page: Page) -> None:
    """It makes every resource of the page; the only rule that speaks is the one that the page names."""
    ran = page.preview()

    assert ran.code == 0, ran.said
    assert rules(ran) == set(re.findall(r"say one thing, `([a-z_/]+)`", page.text)) != set()
    assert f"{PLACE}: " in ran.said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '    tags={"slidebox:principal": "service:scope-uploader"},\n',
            "",
            "account:service ec2.amazonaws.com can write",
        ),
        ('Principal={"Service": "ec2.amazonaws.com"}', 'Principal="*"', "anyone can write"),
        ('Action="s3:PutObject"', 'Action="s3:*"', '"s3:*" allows actions that nobody has named'),
        ('"slidebox:location": f"{dataset}@short@amazon"', "", "unknown"),
    ],
)
def test_a_program_that_says_less_is_refused(page: Page, old: str, new: str, said: str) -> None:
    """Without the role's tag, with another trust policy, with a wildcard, without a location."""
    ran = page.preview((old, new))

    assert ran.code != 0
    assert said in ran.said, ran.said


def test_a_policy_with_the_bucket_s_arn_in_it_is_known_too_late(page: Page) -> None:
    """Somebody unknown writes then."""
    late = "policy=bucket.id.apply(lambda known: policy(Effect='Allow', Action='s3:PutObject', Resource=known))\n"
    (early,) = re.findall(r"policy=policy\(Sid=\"Upload\".*\n", page.blocks["python"])
    ran = page.preview((early, late))

    assert "it is known only once it is made" in ran.said
    assert ran.code != 0


def test_the_page_s_commands_check_the_preview_and_the_stack_from_files(page: Page) -> None:
    """The preview as a file, and the stack once it is there: neither is refused."""
    page.write()
    up = page.lab.run("up", "--stack", STACK, "--yes", "--skip-preview")
    assert up.code == 0, up.said
    try:
        for command in re.findall(r"^pulumi .*$", page.text, re.MULTILINE)[:2]:
            ran = subprocess.run(
                ["sh", "-c", command],
                cwd=page.lab.root,
                env=page.lab.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, ran.stdout
            assert re.search(r"1 location\b.*checked at the preview gate: 0 refusals", ran.stdout), ran.stdout
            assert "cost/uploads_aborted" in ran.stdout
    finally:
        assert page.lab.run("destroy", "--stack", STACK, "--yes").code == 0
