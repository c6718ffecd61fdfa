"""A dataset as a bag in a folder on a disk (BagIt 1.0, RFC 8493): written, read back, and complete only at the end.

The payload lies in ``data/``, and the manifest of the dataset with it. All files beside the payload are written before
that manifest, which they name: so a bag that nobody has finished lacks a file that it lists, and one that is finished
is valid.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from slidebox.errors import IntegrityError, SlideboxError, UnreadableError
from slidebox.provenance import CRATE_FILE, RESERVED_PREFIX, FileEntry, Manifest, decode, digest
from slidebox.provenance.bag import (
    ALGORITHMS,
    DECLARATION,
    MANIFESTS,
    PAYLOAD,
    TAG_FILES,
    TAG_MANIFESTS,
    About,
    Sums,
    read_manifest_text,
    tag_files,
)
from slidebox.transfer.aside import RetirableFolder
from slidebox.transfer.drive import forget, sums_of
from slidebox.transfer.places import somebody_else

UNLISTED = f"{RESERVED_PREFIX}unlisted"
"""The folder beside the payload into which files go that the dataset does not have any more."""

_TAGS = f"{RESERVED_PREFIX}tags"


def today() -> dt.date:
    """The day of bagging."""
    return dt.datetime.now(dt.UTC).date()


def is_bag(folder: Path) -> bool:
    """Whether a dataset lies in a folder as a bag, and not as files."""
    whole = (folder / DECLARATION).is_file() and (folder / PAYLOAD / CRATE_FILE).is_file()
    return whole and not (folder / CRATE_FILE).is_file()


class BagPlace(RetirableFolder):
    """A folder that holds one dataset as a bag.

    Parameters
    ----------
    name
        What to call it in a sentence.
    bag
        The folder of the bag, which has to exist.
    root
        The folder of the disk.
    organisation
        Whose it is, for ``bag-info.txt``.
    clock
        Answers with the day.
    more
        As for `slidebox.transfer.drive.DrivePlace`.
    """

    def __init__(
        self,
        name: str,
        bag: Path,
        root: Path,
        *,
        organisation: str = "",
        clock: Callable[[], dt.date] = today,
        **more: Any,
    ) -> None:
        super().__init__(name, bag / PAYLOAD, root, work=bag, **{"key": str(bag), **more})
        self.bag = bag
        self._organisation = organisation
        self._clock = clock
        self._sums: dict[str, Sums] = {}

    def check(self) -> None:
        """Insist that the disk is mounted and the folder of the bag there.

        Raises
        ------
        UnreadableError
            If it is not.
        """
        self._guard()
        if not self.bag.is_dir() or self.bag.is_symlink():
            raise UnreadableError(
                f"The folder of {self.name} is not there: {self.bag}.",
                "Mount its disk, or make it with `pulumi up -s PROJECT`.",
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder; at the end nothing is in the payload that the dataset does not have."""
        with super().writing():
            self._make_payload()
            yield
            self._put_aside_unlisted()

    def _make_payload(self) -> None:
        with self._errors():
            if not self.folder.is_dir():
                self.folder.mkdir()
                self.folder.chmod(stat.S_IMODE(self.bag.stat().st_mode))

    def _sha256(self, file: Path, path: str, *, from_disk: bool = False) -> str:
        """SHA-256 of a file, and SHA-512 for the bag from the same reading."""
        with file.open("rb") as opened:
            if from_disk:
                forget(opened)
            self._sums[path] = sums_of(opened)
        return self._sums[path].sha256

    def _everybodys(self) -> frozenset[Path]:
        return super()._everybodys() | {self.bag / name for name in TAG_FILES}

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write everything beside the payload, and then the manifest, which makes the bag complete.

        Raises
        ------
        IntegrityError
            If somebody else has written the manifest meanwhile, or a file is not what it was.
        """
        self.check()
        if self.manifest() != before:
            raise somebody_else(self.name)
        data = decode(manifest, f"The manifest for {self.name}")
        with self._errors():
            payload = self._payload(data) | {CRATE_FILE: Sums.of(manifest)}
            about = About(self._organisation, data.dataset, data.title, data.owner, self._clock())
            for name, text in tag_files(payload, data.bytes + len(manifest), about).items():
                self._replace(self.bag / name, FileEntry(name, len(text), digest(text)), iter([text]))
            entry = FileEntry("manifest", len(manifest), digest(manifest))
            self._replace(self.folder / CRATE_FILE, entry, iter([manifest]))

    def _payload(self, manifest: Manifest) -> dict[str, Sums]:
        """The checksums of the files: as they were read just now, else as the bag has them, else read now."""
        listed = self._listed()
        found = {}
        for entry in manifest.files:
            known = self._sums.get(entry.path) or listed.get(entry.path)
            if known is None or known.sha256 != entry.sha256:
                if self._sha256(self._resolve(entry.path), entry.path) != entry.sha256:
                    raise IntegrityError(
                        f"{entry.path} in {self.name} is damaged: its bytes are not the ones that were put there.",
                        "Put it again with --reread.",
                    )
                known = self._sums[entry.path]
            found[entry.path] = known
        return found

    def _listed(self) -> dict[str, Sums]:
        """The checksums that the bag has, where what names them is whole."""
        with suppress(SlideboxError, OSError):
            whole, problems = self._tags()
            if not problems:
                return whole
        return {}

    def _tags(self) -> tuple[dict[str, Sums], tuple[str, ...]]:
        """The checksums of the payload as the bag has them, and what is wrong with the files that say so."""
        texts = {name: self._tag(name) for name in TAG_FILES}
        problems = [f"{name} is missing" for name, text in texts.items() if text is None]
        for algorithm, name in zip(ALGORITHMS, TAG_MANIFESTS, strict=True):
            listed = read_manifest_text(texts[name] or b"", name)
            for tag, value in listed.items():
                text = texts[tag] if tag in texts else self._tag(tag)
                if text is None or hashlib.new(algorithm, text).hexdigest() != value:
                    problems.append(f"{tag} is not what {name} says")
            problems += [f"{name} does not name {tag}" for tag in (DECLARATION, *MANIFESTS) if tag not in listed]
        by_sha512, by_sha256 = (read_manifest_text(texts[name] or b"", name) for name in MANIFESTS)
        if by_sha512.keys() != by_sha256.keys():
            problems.append("its two manifests do not name the same files")
        within = f"{PAYLOAD}/"
        both = {path for path in by_sha512.keys() & by_sha256.keys() if path.startswith(within)}
        sums = {path.removeprefix(within): Sums(by_sha512[path], by_sha256[path]) for path in both}
        return sums, tuple(dict.fromkeys(problems))

    def _tag(self, name: str) -> bytes | None:
        file = self.bag / name
        return file.read_bytes() if self._is_file(file) else None

    def faults(self, manifest: Manifest, data: bytes) -> tuple[str, ...]:
        """What is wrong with the bag but for the bytes of its files, in sentences without a full stop.

        Parameters
        ----------
        manifest, data
            The manifest of the dataset, and its bytes.
        """
        with self._errors():
            try:
                sums, problems = self._tags()
            except IntegrityError as error:
                return (error.message.rstrip("."),)
            wanted = {entry.path: entry.sha256 for entry in manifest.files} | {CRATE_FILE: digest(data)}
            problems += tuple(
                f"its manifests have another checksum for {path}, or none"
                for path, value in sorted(wanted.items())
                if path not in sums or sums[path].sha256 != value
            )
            unlisted = sorted({*self._there()} - wanted.keys())
            problems += tuple(f"{path} is in it and in no manifest" for path in unlisted)
        return problems

    def listed(self) -> Mapping[str, Sums]:
        """The checksums of the payload as the bag itself has them; none where what says them is damaged."""
        with self._errors(), suppress(IntegrityError):
            return self._tags()[0]
        return {}

    def _there(self) -> Iterator[str]:
        """Every file of the payload, by its path."""
        for here, _, names in os.walk(self.folder):
            for name in names:
                yield (Path(here) / name).relative_to(self.folder).as_posix()

    def _put_aside_unlisted(self) -> None:
        """Move what the dataset does not have any more out of the payload: a bag lists everything in it."""
        data = self.manifest()
        if data is None:
            return
        wanted = {*decode(data, f"The manifest in {self.name}").by_path, CRATE_FILE}
        with self._errors():
            for path in sorted({*self._there()} - wanted):
                target = self.bag / UNLISTED / path
                while target.exists():
                    target = target.with_name(f"{target.name}.earlier")
                target.parent.mkdir(parents=True, exist_ok=True)
                # Among raw images (sticky bit) it may be somebody else's: a visit says so, and a steward moves it.
                with suppress(PermissionError):
                    (self.folder / path).rename(target)

    def believe_nothing(self) -> None:
        """Take away what the bag says of itself, so that it is worked out anew when it is published."""
        self._sums.clear()
        with self._errors():
            for name in TAG_MANIFESTS:
                (self.bag / name).unlink(missing_ok=True)

    # Setting aside

    def set_aside(self, token: str, files: Sequence[str]) -> None:
        """Rename the files into the disk's own bin: the manifest first, then what is beside the payload."""
        self.check()
        with self._errors():
            kept = self._bin(token) / _TAGS
            kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            crate = self.folder / CRATE_FILE
            if self._is_file(crate):
                crate.rename(self._bin(token) / CRATE_FILE)
            for name in TAG_FILES:
                if self._is_file(self.bag / name):
                    (self.bag / name).rename(kept / name)
        super().set_aside(token, files)
        with suppress(OSError):
            self.folder.rmdir()

    def bring_back(self, token: str, files: Sequence[str]) -> None:
        """Rename the files back, the manifest last."""
        self.check()
        self._make_payload()
        if (self._bin(token) / CRATE_FILE).is_file() and self.manifest() is not None:
            raise UnreadableError(
                f"{self.name} has a dataset again, so the one that was set aside cannot come back.",
                f"It lies in {self._bin(token)}: compare the two, and move one of them away.",
            )
        with self._errors():
            for name in TAG_FILES:
                if (file := self._bin(token) / _TAGS / name).is_file():
                    file.rename(self.bag / name)
        super().bring_back(token, files)

    def purge(self, token: str, files: Sequence[str]) -> None:
        """Delete the files in the bin."""
        self._guard()
        with self._errors():
            for name in TAG_FILES:
                (self._bin(token) / _TAGS / name).unlink(missing_ok=True)
        super().purge(token, files)
