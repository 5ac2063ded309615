"""Chains the lines of a file: each carries a hash over the hash before it and its own content.

A chain shows slips and edits of single lines. It is no signature: whoever can write the whole file can chain
it anew, and lines that are missing at the end leave a chain that holds. Only the last hash, kept elsewhere,
says that all is there as it was.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from lightproof.errors import InputError

START: Final = hashlib.sha256(b"lightproof trial log").hexdigest()[:32]
"""What the first line is chained to. 128 bits: nobody finds two contents of one hash."""

_HASH_DIGITS: Final = 32
_CHAINED: Final = re.compile(rb'(\{.*), "chain": "([0-9a-f]{32})"\}')


class ChainError(InputError):
    """A line does not continue the chain: it, or one before it, is not the line that was written."""


def chained(content: str, before: str) -> tuple[str, str]:
    """Return a JSON object of one line with its hash as its last member, and that hash.

    Args:
        content: the object, with at least one member.
        before: the hash of the line before it, :data:`START` for the first.
    """
    now = _hash(content.encode(), before)
    return f'{content[:-1]}, "chain": "{now}"}}', now


def unchained(line: bytes, before: str) -> tuple[bytes, str]:
    """Return the JSON object that :func:`chained` was given, and the hash of the line.

    The bytes are compared, not what they mean: another space is another line.

    Raises:
        ChainError: the line carries no hash, or another than its content and ``before`` have.
    """
    found = _CHAINED.fullmatch(line)
    if found is None:
        raise ChainError("it carries no hash at its end")
    content = found[1] + b"}"
    now = _hash(content, before)
    if found[2].decode() != now:
        raise ChainError("its hash is not that of its content and the line before it")
    return content, now


def _hash(content: bytes, before: str) -> str:
    return hashlib.sha256(before.encode() + b"\n" + content).hexdigest()[:_HASH_DIGITS]
