"""What a relying party expects of a result. Nothing has a default: what is not said is not accepted.

A token that is well signed says what happened, which may be a simulation, a session without a photo, one
under a lax policy, with other models, with software of somebody's own or on a rig whose light is so late
that something may lie between its screen and its camera. Each of these is stated by the
token, and accepted only where it was named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from lightproof.errors import InputError

if TYPE_CHECKING:
    from lightproof.rigs.latency_class import LatencyClass
    from lightproof.rigs.protocol import RigKind

ANY: Final = "any"
"""Instead of hashes or classes: whatever the device says. It has to be said."""

Hashes: TypeAlias = Collection[str] | Literal["any"]
"""Accepted hashes as tokens write them (:func:`~lightproof.result.hash_text`), or :data:`ANY`."""

LatencyClasses: TypeAlias = Collection[str] | Literal["any"]
"""Accepted :class:`~lightproof.rigs.latency_class.LatencyClass`, by name or as it is, or :data:`ANY`."""

_HASH: Final = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a result must say to be accepted, whatever its outcome.

    Attributes:
        rigs: kinds of rig, such as ``{"pi", "desktop"}``.
        presence_only: True if nobody was to be compared with a photo, False if somebody was.
        policies: hashes of the policies that are good enough.
        models: hashes of the sets of models.
        software: hashes of the software.
        latency_classes: how late the light of the rig itself may be, such as ``{"direct"}``, which leaves
            the least room for a relay that was there when the rig was calibrated. A result that is not
            verified may lack the class, which is measured with the evidence; one that has it has to have one
            of these.

    Raises:
        InputError: a set is empty, or names something that is no kind of rig, no hash or no class.

    Example::

        Expectations(
            rigs={"pi"},
            presence_only=False,
            policies={hash_text(policy.sha256())},
            models=ANY,
            software=ANY,
            latency_classes={"direct"},
        )
    """

    rigs: Collection[RigKind]
    presence_only: bool
    policies: Hashes
    models: Hashes
    software: Hashes
    latency_classes: LatencyClasses

    def __post_init__(self) -> None:
        from lightproof.rigs.latency_class import LatencyClass
        from lightproof.rigs.protocol import RigKind

        known = get_args(RigKind)
        named = self.rigs
        if isinstance(named, str) or not named or not all(rig in known for rig in named):
            raise InputError(f"rigs {named!r} are not a set of kinds of rig; name some of {', '.join(known)}")
        if not isinstance(self.presence_only, bool):
            raise InputError(f"presence_only is {self.presence_only!r}; say True or False")
        for name in ("policies", "models", "software"):
            hashes = getattr(self, name)
            if hashes == ANY:
                continue
            if isinstance(hashes, str | bytes) or not hashes or not all(map(_is_hash, hashes)):
                raise InputError(
                    f"{name} are not a set of hashes of 32 base64url characters each; "
                    "`lightproof result hashes` prints those of a device, and ANY accepts all of them"
                )
        classes, named_classes = tuple(LatencyClass), self.latency_classes
        if named_classes != ANY and (
            isinstance(named_classes, str)
            or not isinstance(named_classes, Collection)
            or not named_classes
            or not all(one in classes for one in named_classes)
        ):
            raise InputError(
                f"latency_classes {named_classes!r} are not a set of classes of latency; "
                f"name some of {', '.join(classes)}, and ANY accepts all of them"
            )

    def complaint(
        self, rig: str, presence_only: bool, hashes: Mapping[str, str], latency_class: LatencyClass | None
    ) -> tuple[str, str] | None:
        """Return what is not as expected, as the name of the claim and in words; None if all is."""
        if rig not in self.rigs:
            return "rig", f"comes from a rig of kind {rig}, not {' or '.join(sorted(self.rigs))}"
        if presence_only and not self.presence_only:
            return "presence_only", "says that somebody was there; no photo was compared"
        if self.presence_only and not presence_only:
            return "presence_only", "compares a photo, and only presence was asked for"
        for name, accepted in (
            ("policy", self.policies),
            ("models", self.models),
            ("software", self.software),
        ):
            if accepted != ANY and hashes[name] not in accepted:
                return name, f"was made with {name} {hashes[name]}, which is not among those accepted"
        if (
            latency_class is not None
            and self.latency_classes != ANY
            and latency_class not in self.latency_classes
        ):
            return "latency", (
                f"comes from a rig whose latency is {latency_class}, not "
                f"{' or '.join(sorted(self.latency_classes))}"
            )
        return None


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None
