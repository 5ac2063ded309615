"""What is presented: bona fide subjects and presentation attack instruments (PAI), from bases and recordings.

One folder may hold both. A basis names its species and its subject in its ``meta``. A recording lies in a
folder named for its species: ``DIR/<species>/<recording>/session.json``; the name of its own folder, up to
the first underscore, is its subject.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from lightproof.errors import BasisError, InputError, RecordingError
from lightproof.files import read_regular
from lightproof.rigs.recording.format import SESSION_FILE, load_session, sha256_of
from lightproof.simulation import basis

BONA_FIDE: Final = "bona_fide"
"""The species of a living capture subject (ISO/IEC 30107-3: bona fide presentation)."""

RECIPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "flat_print": "2D Face 1-1 and 2-1",
        "screen_replay": "2D Face 1-2, 1-3, 2-2 and 2-3",
        "phone_replay": "2D Face 1-2 and 1-3",
        "paper_mask": "3D Face 1-1 and 2-1",
        "cut_out": "3D Face 1-1, penetration testing (cut photo)",
        "relief_mould": "3D Face 3",
        "bust": "3D Face 3",
    }
)
"""Species -> the recipe that it follows in the public toolboxes for the biometric protection profile.

They are those of the Biometrics international Technical Community (cPP-toolboxes, verification lists of
2020-02-07). Bent and folded prints that nobody wears, and projected faces, are in no list."""

_ALIKE: Final = 0.8
"""Similarity from which a name is taken for a typing error: ``bonafied`` has 0.88, ``phone_replay`` 0.32."""


class Subjects(StrEnum):
    """Which capture subjects take part: thresholds are chosen on some, numbers come from the others."""

    EVEN = "even"
    ODD = "odd"
    ALL = "all"


class SourceKind(StrEnum):
    """A basis is played under any light and challenge, a recording only as it was recorded."""

    BASIS = "basis"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class Source:
    """One bona fide subject or one PAI, to be presented again and again.

    Attributes:
        name: unique in a campaign: ``bona_fide_004``, or ``flat_print/012_desk`` for a recording.
        kind: basis or recording.
        path: the ``.npz`` file, or the folder of the recording.
        species: :data:`BONA_FIDE` or the PAI species.
        subject: identity of the capture subject on it, empty where it is not known.
        sha256: of the basis, or of the recording's ``session.json`` (which names its video's), hexadecimal.
    """

    name: str
    kind: SourceKind
    path: Path
    species: str
    subject: str
    sha256: str


def find_sources(folder: Path) -> tuple[Source, ...]:
    """Return the bases ``*.npz`` and the recordings ``<species>/<recording>/`` of a folder, each by name.

    Every basis is read, so that none fails in mid-campaign.

    Raises:
        InputError: the folder contains neither.
        BasisError: a basis is damaged, or does not name its species.
        RecordingError: a recording is damaged, or lies in no folder that names its species.
    """
    bases = tuple(_basis(path) for path in sorted(folder.glob("*.npz")))
    found = bases + _recordings(folder)
    if not found:
        raise InputError(
            f"{folder} holds no light-transport basis and no recording; name a folder with .npz files, with "
            f"<species>/<recording>/{SESSION_FILE}, or with both"
        )
    return found


def find_recordings(folder: Path) -> tuple[Source, ...]:
    """Return the recordings ``<species>/<recording>/`` of a folder, by name.

    Raises:
        InputError: the folder holds none.
        RecordingError: one is damaged, or lies in no folder that names its species.
    """
    found = _recordings(folder)
    if not found:
        raise InputError(
            f"{folder} holds no recording; name a folder with <species>/<recording>/{SESSION_FILE}"
        )
    return found


def _recordings(folder: Path) -> tuple[Source, ...]:
    loose = sorted(folder.glob(f"*/{SESSION_FILE}")) + sorted(folder.glob(SESSION_FILE))
    if loose:
        raise RecordingError(
            f"recording {loose[0].parent} does not say its species; put it into a folder named for it, "
            f"such as {folder / BONA_FIDE}"
        )
    return tuple(_recording(path.parent) for path in sorted(folder.glob(f"*/*/{SESSION_FILE}")))


def together(*found: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return sources that were found in several folders; what was found in two of them counts once."""
    by_place = {(source.name, source.path.resolve()): source for sources in found for source in sources}
    return tuple(by_place.values())


def species_named(text: str) -> str | None:
    """Return the species that a text names: itself, or :data:`BONA_FIDE` however its words are joined.

    None where it can hardly mean anything but bona fide presentations but is spelt differently: taken for an
    attack, it would turn every accepted person into an accepted attack.
    """
    letters = "".join(character for character in text.casefold() if character.isalnum())
    plain = BONA_FIDE.replace("_", "")
    if letters == plain:
        return BONA_FIDE
    if letters.startswith(plain) or SequenceMatcher(None, letters, plain).ratio() > _ALIKE:
        return None
    return text


def taking_part(sources: Iterable[Source], subjects: Subjects) -> tuple[Source, ...]:
    """Return the sources whose subject's number is even or odd, or all of them.

    Raises:
        InputError: halves were requested and a subject has no number, or no subject is left.
    """
    wanted: dict[Subjects, Callable[[Source], bool]] = {
        Subjects.ALL: lambda source: True,
        Subjects.EVEN: lambda source: _number(source) % 2 == 0,
        Subjects.ODD: lambda source: _number(source) % 2 == 1,
    }
    chosen = tuple(source for source in sources if wanted[subjects](source))
    if not chosen:
        raise InputError(f"no subject with an {subjects} number is there; take --subjects all")
    return chosen


def _basis(path: Path) -> Source:
    transport = basis.load(path)
    named = transport.meta.get("species")
    if not isinstance(named, str) or not named.strip():
        raise BasisError(f"{path.name} does not name its species; add it to its meta, such as {BONA_FIDE!r}")
    species = species_named(named.strip())
    if species is None:
        raise BasisError(f"{path.name} has the species {named!r}; write {BONA_FIDE!r}, or name the attack")
    subject = transport.meta.get("subject", "")
    sha256 = hashlib.sha256(read_regular(path, basis.MAX_FILE_BYTES)).hexdigest()
    return Source(path.stem, SourceKind.BASIS, path, species, str(subject), sha256)


def _recording(folder: Path) -> Source:
    load_session(folder / SESSION_FILE)
    named = folder.parent.name
    species = species_named(named)
    if species is None:
        raise RecordingError(
            f"recording {folder} has the species {named!r}; name its folder {BONA_FIDE!r}, or as the attack"
        )
    return Source(
        f"{named}/{folder.name}",
        SourceKind.RECORDING,
        folder,
        species,
        folder.name.split("_")[0],
        sha256_of(folder / SESSION_FILE),
    )


def _number(source: Source) -> int:
    digits = re.findall(r"\d+", source.subject)
    if not digits:
        raise InputError(f"{source.name}: its subject {source.subject!r} has no number; take --subjects all")
    return int(digits[-1][-9:])  # all that matters is whether it is even
