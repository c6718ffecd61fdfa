"""The fast way of whole objects into and out of a bucket: obstore, whose work is not done in Python.

Signing and sending one small object takes botocore two milliseconds of processor time, and obstore a tenth of that: of
50,000 small files it is minutes. What the lane cannot do, or fails at, is asked again through boto3, which has the
sentences for every refusal; so nothing here is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from slidebox.transfer.places import MEBIBYTE, stored_type

if TYPE_CHECKING:
    from obstore.store import S3Store

_SETTINGS: dict[str, Any] = {"timeout": "60s", "connect_timeout": "5s", "user_agent": "slidebox"}


class Lane:
    """Whole objects of one bucket, with one key.

    Parameters
    ----------
    endpoint, region, bucket
        Where it is.
    access_key, secret_key
        Whose key.
    """

    def __init__(self, *, endpoint: str, region: str, bucket: str, access_key: str, secret_key: str) -> None:
        self._where: dict[str, Any] = {
            "endpoint": endpoint,
            "region": region,
            "access_key_id": access_key,
            "secret_access_key": secret_key,
            "virtual_hosted_style_request": False,
            # The service compares the SHA-256 that is sent with every object, and refuses other bytes.
            "checksum_algorithm": "sha256",
            "client_options": {**_SETTINGS, "allow_http": endpoint.startswith("http://")},
            "retry_config": {"max_retries": 2},
        }
        self._bucket = bucket
        self._store: S3Store | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"Lane({self._bucket!r})"

    def _open(self) -> S3Store:
        from obstore.store import S3Store  # noqa: PLC0415 - only where bytes move

        if self._store is None:
            self._store = S3Store(self._bucket, **self._where)
        return self._store

    def put(self, path: str, data: bytes, metadata: dict[str, str]) -> bool:
        """Whether an object was sent and accepted.

        Parameters
        ----------
        path
            Its key.
        data
            All its bytes.
        metadata
            What is kept with it.
        """
        import obstore  # noqa: PLC0415 - only where bytes move

        if self._closed:
            return False
        attributes: Any = {"Content-Type": stored_type(path), **metadata}
        try:
            obstore.put(self._open(), path, data, attributes=attributes, use_multipart=False)
        except Exception as error:
            self._note(error)
            return False
        return True

    def get(self, path: str) -> Iterator[bytes] | None:
        """The bytes of an object in chunks, or None where it cannot be had this way.

        A chunk that does not come is an `OSError`.
        """
        import obstore  # noqa: PLC0415 - only where bytes move

        if self._closed:
            return None
        try:
            stream = obstore.get(self._open(), path).stream(min_chunk_size=MEBIBYTE)
        except Exception as error:
            self._note(error)
            return None
        return _chunks(stream)

    def _note(self, error: Exception) -> None:
        """Close the lane where it does not reach the service, as behind an institute's own certificates."""
        with suppress(ImportError):
            from obstore.exceptions import GenericError  # noqa: PLC0415

            self._closed = self._closed or isinstance(error, GenericError)


def _chunks(stream: Any) -> Iterator[bytes]:
    try:
        for chunk in stream:
            yield bytes(chunk)
    except OSError:
        raise
    except Exception as error:
        raise OSError(str(error)) from error
