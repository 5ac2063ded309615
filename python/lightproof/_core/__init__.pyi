"""The compiled core of Lightproof: pure computation in Rust, without I/O and without a clock.

At run time it is one module, whose names these stubs explain, a file a concept.

All methods that compute release the interpreter while they work. Objects can be shared between threads, also
without a global interpreter lock: what cannot change is read by all at once, and those that use a
:class:`Sampler`, a :class:`Timeline`, a :class:`ResponseRegression` or a :class:`PictureRegression` take
turns. All errors are those of :mod:`lightproof.errors`. Light is linear and relative to the screen's full
red, green and blue, 0 to 1, unless its name says ``srgb``. Quadrants are top left, top right, bottom left,
bottom right as the person sees the screen.
"""

from lightproof._core.challenge import (
    NEUTRAL_LINEAR,
    NEUTRAL_SRGB,
    PALETTE_LINEAR,
    PALETTE_SRGB,
    Challenge,
    decoy_codes,
    derive_seed,
)
from lightproof._core.colour import (
    LUMINANCE,
    SRGB_TO_LINEAR,
    linear_to_srgb,
    srgb_to_linear,
)
from lightproof._core.frame import frame_to_srgb
from lightproof._core.freshness import (
    AnyCode,
    FaceLight,
    Rank,
    response_strength,
)
from lightproof._core.lit_picture import PictureRegression
from lightproof._core.photosafety import (
    Flashes,
    Photosafety,
    check_light,
    check_photosafety,
)
from lightproof._core.relief import (
    ReliefAxis,
    ReliefFit,
    fit_relief,
)
from lightproof._core.response import (
    BANDS,
    MAX_REGISTRATION_RESIDUAL,
    Registration,
    ResponseMaps,
    ResponseRegression,
)
from lightproof._core.sampler import Sampler
from lightproof._core.timeline import Timeline

__all__ = [
    "BANDS",
    "LUMINANCE",
    "MAX_REGISTRATION_RESIDUAL",
    "NEUTRAL_LINEAR",
    "NEUTRAL_SRGB",
    "PALETTE_LINEAR",
    "PALETTE_SRGB",
    "SRGB_TO_LINEAR",
    "AnyCode",
    "Challenge",
    "FaceLight",
    "Flashes",
    "Photosafety",
    "PictureRegression",
    "Rank",
    "Registration",
    "ReliefAxis",
    "ReliefFit",
    "ResponseMaps",
    "ResponseRegression",
    "Sampler",
    "Timeline",
    "check_light",
    "check_photosafety",
    "decoy_codes",
    "derive_seed",
    "fit_relief",
    "frame_to_srgb",
    "linear_to_srgb",
    "response_strength",
    "srgb_to_linear",
]
