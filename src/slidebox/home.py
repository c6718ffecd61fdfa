"""The folder `.slidebox/` beside a lab's files: state, passphrase, engines in use, gateways.

Everything in it belongs to one machine and one user, so it is never committed. Nothing is made
before it is needed, and the passphrase is made only once: what it encrypted can be read with no other.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from slidebox.errors import SlideboxError, UnreadableError

SKIP_CHECKPOINTS = "PULUMI_SKIP_CHECKPOINTS"
"""The engine's switch to write a stack's state once, when it ends, and not at every resource."""

ENGINES = ("pulumi", "opa", "versitygw")
"""The programs that slidebox starts, by the names of their executables."""

_LANGUAGE_HOST = "pulumi-language-python"
_PASSPHRASE_VARIABLES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def engine_cache(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder of the user's built engines, shared by every clone: ``NAME-VERSION/NAME``.

    It is below ``$XDG_CACHE_HOME`` where that is set, else below the platform's cache folder.
    """
    home = Path(environment.get("HOME") or Path.home())
    default = home / "Library" / "Caches" if platform == "darwin" else home / ".cache"
    return Path(environment.get("XDG_CACHE_HOME") or default) / "slidebox" / "engines"


def plugins_folder() -> Path:
    """The folder of the executables that the engine starts: in the wheel, or at the top of the repository.

    Raises
    ------
    UnreadableError
        If neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "plugins", package.parent.parent / "plugins"):
        if folder.is_dir():
            return folder
    raise UnreadableError("slidebox's own plugins are missing from its installation.", "Install slidebox again.")


class Home:
    """The folder `.slidebox/` beside a lab's files.

    Parameters
    ----------
    lab_root
        The folder of ``lab.yaml``.
    environment
        The environment of this process; only read.
    """

    def __init__(self, lab_root: Path, environment: Mapping[str, str] = os.environ) -> None:
        self.lab_root = Path(lab_root).absolute()
        self.root = self.lab_root / ".slidebox"
        self._environment = environment

    def __repr__(self) -> str:
        return f"Home({str(self.lab_root)!r})"

    # What it holds

    @property
    def passphrase_file(self) -> Path:
        """The file of the passphrase that encrypts the state's secrets; `prepare` makes it."""
        return self.root / "passphrase"

    @property
    def env_file(self) -> Path:
        """What a shell sources to work with this lab; `write_env` makes it."""
        return self.root / "env"

    @property
    def gateways(self) -> Path:
        """The folder of the embedded S3 gateways' own files."""
        return self.root / "gateways"

    @property
    def local_state_url(self) -> str:
        """Address of the state in this folder."""
        return f"file://{self.root / 'state'}"

    @property
    def state_url(self) -> str:
        """Address of Pulumi's state.

        ``PULUMI_BACKEND_URL`` of the environment, else the line in ``.slidebox/backend``, else the
        local folder. A value that another lab's `.slidebox/env` put into the environment does not count.
        """
        return self._state_url(self._environment)

    def _state_url(self, base: Mapping[str, str]) -> str:
        chosen = base.get("PULUMI_BACKEND_URL", "")
        if chosen and chosen != base.get("SLIDEBOX_STATE"):
            return chosen
        backend = self.root / "backend"
        shared = backend.read_text(encoding="utf-8").strip() if backend.is_file() else ""
        return shared or self.local_state_url

    def prepare(self) -> None:
        """Make the folder, the local state's folder and the passphrase, where they are not there yet.

        Raises
        ------
        UnreadableError
            If the passphrase is gone although state was encrypted with it, or the folder cannot be written.
        """
        try:
            for folder in (self.root, self.root / "state"):
                folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.root.chmod(PRIVATE_FOLDER)
            if not self.passphrase_file.exists():
                self._make_passphrase()
            self.passphrase_file.chmod(PRIVATE_FILE)
        except OSError as error:
            raise UnreadableError(
                f"{self.root} cannot be prepared: {error.strerror}.",
                "Check who owns the folder and how full its disk is.",
            ) from error

    def _make_passphrase(self) -> None:
        if any((self.root / "state").glob(".pulumi/stacks/**/*.json*")):
            raise UnreadableError(
                f"{self.passphrase_file} is gone, and the state in {self.root / 'state'} was encrypted with it.",
                "Restore the file from a backup; a new passphrase cannot read the old state.",
            )
        # Written beside and then linked: of two processes that start together one wins, and
        # nobody ever reads half a passphrase.
        draft = self.root / f"passphrase.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
            try:
                os.link(draft, self.passphrase_file)
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links
                draft.replace(self.passphrase_file)
        finally:
            draft.unlink(missing_ok=True)

    def passphrase(self) -> bytes:
        """The passphrase, made now if there is none."""
        self.prepare()
        return self.passphrase_file.read_bytes().strip()

    # Engines

    def engine(self, name: str) -> Path | None:
        """Where an engine is, or None.

        What set-up chose for this clone comes first, then PATH, then the newest in the user's cache folder.
        """
        chosen = self._chosen_engines().get(name)
        if chosen and os.access(chosen, os.X_OK):
            return Path(chosen)
        found = shutil.which(name, path=self._environment.get("PATH"))
        if found:
            return Path(found)
        built = [p for p in engine_cache(self._environment).glob(f"{name}-*/{name}") if os.access(p, os.X_OK)]
        return max(built, key=lambda path: _version_key(path.parent.name), default=None)

    def need_engine(self, name: str) -> Path:
        """Where an engine is.

        Raises
        ------
        UnreadableError
            If it is nowhere.
        """
        path = self.engine(name)
        if path is None:
            raise UnreadableError(
                f"{name} was not found on PATH or in {engine_cache(self._environment)}.",
                f"Install {name}, or run `make engines` in a clone of slidebox.",
            )
        return path

    def choose_engines(self, engines: Mapping[str, Path]) -> None:
        """Remember which engines this clone uses; what was chosen before for others stays."""
        self.root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        chosen = self._chosen_engines() | {name: str(path) for name, path in engines.items()}
        text = json.dumps(chosen, indent=2, sort_keys=True) + "\n"
        replace_text(self.root / "engines.json", text, 0o644)

    def _chosen_engines(self) -> dict[str, str]:
        try:
            chosen = json.loads((self.root / "engines.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(name): str(path) for name, path in chosen.items()} if isinstance(chosen, dict) else {}

    # Environments

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment for the engine and everything it starts.

        Parameters
        ----------
        base
            What to build on; the environment of this process if not given.
        """
        self.prepare()
        base = self._environment if base is None else base
        return {name: value for name, value in {**base, **self._settings(base)}.items() if value is not None}

    def _settings(self, base: Mapping[str, str]) -> dict[str, str | None]:
        """What this lab sets in an environment; None where it unsets."""
        state = self._state_url(base)
        theirs = bool(base.get("PULUMI_BACKEND_URL")) and base.get("PULUMI_BACKEND_URL") == state
        settings: dict[str, str | None] = {
            "PATH": os.pathsep.join([*self._folders(base), base.get("PATH", os.defpath)]),
            **self._fixed(),
            SKIP_CHECKPOINTS: (base.get(SKIP_CHECKPOINTS) or "true") if self._may_skip_checkpoints() else None,
            "PULUMI_BACKEND_URL": state,
            "SLIDEBOX_STATE": None if theirs and state != self.local_state_url else state,
        }
        # Only who shares the state elsewhere brings a passphrase of their own: here, one from
        # another project would lock the state for everybody who does not have it set.
        if state == self.local_state_url or not any(base.get(name) for name in _PASSPHRASE_VARIABLES):
            settings |= {"PULUMI_CONFIG_PASSPHRASE": None, "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase_file)}
        return settings

    def _fixed(self) -> dict[str, str]:
        """What depends on nothing in the environment."""
        return {
            "SLIDEBOX_LAB": str(self.lab_root),
            "SLIDEBOX_PYTHON": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The engine would download the plugin of every installed `pulumi-*` package, used or not.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def _may_skip_checkpoints(self) -> bool:
        """Whether the engine may write the state only once.

        slidebox's own provider finds what it has made again by its marks, after a kill too; pulumi-aws does not, and a
        lab whose stores cannot be read may have one of its own.
        """
        from slidebox import labfile  # noqa: PLC0415 - most of the folder's users read no lab
        from slidebox.model import StoreKind  # noqa: PLC0415

        try:
            stores = labfile.load_lab_file(self.lab_root).stores.values()
        except SlideboxError:
            return False
        return all(store.kind is not StoreKind.AWS for store in stores)

    def _folders(self, base: Mapping[str, str]) -> list[str]:
        """The folders to put before PATH: this Python, engines that PATH lacks, our language host if need be."""
        path = base.get("PATH", os.defpath)
        engines = [engine for engine in map(self.engine, ENGINES) if engine is not None]
        hidden = [engine for engine in engines if shutil.which(engine.name, path=path) != str(engine)]
        folders = [str(Path(sys.executable).parent), *(str(engine.parent) for engine in hidden)]
        language = str(plugins_folder() / "language")
        # Nor is the host of another clone, whose env this shell has sourced, the official one.
        search = os.pathsep.join(p for p in (*folders, *path.split(os.pathsep)) if not _is_ours(Path(p)))
        if not self._official_language_host(search):
            folders.append(language)
        return list(dict.fromkeys(folders))

    def _official_language_host(self, path: str) -> bool:
        """Whether Pulumi's own Python language host is installed, on PATH or beside the engine."""
        engine = self.engine("pulumi")
        beside = engine.resolve().parent / _LANGUAGE_HOST if engine else None
        return bool(shutil.which(_LANGUAGE_HOST, path=path) or (beside and os.access(beside, os.X_OK)))

    def write_env(self) -> Path:
        """Write `.slidebox/env`, which bash, zsh and other POSIX shells source to work with this lab.

        Returns
        -------
        Path
            The file. It holds no secret, only the path of the passphrase's file.
        """
        self.prepare()
        # Folders of an earlier `source` do not count as found: the next shell will not have them.
        path = self._environment.get("PATH", os.defpath)
        ours = (str(engine_cache(self._environment)), str(plugins_folder()), str(Path(sys.executable).parent))
        folders = self._folders({"PATH": os.pathsep.join(p for p in path.split(os.pathsep) if not p.startswith(ours))})
        state = self._state_url({})
        once = f'export {SKIP_CHECKPOINTS}="${{{SKIP_CHECKPOINTS}:-true}}"'
        lines = [
            "# Written by slidebox; `make up` writes it again. Use it so: source .slidebox/env",
            "# A PULUMI_BACKEND_URL of your own stays as it is.",
            *(f'case ":$PATH:" in *:{_q(p)}:*) ;; *) PATH={_q(p)}":$PATH" ;; esac' for p in reversed(folders)),
            "export PATH",
            *(f"export {name}={_q(value)}" for name, value in self._fixed().items()),
            once if self._may_skip_checkpoints() else f"unset {SKIP_CHECKPOINTS}",
            'if [ "${PULUMI_BACKEND_URL:-}" = "${SLIDEBOX_STATE:-}" ]; then',
            f"  export PULUMI_BACKEND_URL={_q(state)}",
            '  export SLIDEBOX_STATE="$PULUMI_BACKEND_URL"',
            "fi",
            f'if [ "$PULUMI_BACKEND_URL" = {_q(self.local_state_url)} ] ||',
            '   [ -z "${PULUMI_CONFIG_PASSPHRASE:-}${PULUMI_CONFIG_PASSPHRASE_FILE:-}" ]; then',
            "  unset PULUMI_CONFIG_PASSPHRASE",
            f"  export PULUMI_CONFIG_PASSPHRASE_FILE={_q(str(self.passphrase_file))}",
            "fi",
        ]
        return replace_text(self.env_file, "\n".join(lines) + "\n", PRIVATE_FILE)


def replace_text(path: Path, text: str, mode: int) -> Path:
    """Write a small text file so that nobody ever reads half of it.

    Parameters
    ----------
    path
        Where; its folder exists.
    text
        The whole of it.
    mode
        Its permission bits, from the first byte on.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
        return draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _version_key(folder: str) -> tuple[int, ...]:
    """Sort key of a folder `NAME-1.2.3`."""
    return tuple(int(number) for number in re.findall(r"\d+", folder))


def _q(text: str) -> str:
    """A word quoted for the shell."""
    return shlex.quote(text)


def _is_ours(folder: Path) -> bool:
    """Whether a folder has slidebox's own language host, of this clone or of another."""
    return (folder.parent / "pulumi-resource-slidebox").is_file() and folder.name == "language"
