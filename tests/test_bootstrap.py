"""How engines are found, made, and kept: tools/engines.py, with everything that touches the world passed in."""

from __future__ import annotations

import fcntl
import importlib.util
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", REPOSITORY / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


engines: Any = _load("engines")
rego_coverage: Any = _load("rego_coverage")

PIN = engines.Pin("opa", "example.org/opa", "1.22.2", "1.26.0")
PULUMI = engines.Pin("pulumi", "example.org/pulumi", "3.259.0", "1.25.0")


def _program(path: Path, text: str = "#!/bin/sh\nexit 0\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


class World:
    """A finder whose PATH, cache, installer and compiler are the test's own."""

    def __init__(self, root: Path, answers: str = "", installs: bool = False) -> None:
        self.path = root / "path"
        self.cache = root / "cache"
        self.said: list[str] = []
        self.built: list[str] = []
        self.asked_installer = 0
        self.installs = installs
        self.finder = engines.Finder(
            cache=self.cache,
            environment={"PATH": str(self.path)},
            say=self.said.append,
            ask=lambda _: answers,
            install=self._install,
            build=self._build,
        )

    def _install(self, pin: Any, folder: Path) -> bool:
        self.asked_installer += 1
        if self.installs:
            _program(folder / "pulumi")
            _program(folder / "pulumi-language-python")
        return self.installs

    def _build(self, pin: Any, output: Path) -> None:
        self.built.append(pin.name)
        _program(output)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("Version: 1.22.2\nBuild Commit: \nGo Version: go1.26.8\n", (1, 22, 2)),
        ("Version  : v1.8.0\nBuild    : abc\n", (1, 8, 0)),
        ("Version  : git\nBuild    : norev\n", None),
        ("", None),
        ("v3.260.0-alpha.1", (3, 260, 0)),
    ],
)
def test_a_version_is_read_from_what_the_program_says(said: str, version: object) -> None:
    """Each engine says its version in its own way; a build without one has none."""
    assert version == engines.parse_version(said)


@pytest.mark.parametrize(
    ("found", "enough"),
    [
        ((3, 259, 0), True),
        ((3, 300, 1), True),
        ((3, 258, 9), False),
        ((4, 0, 0), False),
        ((2, 999, 0), False),
        (None, False),
    ],
)
def test_new_enough_means_the_same_major_version_and_not_older(found: Any, enough: bool) -> None:
    """An older, an unknown and another major version do not stand in for the pinned one."""
    assert enough is engines.new_enough(found, "3.259.0")


@pytest.mark.parametrize(
    ("name", "version", "package"),
    [
        ("pulumi", "3.259.0", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"),
        ("opa", "1.22.2", "github.com/open-policy-agent/opa"),
        ("versitygw", "1.8.0", "github.com/versity/versitygw/cmd/versitygw"),
    ],
)
def test_versions_come_from_go_mod(name: str, version: str, package: str) -> None:
    """The repository's modules pin the measured versions, and nothing else names one."""
    pin = engines.read_pin(REPOSITORY / "tools" / name)
    assert (name, version, package) == (pin.name, pin.version, pin.package)


def test_pulumi_is_stamped_with_its_version() -> None:
    """Without the linker's flag `pulumi version` prints nothing."""
    flags = engines.read_pin(REPOSITORY / "tools" / "pulumi").build
    assert "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0" in flags[-1]


def test_a_go_mod_without_a_tool_is_refused(tmp_path: Path) -> None:
    """A module that pins nothing names itself in the error."""
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.25\n")
    with pytest.raises(engines.EnginesError, match="pins no tool"):
        engines.read_pin(tmp_path)


def test_what_is_on_path_and_new_enough_is_not_built(tmp_path: Path) -> None:
    """PATH comes first."""
    world = World(tmp_path, answers="Version: 1.30.0")
    mine = _program(world.path / "opa")
    _program(world.cache / "opa-1.22.2" / "opa")
    assert (mine, []) == (world.finder.find(PIN), world.built)


def test_what_is_on_path_and_too_old_is_said_and_passed_over(tmp_path: Path) -> None:
    """The user learns why their own one is not used."""
    world = World(tmp_path, answers="Version: 0.70.0")
    _program(world.path / "opa")
    assert world.cache / "opa-1.22.2" / "opa" == world.finder.find(PIN)
    assert world.said == ["opa on PATH is 0.70.0; slidebox needs 1.22.2 or newer of the same major version."]


def test_an_engine_is_made_once(tmp_path: Path) -> None:
    """The second run finds what the first one made."""
    world = World(tmp_path)
    first, second = world.finder.find(PIN), world.finder.find(PIN)
    assert (["opa"], first) == (world.built, second)


def test_pulumi_comes_from_the_official_installer_with_its_language_host(tmp_path: Path) -> None:
    """Where the installer answers nothing is built, and the official language host lies beside the engine."""
    world = World(tmp_path, installs=True)
    path = world.finder.find(PULUMI)
    assert world.built == []
    assert {"pulumi", "pulumi-language-python"} == {p.name for p in path.parent.iterdir()}


def test_pulumi_is_built_where_the_installer_does_not_answer(tmp_path: Path) -> None:
    """No network but a module proxy is enough; only pulumi has an installer."""
    world = World(tmp_path)
    world.finder.find(PULUMI)
    world.finder.find(PIN)
    assert (world.asked_installer, world.built) == (1, ["pulumi", "opa"])


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither half an engine nor a draft stays in the cache."""
    world = World(tmp_path)

    def fail(_: Any, output: Path) -> None:
        output.write_text("half")
        raise engines.EnginesError("no")

    finder = engines.Finder(world.cache, {"PATH": ""}, world.said.append, lambda _: "", lambda *_: False, fail)
    with pytest.raises(engines.EnginesError):
        finder.find(PIN)
    assert [path.name for path in world.cache.iterdir()] == [".opa-1.22.2.lock"]


def test_two_clones_do_not_build_the_same_engine(tmp_path: Path) -> None:
    """The second waits for the first, says so, and uses what it made."""
    first, second = World(tmp_path), World(tmp_path)
    first.cache.mkdir()
    with (first.cache / ".opa-1.22.2.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiter = threading.Thread(target=second.finder.find, args=(PIN,))
        waiter.start()
        deadline = time.monotonic() + 10
        while not second.said and time.monotonic() < deadline:
            time.sleep(0.01)
        _program(first.cache / "opa-1.22.2" / "opa")
    waiter.join(10)
    assert (second.said, second.built) == (["Another run is making opa 1.22.2; waiting for it."], [])


def test_without_go_the_error_says_what_to_install(tmp_path: Path) -> None:
    """The user can install Go or the engine itself."""
    with pytest.raises(engines.EnginesError, match=r"needs Go.*Install Go 1\.26\.0 or newer .* or opa 1\.22\.2 itself"):
        engines.go_build(PIN, tmp_path / "opa", environment={"PATH": ""}, say=lambda _: None)


def test_a_failed_build_shows_the_end_of_its_log_and_what_to_install(tmp_path: Path) -> None:
    """Names of packages that went well are left out; the compiler's words are kept."""
    script = (
        "#!/bin/sh\necho golang.org/x/sys\necho 'go: go.mod requires go >= 1.26.0 (running go 1.24.1)' >&2\nexit 1\n"
    )
    _program(tmp_path / "bin" / "go", script)
    (tmp_path / "tools" / "opa").mkdir(parents=True)
    with pytest.raises(engines.EnginesError) as raised:
        engines.go_build(
            PIN,
            tmp_path / "opa",
            environment={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"},
            say=lambda _: None,
            tools=tmp_path / "tools",
        )
    assert str(raised.value).splitlines() == [
        "Building opa 1.22.2 failed:",
        "  go: go.mod requires go >= 1.26.0 (running go 1.24.1)",
        "Install Go 1.26.0 or newer (https://go.dev/dl) or opa 1.22.2 itself, and run this again.",
    ]


def test_a_build_says_how_long_it_may_take(tmp_path: Path) -> None:
    """Nobody waits for minutes without knowing it."""
    said: list[str] = []
    _program(tmp_path / "bin" / "go")
    (tmp_path / "tools" / "opa").mkdir(parents=True)
    path = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    engines.go_build(PIN, tmp_path / "opa", environment=path, say=said.append, tools=tmp_path / "tools")
    assert said == ["Building opa 1.22.2 from source: about 2 minutes on two cores, once for all clones."]


def test_progress_is_plain_lines_where_nobody_watches() -> None:
    """A log gets whole lines, and not one per tick."""
    out = io.StringIO()
    progress = engines.Progress("building opa", out, every=0.0)
    progress.tick(" of about 2 min")
    progress.done("built")
    assert out.getvalue().splitlines() == ["  building opa: 0 s of about 2 min", "  building opa: built after 0 s"]


def test_an_installer_that_does_not_answer_costs_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent server is given up after the wait, and it is said."""
    said: list[str] = []
    monkeypatch.setattr(engines, "INSTALLER", "http://127.0.0.1:9/install.sh")
    began = time.monotonic()
    worked = engines.official_installer(PULUMI, tmp_path, environment=os.environ, say=said.append)
    assert (worked, said) == (False, ["Pulumi's official installer does not answer (no way to get.pulumi.com)."])
    assert time.monotonic() - began < engines.INSTALLER_ANSWERS_SECONDS + 2


def test_an_unknown_engine_is_refused() -> None:
    """A mistyped name is a usage error."""
    with pytest.raises(SystemExit) as raised:
        engines.main(["pullumi"])
    assert raised.value.code == 2


def test_make_help_lists_every_target_a_person_calls() -> None:
    """`make` alone explains itself."""
    shown = subprocess.run(["make", "-s", "-C", str(REPOSITORY)], capture_output=True, text=True, check=True).stdout
    listed = [line.split()[1] for line in shown.splitlines() if line.startswith("  make ")]
    assert {"help", "up", "down", "test", "check", "bench", "clean", "engines"} <= set(listed)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with data in it, and the script that cleans it."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "clean").write_bytes((REPOSITORY / "tools" / "clean").read_bytes())
    (tmp_path / ".slidebox" / "drives").mkdir(parents=True)
    (tmp_path / ".mypy_cache").mkdir()
    return tmp_path


def _clean(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **environment}
    command = ["sh", str(clone / "tools" / "clean")]
    return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_clean_removes_nothing_where_nobody_can_be_asked(clone: Path) -> None:
    """Without a terminal the data stay, and so does everything else."""
    done = _clean(clone)
    assert (
        done.returncode,
        (clone / ".slidebox" / "drives").exists(),
        (clone / ".mypy_cache").exists(),
    ) == (2, True, True)
    assert "nothing was removed" in done.stderr


def test_clean_removes_data_when_it_is_confirmed(clone: Path) -> None:
    """CONFIRM=yes stands for the typed word."""
    done = _clean(clone, CONFIRM="yes")
    assert (done.returncode, (clone / ".slidebox").exists(), (clone / ".mypy_cache").exists()) == (0, False, False)


def test_clean_removes_the_salt_of_a_passphrase_that_goes(clone: Path) -> None:
    """It would lock the next stack of that name out; a stack's file with settings of the user's stays."""
    (clone / "Pulumi.salt.yaml").write_text("encryptionsalt: v1:abc\n")
    (clone / "Pulumi.set.yaml").write_text("encryptionsalt: v1:abc\nconfig:\n  slidebox:a: b\n")
    (clone / "Pulumi.yaml").write_text("name: lab\n")
    assert _clean(clone, CONFIRM="yes").returncode == 0
    assert sorted(path.name for path in clone.glob("Pulumi*")) == ["Pulumi.set.yaml", "Pulumi.yaml"]


def test_lines_that_no_rego_test_reaches_are_named() -> None:
    """A gap in coverage is shown as file and lines."""
    report = {
        "files": {"a.rego": {"not_covered": [{"start": {"row": 3}, "end": {"row": 4}}]}, "b.rego": {"coverage": 100}}
    }
    assert rego_coverage.missed(report) == ["a.rego:3-4"]
