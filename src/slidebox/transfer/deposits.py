"""A dataset in a deposit: few files without folders, a manifest of its own, and a new version once it is published."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property

from slidebox.deposits.bundles import LISTING, Member, Parcel, content, is_own, listing, parcels_of, read_listing
from slidebox.deposits.repository import Deposit, Repository, Sending, Stored
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.provenance import CRATE_FILE, FileEntry, decode
from slidebox.transfer.places import Content, Held, somebody_else
from slidebox.transfer.remembered import sha256_in
from slidebox.transfer.whole import Arrived, Opened
from slidebox.web import WebError

_BESIDE = 2
"""Files of a deposit that are slidebox's own: the listing and the manifest."""


class DepositPlace:
    """A deposit that holds one dataset.

    Files are sent one after another, each compared by the MD5 that the service says; the manifest comes last, and
    without it the deposit is incomplete. What is published is never written to: a new version is begun where anything
    has changed, and it stays a draft until somebody publishes it.

    Parameters
    ----------
    name
        What to call it in a sentence.
    connect
        Makes the client, once it is first needed.
    deposit
        The service's id of the deposit, of its first version.
    key
        A stable id.
    """

    def __init__(self, name: str, connect: Callable[[], Repository], deposit: str, *, key: str = "") -> None:
        self.name = name
        self.key = key or deposit
        self._connect = connect
        self._id = deposit
        self._lock = threading.RLock()
        self._shown: Deposit | None = None
        self._where: dict[str, tuple[str, Member]] | None = None
        self._begun = False

    def __repr__(self) -> str:
        return f"DepositPlace({self.name!r})"

    @cached_property
    def _service(self) -> Repository:
        return self._connect()

    def _versions(self) -> tuple[Deposit, ...]:
        """The draft where there is one, then what is published; looked up anew."""
        first = self._service.get(self._id)
        if first is None:
            raise UnreadableError(
                f"{self.name}: {self._service.service} has no deposit {self._id} any more.",
                "Run `pulumi refresh`, then `pulumi up` makes another; what was published is found by its DOI.",
            )
        return self._service.latest(first)

    def _current(self) -> Deposit:
        """The version that is read: the draft if it is complete or being written, else what is published."""
        with self._lock:
            if self._shown is None:
                versions = self._versions()
                complete = (one for one in versions if CRATE_FILE in one.files)
                self._shown = versions[0] if self._begun else next(complete, versions[0])
            return self._shown

    def _forget(self) -> None:
        with self._lock:
            self._shown = self._where = None

    def check(self) -> None:
        """Insist that the deposit is there and answers to the store's token."""
        self._current()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Look anew; nothing is held, as a deposit belongs to one dataset alone."""
        self._forget()
        yield

    def free(self) -> int | None:
        """Nobody knows: the rules compare the whole with the service's limits."""
        return None

    # Reading

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        return self._small(self._current(), CRATE_FILE)

    def _small(self, deposit: Deposit, name: str) -> bytes | None:
        stored = deposit.files.get(name)
        if stored is None or not stored.whole:
            return None
        with self._service.read(deposit, stored) as pieces:
            return b"".join(pieces)

    def _lies(self, path: str) -> tuple[Stored, Member] | None:
        """In which file of the deposit a file of the dataset lies, and where."""
        deposit = self._current()
        with self._lock:
            if self._where is None:
                said = self._small(deposit, LISTING)
                self._where = read_listing(said, self.name) if said is not None else {}
            found = self._where.get(path)
        if found is None:
            stored = deposit.files.get(path)
            alone = stored is not None and not is_own(path) and path != CRATE_FILE
            return (stored, Member(path, stored.size, 0)) if stored and alone else None
        stored = deposit.files.get(found[0])
        return (stored, found[1]) if stored else None

    def size(self, path: str) -> int | None:
        """Bytes of a file, or None where there is none."""
        found = self._lies(path)
        return found[1].size if found else None

    def holds(self, content: Content) -> Held:
        """What the deposit has under the name of a file: it is read back, as services keep no SHA-256."""
        found = self._lies(content.entry.path)
        if found is None:
            return Held.NOTHING
        if found[1].size != content.entry.size:
            return Held.OTHER
        return Held.SAME if sha256_in(self, content.entry.path) == content.entry.sha256 else Held.OTHER

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file: a part of its bundle, or the bundle passed over up to it where there are no parts."""
        found = self._lies(path)
        if found is None:
            raise UnreadableError(f"{path} is not in {self.name}.", "Put the dataset again.")
        stored, member = found
        if not member.size:
            yield iter(())
            return
        deposit, end = self._current(), member.start + member.size
        if member.start == 0 and end == stored.size:
            with self._service.read(deposit, stored) as pieces:
                yield pieces
            return
        with self._part(deposit, stored, member) as pieces:
            yield pieces

    @contextmanager
    def _part(self, deposit: Deposit, stored: Stored, member: Member) -> Iterator[Iterator[bytes]]:
        opened: AbstractContextManager[Iterator[bytes]] = self._service.read(
            deposit, stored, member.start, member.start + member.size
        )
        try:
            pieces = opened.__enter__()
        except WebError as error:
            if error.status != 200:
                raise
            with self._service.read(deposit, stored) as whole:
                yield _Cut(whole).take(member.start, member.size)
            return
        with _entered(opened):
            yield pieces

    def each(self, paths: Collection[str]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The wanted files, each bundle read once from its beginning."""
        by_parcel: dict[str, list[Member]] = {}
        stored: dict[str, Stored] = {}
        for path in paths:
            found = self._lies(path)
            if found is None:
                raise UnreadableError(f"{path} is not in {self.name}.", "Put the dataset again.")
            by_parcel.setdefault(found[0].name, []).append(found[1])
            stored[found[0].name] = found[0]
        for name in sorted(by_parcel):
            with self._service.read(self._current(), stored[name]) as pieces:
                cut = _Cut(pieces)
                for member in sorted(by_parcel[name], key=lambda one: (one.start, one.size)):
                    yield member.path, cut.take(member.start, member.size)

    # Writing

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Refuse: a deposit is written whole.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(f"{self.name} takes a dataset only as a whole.", "Put the whole folder.")

    def write_whole(
        self, files: Sequence[FileEntry], opened: Opened, advance: Callable[[int], None], *, replace: bool
    ) -> Arrived:
        """Send what is not there already.

        Raises
        ------
        InputError
            If the draft has a file that slidebox did not put there, or the dataset has one that is too large.
        IntegrityError
            If the service has other bytes than were sent.
        """
        service = self._service
        parcels = parcels_of(
            ((one.path, one.size) for one in files), service.most_files - _BESIDE, service.largest_file
        )
        by_path = {one.path: one for one in files}
        sendings = {parcel.name: _sending(parcel, by_path, opened) for parcel in parcels}
        said = listing(parcels)
        if said is not None:
            sendings[LISTING] = Sending(LISTING, len(said), lambda: iter((said,)))
        newest = self._versions()[0]
        there = {name for name, sending in sendings.items() if _same(newest.files.get(name), sending)}
        extra = {name: one for name, one in newest.files.items() if name not in sendings and name != CRATE_FILE}
        written: list[str] = []
        if extra or len(there) < len(sendings):
            newest = self._begin(newest, sendings, extra, replace=replace)
        for parcel in parcels:
            if parcel.name not in there:
                service.send(newest, sendings[parcel.name])
                written += [member.path for member in parcel.members]
            advance(sum(member.size for member in parcel.members))
        if LISTING in sendings and LISTING not in there:
            service.send(newest, sendings[LISTING])
        self._begun = not newest.published
        self._forget()
        return Arrived(frozenset(written), frozenset(by_path) - frozenset(written))

    def _begin(self, newest: Deposit, sendings: Collection[str], extra: dict[str, Stored], *, replace: bool) -> Deposit:
        """A draft without what is not to stay in it: first of all its manifest, so that it does not look complete."""
        known = self._known(newest)
        foreign = sorted(name for name in extra if not is_own(name) and name not in known)
        if foreign and not replace:
            raise InputError(
                f"{self.name} has a file {foreign[0]} that slidebox did not put there, and it would be published too.",
                f"Delete it on its page ({newest.url}), put it into the folder, or say --replace.",
            )
        draft = self._service.draft(newest)
        for name in (CRATE_FILE, *sorted(extra)):
            if name in draft.files:
                self._service.remove(draft, draft.files[name])
        return draft

    def _known(self, deposit: Deposit) -> set[str]:
        """The files that the deposit's own manifest lists."""
        data = self._small(deposit, CRATE_FILE)
        return set(decode(data, f"The manifest in {self.name}").by_path) if data is not None else set()

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write the manifest into the draft, which makes it complete; nobody else sees it by that.

        Raises
        ------
        IntegrityError
            If somebody else has written one meanwhile, or the service has another.
        """
        newest = self._versions()[0]
        there = self._small(newest, CRATE_FILE)
        if there not in (None, before, manifest):
            raise somebody_else(self.name)
        if there != manifest:
            draft = self._service.draft(newest)
            self._service.send(draft, Sending(CRATE_FILE, len(manifest), lambda: iter((manifest,))))
        self._forget()
        if self.manifest() != manifest:
            raise IntegrityError(f"The manifest was sent to {self.name}, which has another one.")


def _sending(parcel: Parcel, by_path: dict[str, FileEntry], opened: Opened) -> Sending:
    return Sending(parcel.name, parcel.size, lambda: content(parcel, lambda path: opened(by_path[path])))


def _same(stored: Stored | None, sending: Sending) -> bool:
    """Whether a file has arrived: by its size, and then by its MD5, for which it is read here."""
    whole = stored is not None and stored.whole and stored.size == sending.size and stored.md5
    return bool(whole) and stored is not None and stored.md5 == sending.md5()


@contextmanager
def _entered(opened: AbstractContextManager[Iterator[bytes]]) -> Iterator[None]:
    """Close what was opened already."""
    try:
        yield
    finally:
        opened.__exit__(None, None, None)


class _Cut:
    """Cuts files out of a stream, in the order in which they lie.

    Parameters
    ----------
    pieces
        The stream.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = (piece for piece in pieces if piece)
        self._at = 0
        self._rest = b""

    def take(self, start: int, size: int) -> Iterator[bytes]:
        """So many bytes from a place that has not been passed yet; what lies before is passed over."""
        self._skip(start)
        while size:
            piece = self._next()
            if not piece:
                return
            given, self._rest = piece[:size], piece[size:]
            self._at += len(given)
            size -= len(given)
            yield given

    def _skip(self, start: int) -> None:
        while self._at < start:
            piece = self._next()
            if not piece:
                return
            passed = min(len(piece), start - self._at)
            self._rest = piece[passed:]
            self._at += passed

    def _next(self) -> bytes:
        return self._rest or next(self._pieces, b"")
