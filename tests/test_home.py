"""The folder beside a lab's files: what is made, who may read it, and the environment it gives."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from slidebox.errors import UnreadableError
from slidebox.home import Home, engine_cache, plugins_folder


def _mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def base(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing in it but an empty PATH and a home."""
    (tmp_path / "bin").mkdir()
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "user")}


@pytest.fixture
def home(tmp_path: Path, base: dict[str, str]) -> Home:
    """A lab's folder with that environment."""
    (tmp_path / "lab").mkdir()
    return Home(tmp_path / "lab", base)


def test_making_a_home_touches_nothing(home: Home) -> None:
    """Only use makes the folder."""
    assert not home.root.exists()


def test_only_the_owner_enters_the_folder_and_reads_the_passphrase(home: Home) -> None:
    """0700 and 0600, whatever the umask."""
    home.prepare()
    assert (_mode(home.root), _mode(home.passphrase_file)) == ("0o700", "0o600")


def test_the_passphrase_is_made_once(home: Home) -> None:
    """Two runs, and many at the same time, agree on one passphrase."""
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: home.passphrase(), range(16)))
    assert len(found) == 1
    assert {"passphrase", "state"} == {path.name for path in home.root.iterdir()}


def test_a_passphrase_that_others_could_read_is_closed_again(home: Home) -> None:
    """A copy or a restore may have opened it."""
    home.prepare()
    home.passphrase_file.chmod(0o644)
    home.prepare()
    assert _mode(home.passphrase_file) == "0o600"


def test_a_lost_passphrase_is_not_replaced(home: Home) -> None:
    """State that was encrypted with it could never be read again, so nothing new is made over it."""
    home.prepare()
    stack = home.root / "state" / ".pulumi" / "stacks" / "lab" / "one.json"
    stack.parent.mkdir(parents=True)
    stack.write_text("{}")
    home.passphrase_file.unlink()
    with pytest.raises(UnreadableError, match=r"passphrase is gone.*Restore the file"):
        home.prepare()
    assert not home.passphrase_file.exists()


def test_the_passphrase_is_in_no_environment(home: Home) -> None:
    """The engine gets the file's path."""
    assert home.passphrase().decode() not in "".join(home.environment().values())


def test_state_is_local_unless_a_team_says_otherwise(home: Home, base: dict[str, str]) -> None:
    """The environment wins over the file, and the file over the folder."""
    local = home.state_url
    home.prepare()
    (home.root / "backend").write_text("s3://lab-state\n")
    shared = home.state_url
    chosen = Home(home.lab_root, {**base, "PULUMI_BACKEND_URL": "gs://other"}).state_url
    assert (f"file://{home.root}/state", "s3://lab-state", "gs://other") == (local, shared, chosen)


def test_another_labs_env_does_not_send_state_to_the_other_lab(tmp_path: Path, base: dict[str, str]) -> None:
    """A shell that sourced lab A's env and then works with lab B keeps B's state in B."""
    first, second = Home(tmp_path / "a", base), Home(tmp_path / "b", base)
    assert second.local_state_url == second.environment(first.environment())["PULUMI_BACKEND_URL"]


def test_a_passphrase_of_another_project_does_not_lock_the_local_state(home: Home, base: dict[str, str]) -> None:
    """With local state only the lab's own passphrase counts."""
    env = home.environment({**base, "PULUMI_CONFIG_PASSPHRASE": "x"})
    assert (None, str(home.passphrase_file)) == (
        env.get("PULUMI_CONFIG_PASSPHRASE"),
        env["PULUMI_CONFIG_PASSPHRASE_FILE"],
    )


def test_a_team_brings_its_own_passphrase_with_its_shared_state(home: Home, base: dict[str, str]) -> None:
    """A shared backend leaves the user's passphrase as it is."""
    env = home.environment({**base, "PULUMI_BACKEND_URL": "s3://team", "PULUMI_CONFIG_PASSPHRASE_FILE": "/team"})
    assert (env["PULUMI_BACKEND_URL"], env["PULUMI_CONFIG_PASSPHRASE_FILE"]) == ("s3://team", "/team")


def test_engines_come_from_set_up_then_path_then_the_newest_in_the_cache(home: Home, base: dict[str, str]) -> None:
    """Each is used only where the one before is missing; 1.10 is newer than 1.9."""
    cache = engine_cache(base)
    _program(cache / "opa-1.9.0" / "opa")
    newest = _program(cache / "opa-1.10.0" / "opa")
    found = [home.engine("opa")]
    on_path = _program(Path(base["PATH"]) / "opa")
    found.append(home.engine("opa"))
    chosen = _program(home.lab_root / "mine" / "opa")
    home.choose_engines({"opa": chosen})
    found.append(home.engine("opa"))
    chosen.unlink()
    found.append(home.engine("opa"))
    assert [newest, on_path, chosen, on_path] == found


def test_a_missing_engine_says_how_to_get_it(home: Home) -> None:
    """The error names the places that were looked at."""
    with pytest.raises(UnreadableError, match=r"opa was not found on PATH or in .*make engines"):
        home.need_engine("opa")


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"HOME": "/u"}, "linux", "/u/.cache/slidebox/engines"),
        ({"HOME": "/u"}, "darwin", "/u/Library/Caches/slidebox/engines"),
        ({"HOME": "/u", "XDG_CACHE_HOME": "/c"}, "darwin", "/c/slidebox/engines"),
    ],
)
def test_engines_are_kept_in_the_users_cache_folder(environment: dict[str, str], platform: str, expected: str) -> None:
    """Each platform has its own; XDG_CACHE_HOME wins."""
    assert Path(expected) == engine_cache(environment, platform)


def test_our_language_host_is_on_path_only_where_the_official_one_is_absent(home: Home, base: dict[str, str]) -> None:
    """On PATH or beside the engine, the official one is used."""
    language = str(plugins_folder() / "language")
    absent = language in home.environment()["PATH"].split(os.pathsep)
    pulumi = _program(engine_cache(base) / "pulumi-3.1.0" / "pulumi")
    _program(pulumi.with_name("pulumi-language-python"))
    beside = language in home.environment()["PATH"].split(os.pathsep)
    pulumi.with_name("pulumi-language-python").unlink()
    _program(Path(base["PATH"]) / "pulumi-language-python")
    on_path = language in home.environment()["PATH"].split(os.pathsep)
    assert (absent, beside, on_path) == (True, False, False)


def test_the_language_host_of_another_clone_is_not_the_official_one(home: Home, base: dict[str, str]) -> None:
    """A shell that has sourced another clone's env has that clone's host on its PATH; this one is to be had too."""
    other = Path(base["PATH"]).parent / "other" / "plugins"
    (other / "language").mkdir(parents=True)
    _program(other / "pulumi-resource-slidebox")
    _program(other / "language" / "pulumi-language-python")
    base["PATH"] = f"{other / 'language'}:{base['PATH']}"

    assert str(plugins_folder() / "language") in home.environment()["PATH"].split(":")


def test_the_state_is_written_once_where_everything_is_found_again(tmp_path: Path, base: dict[str, str]) -> None:
    """A lab with a store at AWS, whose plugin finds nothing again, or one that cannot be read, is written at each."""
    lab = yaml.safe_load((Path(__file__).parent / "labs" / "good" / "every-key" / "lab.yaml").read_text())
    lab.pop("rules")
    amazon = {"system": "cloud", "kind": "aws", "account": "111122223333", "region": "us-east-1"}
    for name, stores, expected in (
        ("without", lab["stores"], "true"),
        ("with", {**lab["stores"], "amazon": amazon}, None),
        ("unread", {"bench": {"kind": "dirve"}}, None),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lab.yaml").write_text(yaml.safe_dump({**lab, "stores": stores}))
        home = Home(tmp_path / name, base)
        assert home.environment().get("PULUMI_SKIP_CHECKPOINTS") == expected
        # Whoever has sourced the env of a lab before is no exception; who wants each step written has it.
        assert home.environment({**base, "PULUMI_SKIP_CHECKPOINTS": "true"}).get("PULUMI_SKIP_CHECKPOINTS") == expected
        if expected:
            own = {**base, "PULUMI_SKIP_CHECKPOINTS": "false"}
            assert home.environment(own)["PULUMI_SKIP_CHECKPOINTS"] == "false"
        said = "export PULUMI_SKIP_CHECKPOINTS=" if expected else "unset PULUMI_SKIP_CHECKPOINTS"
        assert said in home.write_env().read_text()


def test_an_environment_made_of_our_own_is_the_same(home: Home, base: dict[str, str]) -> None:
    """Folders that are on PATH already are not put there again, and our host does not count as the official one."""
    _program(engine_cache(base) / "opa-1.0.0" / "opa")
    once = home.environment()
    twice = home.environment(once)
    assert set(once["PATH"].split(os.pathsep)) == set(twice["PATH"].split(os.pathsep))
    assert {k: v for k, v in once.items() if k != "PATH"} == {k: v for k, v in twice.items() if k != "PATH"}


SHELLS = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]


def _source(shell: str, home: Home, more: str = "", **environment: str) -> dict[str, str]:
    script = f'. "{home.env_file}"; {more} env'
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **environment}
    done = subprocess.run([shell, "-eu", "-c", script], env=env, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_sources_the_env_works_with_this_lab(shell: str, tmp_path: Path, base: dict[str, str]) -> None:
    """Also where the path holds a space and a quote, twice in a row, and under `set -eu`."""
    home = Home(tmp_path / "Ada's lab", base)
    opa = _program(engine_cache(base) / "opa-1.0.0" / "opa")
    home.write_env()
    env = _source(shell, home, f'. "{home.env_file}";')
    assert home.local_state_url == env["PULUMI_BACKEND_URL"]
    assert str(home.passphrase_file) == env["PULUMI_CONFIG_PASSPHRASE_FILE"]
    path = env["PATH"].split(os.pathsep)
    assert [str(Path(sys.executable).parent), str(opa.parent), str(plugins_folder() / "language")] == path[:3]
    assert len(path) == len(set(path))


@pytest.mark.parametrize("shell", SHELLS)
def test_the_env_leaves_a_teams_backend_alone(shell: str, home: Home) -> None:
    """`PULUMI_BACKEND_URL` of one's own wins."""
    home.write_env()
    env = _source(shell, home, PULUMI_BACKEND_URL="s3://team", PULUMI_CONFIG_PASSPHRASE="x")
    assert (env["PULUMI_BACKEND_URL"], env["PULUMI_CONFIG_PASSPHRASE"]) == ("s3://team", "x")


def test_the_env_holds_no_secret(home: Home) -> None:
    """It names the passphrase's file, not the passphrase, and only its owner reads it."""
    text = home.write_env().read_text()
    assert (home.passphrase().decode() in text, _mode(home.env_file)) == (False, "0o600")
