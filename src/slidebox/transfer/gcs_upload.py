"""A file of several parts on its way into a bucket of Google Cloud, and how it goes on after it was broken off."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from slidebox.provenance import FileEntry
from slidebox.provider.gcs_faults import patiently
from slidebox.transfer.journal import Journal

if TYPE_CHECKING:
    from google.cloud.storage import Blob

_TRIES = 5
_PAUSE_SECONDS = 0.5
_TIMEOUT_SECONDS = 120
_GOES_ON = 308
"""What the service answers as long as bytes are missing: no redirection here."""
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class Crc32c:
    """The checksum that Google keeps of every object (RFC 3720, section 12.1)."""

    def __init__(self) -> None:
        import google_crc32c  # noqa: PLC0415 - comes with Google's client

        self._sum: Any = google_crc32c.Checksum()  # type: ignore[no-untyped-call]

    def update(self, data: bytes) -> None:
        """Go on with more bytes."""
        self._sum.update(data)

    @property
    def text(self) -> str:
        """The sum as the service writes it."""
        return base64.b64encode(self._sum.digest()).decode("ascii")


def crc32c() -> Crc32c:
    """A checksum of nothing yet."""
    return Crc32c()


class Upload:
    """One resumable upload.

    The address of its session is remembered in the journal, a private file of this machine: whoever has it can go
    on with this one upload, and with nothing else, for a week.

    Parameters
    ----------
    blob
        The object that it becomes.
    entry
        The file.
    client
        The calling thread's client.
    journal
        Remembers the session.
    place
        The place's id in the journal.
    """

    def __init__(self, blob: Blob, entry: FileEntry, client: Any, journal: Journal, place: str) -> None:
        self._blob = blob
        self._entry = entry
        self._client = client
        self._journal = journal
        self._place = place

    def run(self, chunks: Iterator[bytes], sent: Crc32c) -> None:
        """Send what the service does not have yet.

        Parameters
        ----------
        chunks
            All bytes of the file, in order.
        sent
            Goes over all of them.

        Raises
        ------
        google.api_core.exceptions.GoogleAPICallError
            If the service refuses, or fails again and again.
        ConnectionError
            If nothing answers any more.
        """
        session, there = self._session()
        offset = 0
        for chunk in chunks:
            sent.update(chunk)
            if there is not None and there < offset:
                # What the service has lost is sent again by the next run; no byte is left out.
                raise ConnectionError("The service has fewer bytes than it had.")
            if there is not None and there < offset + len(chunk):
                there = self._send(session, offset, there, chunk)
            offset += len(chunk)

    def _session(self) -> tuple[str, int | None]:
        """The address of the upload, and how many bytes have arrived: all where None."""
        begun = self._journal.begun(self._place, self._entry.path)
        if begun is not None and begun[1] == self._entry.sha256:
            answer = self._ask(begun[0])
            if answer is not None and answer.status_code == _GOES_ON:
                return begun[0], _arrived(answer)
        session: str = self._blob.create_resumable_upload_session(
            content_type=self._blob.content_type, size=self._entry.size, client=self._client, retry=patiently()
        )
        self._journal.note_begun(self._place, self._entry.path, session, self._entry.sha256)
        return session, 0

    def _send(self, session: str, offset: int, there: int, chunk: bytes) -> int | None:
        """Send what is missing of a part; answers how many bytes of the file have arrived, None for all."""
        end, refused = offset + len(chunk), None
        for number in range(_TRIES):
            answer = self._ask(session, chunk[there - offset :], f"{there}-{end - 1}")
            if answer is None or _is_passing(answer):
                refused = answer
                time.sleep(_PAUSE_SECONDS * 2**number)
                answer = self._ask(session)
            if answer is not None and answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED):
                return None
            if answer is not None and answer.status_code == _GOES_ON:
                there = _arrived(answer)
                if there >= end or there < offset:
                    return there
            elif answer is not None and not _is_passing(answer):
                raise _failure(answer)
        raise _failure(refused)

    def _ask(self, session: str, data: bytes = b"", span: str = "*") -> Any:
        """One request, or None where nothing answers; the session's address says who asks, no token goes along."""
        import requests  # noqa: PLC0415 - comes with Google's client

        said = {"Content-Range": f"bytes {span}/{self._entry.size}"}
        try:
            return requests.put(session, data=data, headers=said, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        except (requests.ConnectionError, requests.Timeout):
            return None


def _is_passing(answer: Any) -> bool:
    return answer.status_code in _PASSING or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR


def _failure(answer: Any) -> Exception:
    from google.api_core.exceptions import from_http_response  # noqa: PLC0415 - only where a store is in Google Cloud

    if answer is None:
        return ConnectionError("The upload was broken off.")
    failure: Exception = from_http_response(answer)  # type: ignore[no-untyped-call]
    return failure


def _arrived(answer: Any) -> int:
    """How many bytes the service says that it has (``Range: bytes=0-N``)."""
    found = str(answer.headers.get("Range", ""))
    return int(found.rpartition("-")[2]) + 1 if found else 0
