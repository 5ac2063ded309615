"""What kind of rig a rig is: stamped by whoever opened it, whatever the rig says of itself.

Consent, chance and signature follow from the kind: a simulated rig asks nobody and takes a seed, and only
the rigs of the house may sign as ``pi`` or ``desktop``. So a rig must not choose its kind. The loader stamps
what a built-in factory made under a built-in name; every other rig is ``other``, the rigs of the house among
them if somebody else put them together (a :class:`~lightproof.rigs.desktop.rig.DesktopRig` around a camera
of one's own).

To get round it somebody would wrap or subclass a rig of the house, claim its kind in the description, take
its name by an entry point, or name its factory as ``module:factory``: all of these are ``other``. Code that
runs in this process can do what this process can, read the key included; against that the stamp does
nothing.
"""

from __future__ import annotations

import weakref
from contextlib import suppress

from lightproof.rigs.protocol import Rig, RigKind
from lightproof.rigs.recording.rig import RecordingRig
from lightproof.rigs.recording.writer import RecordingWriter

_stamped: dict[int, tuple[weakref.ref[Rig], RigKind]] = {}
"""Identity of a rig -> the rig and its kind. Not by `==` and `hash`, which are the rig's own to define."""


def stamp(rig: Rig, kind: RigKind) -> None:
    """Say what kind of rig this is; for the loader, of what a factory has just made."""
    identity = id(rig)
    # What takes no weak reference is no rig of the house, and `other` without a stamp.
    with suppress(TypeError):
        _stamped[identity] = (weakref.ref(rig, lambda _: _stamped.pop(identity, None)), kind)


def kind_of(rig: Rig) -> RigKind:
    """Return the kind that a rig was stamped with, ``other`` if it was not.

    A recorder is of the kind of the rig that it records. What computes its frames or replays them is
    ``simulated`` or ``recording`` however it was made, for nobody gains by that.

    Example::

        kind_of(open_rig("simulated", RigOptions()))  # "simulated"
    """
    # The very classes: a subclass may show real light.
    while type(rig) is RecordingWriter:
        rig = rig.recorded
    found = _stamped.get(id(rig))
    if found is not None and found[0]() is rig:
        return found[1]
    if type(rig) is RecordingRig:
        return "recording"
    from lightproof.rigs.simulated import SimulatedRig  # OpenCV comes with it

    return "simulated" if type(rig) is SimulatedRig else "other"
