#!/usr/bin/env python3
"""Find the engines that slidebox starts, or build them: pulumi, opa, versitygw.

In this order: what is on PATH and new enough; what an earlier run left in the user's cache folder;
for pulumi, Pulumi's official installer where it answers; else a build from the Go module in
``tools/NAME``, whose go.mod is the only place where a version is written. Run by `make engines`.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from slidebox.home import ENGINES, Home, engine_cache

TOOLS = Path(__file__).resolve().parent
INSTALLER = "https://get.pulumi.com/install.sh"
INSTALLER_ANSWERS_SECONDS = 6.0
INSTALLER_SECONDS = 600.0

# How long a build takes on two cores with an empty Go cache, in minutes.
MINUTES = {"pulumi": 4, "versitygw": 4, "opa": 2, "conftest": 5, "rclone": 3}
# What only some labs need: made when it is asked for by name.
WHEN_ASKED = ("rclone",)
# Where each program keeps its own version, for the linker; OPA has it in its source.
VERSION_VARIABLE = {
    "pulumi": "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
    "versitygw": "main.Version",
    "conftest": "github.com/open-policy-agent/conftest/internal/version.Version",
    "rclone": "github.com/rclone/rclone/fs.Version",
}
ASK_VERSION = {
    "pulumi": ["version"],
    "opa": ["version"],
    "versitygw": ["--version"],
    "rclone": ["version"],
    "conftest": ["--version"],  # no engine of slidebox: what benchmarks/rules.py measures beside it
}

Version = tuple[int, int, int]
Say = Callable[[str], None]


class EnginesError(Exception):
    """An engine can neither be found nor made; the message says what to install."""


@dataclass(frozen=True)
class Pin:
    """One engine as its go.mod pins it.

    Attributes
    ----------
    name
        Name of the executable.
    package
        The Go package of its main program.
    version
        Its exact version, without ``v``.
    go
        The version of Go that the module asks for.
    """

    name: str
    package: str
    version: str
    go: str

    @property
    def build(self) -> list[str]:
        """The words of `go build` that make it, but for the output."""
        variable = VERSION_VARIABLE.get(self.name)
        stamp = f" -X {variable}=v{self.version}" if variable else ""
        return ["build", "-trimpath", "-mod=readonly", "-buildvcs=false", "-v", "-ldflags", f"-s -w{stamp}"]


def read_pin(folder: Path) -> Pin:
    """What a go.mod pins: the version of the module that holds its `tool`, or that its own program builds.

    Raises
    ------
    EnginesError
        If the file is missing or pins no tool.
    """
    try:
        text = (folder / "go.mod").read_text(encoding="utf-8")
    except OSError as error:
        raise EnginesError(f"{folder / 'go.mod'} cannot be read: {error.strerror}. Clone slidebox again.") from error
    tool = re.search(r"^tool\s+(\S+)", text, re.MULTILINE)
    own = re.search(r"^// builds\s+(\S+)", text, re.MULTILINE)  # by a main.go beside it, of parts of that module
    tool = tool or own
    go = re.search(r"^go\s+(\S+)", text, re.MULTILINE)
    required = re.findall(r"^\s*(?:require\s+)?(\S+)\s+v(\d+\.\d+\.\d+)\b", text, re.MULTILINE)
    holders = [(m, v) for m, v in required if tool and f"{tool[1]}/".startswith(f"{m}/")]
    if not tool or not go or not holders:
        raise EnginesError(f"{folder / 'go.mod'} pins no tool with a version. Clone slidebox again.")
    return Pin(folder.name, "." if own else tool[1], max(holders)[1], go[1])


def parse_version(text: str) -> Version | None:
    """The first ``1.2.3`` in what a program says about itself, or None."""
    found = re.search(r"(?<![\d.])v?(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def new_enough(found: Version | None, pinned: str) -> bool:
    """Whether a version can stand in for the pinned one: the same major version, and not older."""
    wanted = parse_version(pinned)
    return found is not None and wanted is not None and found[0] == wanted[0] and found >= wanted


Capture = Callable[[Sequence[str]], str]


def capture(command: Sequence[str]) -> str:
    """What a program prints; empty where it cannot be run or takes longer than 20 s."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(list(command), capture_output=True, text=True, timeout=20, check=False)
        return done.stdout + done.stderr
    return ""


@dataclass(frozen=True)
class Finder:
    """Finds an engine, or makes it.

    Attributes
    ----------
    cache
        The user's folder of built engines.
    environment
        The environment to look in and to build with.
    say
        Takes one line for the user.
    ask
        Runs a program and gives what it prints.
    install
        Tries Pulumi's official installer into a folder: True where it worked.
    build
        Builds a pinned engine as the given file.
    """

    cache: Path
    environment: Mapping[str, str]
    say: Say
    ask: Capture
    install: Callable[[Pin, Path], bool]
    build: Callable[[Pin, Path], None]

    def find(self, pin: Pin) -> Path:
        """Where the engine is, after making it if need be.

        Raises
        ------
        EnginesError
            If it cannot be made.
        """
        found = self.on_path(pin) or self.in_cache(pin)
        if found:
            return found
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            with self._lock(pin):
                return self.in_cache(pin) or self._make(pin)  # another clone may have made it while we waited
        except OSError as error:
            raise EnginesError(
                f"{pin.name} cannot be put into {self.cache}: {error.strerror}. "
                "Free some space (a build takes about 4 GB for a while) or set XDG_CACHE_HOME to another folder."
            ) from error

    def on_path(self, pin: Pin) -> Path | None:
        """The one on PATH, if it is new enough."""
        path = shutil.which(pin.name, path=self.environment.get("PATH"))
        if not path or Path(path).is_relative_to(self.cache):
            return None
        version = parse_version(self.ask([path, *ASK_VERSION[pin.name]]))
        if new_enough(version, pin.version):
            return Path(path)
        shown = ".".join(map(str, version)) if version else "of unknown version"
        self.say(f"{pin.name} on PATH is {shown}; slidebox needs {pin.version} or newer of the same major version.")
        return None

    def in_cache(self, pin: Pin) -> Path | None:
        """The one that an earlier run made."""
        path = self.cache / f"{pin.name}-{pin.version}" / pin.name
        return path if os.access(path, os.X_OK) else None

    def _make(self, pin: Pin) -> Path:
        folder = self.cache / f"{pin.name}-{pin.version}"
        with tempfile.TemporaryDirectory(prefix=f".{pin.name}-", dir=self.cache) as draft:
            made = Path(draft) / "bin"
            made.mkdir()
            if not (pin.name == "pulumi" and self.install(pin, made)):
                self.build(pin, made / pin.name)
            # One rename: nobody ever sees half an engine. What stands there has no executable: see in_cache.
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
        return folder / pin.name

    @contextlib.contextmanager
    def _lock(self, pin: Pin) -> Iterator[None]:
        """One builder of an engine at a time, among all clones."""
        with (self.cache / f".{pin.name}-{pin.version}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(f"Another run is making {pin.name} {pin.version}; waiting for it.")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def show_duration(seconds: float) -> str:
    """Seconds as ``1 min 20 s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


@dataclass
class Progress:
    """Says that long work goes on: one line that is written over on a terminal, a line each half minute elsewhere."""

    what: str
    out: IO[str] = sys.stdout
    every: float = 30.0

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self._last = self.began
        self._terminal = self.out.isatty()

    def tick(self, detail: str = "") -> None:
        """Show how long it has taken so far."""
        now = time.monotonic()
        line = f"  {self.what}: {show_duration(now - self.began)}{detail}"
        if self._terminal:
            self.out.write(f"\r\033[K{line}")
            self.out.flush()
        elif now - self._last >= self.every:
            self._last = now
            print(line, file=self.out, flush=True)

    def done(self, end: str) -> None:
        """Say how it ended."""
        start = "\r\033[K" if self._terminal else ""
        print(
            f"{start}  {self.what}: {end} after {show_duration(time.monotonic() - self.began)}",
            file=self.out,
            flush=True,
        )


def go_build(pin: Pin, output: Path, *, environment: Mapping[str, str], say: Say, tools: Path = TOOLS) -> None:
    """Build an engine from its Go module.

    Raises
    ------
    EnginesError
        If Go is missing or the build fails; with the end of the build's log.
    """
    advice = f"Install Go {pin.go} or newer (https://go.dev/dl) or {pin.name} {pin.version} itself, and run this again."
    go = shutil.which("go", path=environment.get("PATH"))
    if go is None:
        raise EnginesError(f"{pin.name} {pin.version} is not installed, and building it needs Go. {advice}")
    minutes = MINUTES[pin.name]
    say(f"Building {pin.name} {pin.version} from source: about {minutes} minutes on two cores, once for all clones.")
    command = [go, *pin.build, "-o", str(output), pin.package]
    # A workspace or flags of the user's would build something else than what is pinned. A newer Go that a
    # module asks for is fetched by Go itself; some distributions switch that off, and the user may.
    env = {"GOTOOLCHAIN": "auto", **environment, "GOWORK": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        progress = Progress(f"building {pin.name}")
        process = subprocess.Popen(command, cwd=tools / pin.name, env=env, stdout=log, stderr=log)
        try:
            while process.poll() is None:
                progress.tick(f" of about {minutes} min")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.5)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        progress.done("built" if process.returncode == 0 else "failed")
        if process.returncode != 0:
            log.seek(0)
            raise EnginesError(f"Building {pin.name} {pin.version} failed:\n{_log_tail(log)}\n{advice}")


def _log_tail(log: IO[str], lines: int = 15) -> str:
    """The last lines of a build's log, without the names of packages that went well."""
    kept = [line.rstrip() for line in log if not re.fullmatch(r"[\w.~/-]+\n?", line)]
    return "\n".join(f"  {line}" for line in kept[-lines:])


def fetch(url: str, seconds: float) -> bytes | None:
    """A small file from the network, or None where it does not come in time.

    The wait is for all of it, also for a name server that does not answer.
    """
    got: list[bytes] = []

    def ask() -> None:
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310
            got.append(answer.read(1_000_000))

    worker = threading.Thread(target=ask, daemon=True)
    worker.start()
    worker.join(seconds)
    return got[0] if got else None


def official_installer(pin: Pin, folder: Path, *, environment: Mapping[str, str], say: Say) -> bool:
    """Run Pulumi's official installer, which brings the official language hosts too.

    Returns
    -------
    bool
        Whether `folder` now holds the pinned version; every failure is said, and leaves the folder empty.
    """
    script = fetch(INSTALLER, INSTALLER_ANSWERS_SECONDS)
    if not script or not script.startswith(b"#!"):
        say("Pulumi's official installer does not answer (no way to get.pulumi.com).")
        return False
    say(f"Installing pulumi {pin.version} with Pulumi's official installer: a download of about 200 MB.")
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        file = Path(place) / "install.sh"
        file.write_bytes(script)
        words = ["--version", pin.version, "--install-root", place, "--no-edit-path"]
        progress = Progress("installing pulumi")
        with (Path(place) / "log").open("w+") as log:
            process = subprocess.Popen(
                ["sh", str(file), *words], env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            deadline = time.monotonic() + INSTALLER_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                progress.tick()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.5)
            if process.poll() is None:
                process.kill()
                process.wait()
        installed = Path(place) / "bin"
        ok = parse_version(capture([str(installed / "pulumi"), "version"])) == parse_version(pin.version)
        progress.done("installed" if ok else "did not work")
        if not ok:
            say("Pulumi's official installer did not install it.")
            return False
        for path in installed.iterdir():
            path.rename(folder / path.name)
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Find or make the engines, remember them in `.slidebox/`, and say where they are."""
    parser = argparse.ArgumentParser(description="Find the engines that slidebox starts, or build them.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(ENGINES)} (all)")
    parser.add_argument("--lab", type=Path, default=TOOLS.parent, help="folder of lab.yaml (this repository)")
    parser.add_argument("--quiet", action="store_true", help="say nothing about what is there already")
    options = parser.parse_args(arguments)
    names = options.names or list(ENGINES)
    known = (*ENGINES, *WHEN_ASKED)
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"unknown engine {unknown[0]!r}; choose from {', '.join(known)}")
    say = functools.partial(print, flush=True)
    environment = os.environ
    finder = Finder(
        cache=engine_cache(environment),
        environment=environment,
        say=say,
        ask=capture,
        install=functools.partial(official_installer, environment=environment, say=say),
        build=functools.partial(go_build, environment=environment, say=say),
    )
    try:
        found = {name: finder.find(read_pin(TOOLS / name)) for name in names}
    except EnginesError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("interrupted: what was built is kept, the rest is built next time", file=sys.stderr)
        return 130
    home = Home(options.lab)
    home.choose_engines(found)
    home.write_env()
    if not options.quiet:
        for name, path in found.items():
            say(f"{name:<10} {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
