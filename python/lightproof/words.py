"""Words of others that a person reads before consent: names and purposes in any script, and nothing hidden.

Letters, marks, digits, punctuation and symbols of every script are accepted. Spaces of any width become one
plain space. Joiners, which Persian, Sinhala and other scripts are written with, are accepted where those
scripts have them (RFC 5892, appendix A), variation selectors after what they vary. Refused is what does not
show itself or changes how the rest reads: controls and line breaks, marks that turn the direction of
writing, characters without width, blanks that pass for letters, and what Unicode has not assigned.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from lightproof.errors import InputError

_JOINERS: Final = "\u200c\u200d"
_NON_JOINER: Final = "\u200c"
_VIRAMA: Final = 9
"""Canonical combining class of the sign after which a joiner shapes a conjunct."""

_BLANK_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers and blanks: letters, marks and symbols to Unicode, and nothing to the eye."""

_SELECTOR: Final = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def shown_words(name: str, text: str, most: int) -> str:
    """Return a text as it is shown to a person: on one line, its spaces plain and single, its ends trimmed.

    Args:
        name: what the text is, for the error.
        text: as it was given.
        most: characters that there is room for.

    Raises:
        InputError: nothing of it shows, it is too long, or it holds what does not show itself.
    """
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)
    words = re.sub(" +", " ", spaced).strip(" ")
    hidden = next((found for place, found in enumerate(words) if not _shows(words, place)), None)
    if hidden is not None:
        raise InputError(
            f"{name} {text[:80]!r} cannot be shown to the person: it holds U+{ord(hidden):04X} "
            f"({unicodedata.name(hidden, 'a control')}), which does not show itself or changes how the rest "
            "reads; take it out"
        )
    if not words or len(words) > most:
        raise InputError(
            f"{name} {text[:80]!r} of {len(words)} characters cannot be shown to the person; "
            f"give 1 to {most} printable characters on one line"
        )
    return words


def _shows(words: str, place: int) -> bool:
    character, before, after = words[place], words[:place][-1:], words[place + 1 :][:1]
    if character in _JOINERS:
        return _joins(character, before, after)
    if _SELECTOR.fullmatch(character):
        return before not in ("", " ") and not _SELECTOR.fullmatch(before) and before not in _JOINERS
    return character.isprintable() and character not in _BLANK_LETTERS


def _joins(joiner: str, before: str, after: str) -> bool:
    """Return whether a script has a joiner here: after a virama, or between letters that would join."""
    if not before or not after:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return True
    return joiner == _NON_JOINER and all(unicodedata.bidirectional(one) == "AL" for one in (before, after))
