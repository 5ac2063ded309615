"""The lights of an evaluation: which ambient pictures of a basis shine, and whether they flicker."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lightproof.errors import BasisError, InputError
from lightproof.simulation.basis import LightTransport


@dataclass(frozen=True, slots=True)
class Light:
    """An ambient light; ``picture`` of a basis shines alone, or the simulator's own mix if it is None."""

    name: str
    picture: str | None
    flickers: bool
    about: str

    def on(self, transport: LightTransport) -> LightTransport:
        """Return a basis in this light. An attack screen keeps its own.

        Raises:
            BasisError: the basis has no picture under this light.
        """
        if self.picture is None:
            return transport
        if self.picture not in transport.ambient:
            raise BasisError(
                f"the basis has no picture {self.picture!r} for the light {self.name!r}; it has "
                f"{', '.join(sorted(transport.ambient))}"
            )
        return dataclasses.replace(transport, ambient={self.picture: transport.ambient[self.picture]})


OFFICE: Final = "office"

LIGHTS: Final[Mapping[str, Light]] = MappingProxyType(
    {
        light.name: light
        for light in (
            Light(OFFICE, None, True, "ceiling, window and sky, mixed anew in every trial"),
            Light("ceiling", "ceiling", True, "ceiling lamps only"),
            Light("window", "window", False, "daylight from one side only"),
            Light("dome", "dome", False, "daylight from everywhere, as under an overcast sky"),
            Light("desk", "desk", True, "a desk lamp only"),
        )
    }
)
"""Name -> light.

The response level of a trial says the same in each of them, and no more than this: in a square window in the
middle of the face, half as high as the face, the mean luminance under a full white screen is that share of
the mean luminance under the room's light, flicker averaged over. The lights differ in what the level leaves
open: how uneven the room's light is, its colour, and whether it flickers. What responds is what is presented:
paper or a head; for a monitor whose basis says so (``meta.skin_light``), skin in its place.

The strength that a session measures is a figure of all of the face that it used, not of this window. Under
even light the two agree; beside a window the dark half of a face answers many times as strongly as the lit
one, and they need not. Reports show both.
"""


def light_named(name: str) -> Light:
    """Return a light.

    Raises:
        InputError: no light has this name.
    """
    if name not in LIGHTS:
        raise InputError(f"light {name!r} is unknown; the lights are {', '.join(LIGHTS)}")
    return LIGHTS[name]
