"""The file systems of paths and URIs (``pyarrow.fs.FileSystem``)."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import exprinfer.arrow  # raises an error if pyarrow is missing  # noqa: F401

# isort: split
import pyarrow as pa
from pyarrow import fs

#: Where other programs find the address of object storage that is not Amazon's; Arrow does not.
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def locate(path: str, filesystem: Any) -> tuple[Any, str]:
    """Return the file system of a path or URI, and the path on it.

    The address of S3 storage is that of the parameter ``endpoint_override`` of the URI, or else of
    the environment variables ``AWS_ENDPOINT_URL_S3`` or ``AWS_ENDPOINT_URL``.
    """
    if filesystem is not None:
        return filesystem, path
    if path.startswith("s3://"):
        try:
            # A small object is then written by one request. Old versions of pyarrow cannot.
            return fs.FileSystem.from_uri(_with_settings(path, allow_delayed_open="true"))  # type: ignore[no-any-return]
        except pa.ArrowInvalid:
            return fs.FileSystem.from_uri(_with_settings(path))  # type: ignore[no-any-return]
    if "://" in path:
        return fs.FileSystem.from_uri(path)  # type: ignore[no-any-return]
    return fs.LocalFileSystem(), os.path.abspath(path)


def without_secrets(path: str) -> str:
    """Return a path, or a URI without the credentials and settings in it, for people.

    Example:
        >>> without_secrets("s3://key:secret@bucket/sums?region=eu-central-1")
        's3://bucket/sums'
    """
    if "://" not in path:
        return path
    parts = urlsplit(path)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _with_settings(uri: str, **settings: str) -> str:
    """Return a URI of S3 with settings, and with the endpoint of the environment."""
    parts = urlsplit(uri)
    endpoint = next(filter(None, map(os.environ.get, _ENDPOINTS)), None)
    if endpoint:
        settings["endpoint_override"] = endpoint
    settings.update(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode(settings, quote_via=quote)))
