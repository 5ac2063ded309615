"""The compiled core of Lightproof: pure computation in Rust, without I/O and without a clock.

All functions release the interpreter while they work. All errors are those of :mod:`lightproof.errors`. Light
is linear and relative to the screen's full red, green and blue, 0 to 1, unless its name says ``srgb``.
Quadrants are top left, top right, bottom left, bottom right as the person sees the screen.
"""

from collections.abc import Sequence
from typing import Literal, Self, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Mode: TypeAlias = Literal["standard", "gentle"]
PixelFormat: TypeAlias = Literal["rgb888", "bgr888", "yuv420", "nv12"]
Matrix: TypeAlias = Literal["bt601_full", "bt601_limited", "bt709_limited"]

PALETTE_SRGB: tuple[tuple[int, int, int], ...]
"""The six isoluminant colours, 8-bit sRGB. Relative luminance 0.334 to 0.337; none is a saturated red."""
PALETTE_LINEAR: tuple[tuple[float, float, float], ...]
"""The same in linear light."""
NEUTRAL_SRGB: tuple[int, int, int]
"""The grey of the palette, which all quadrants show before and after a challenge."""
NEUTRAL_LINEAR: tuple[float, float, float]
"""The same in linear light."""

@final
class Challenge:
    """A one-off sequence of 16 illuminations. Immutable; equal if mode and codes are equal.

    An illumination splits the screen into left and right (split 0) or top and bottom (split 1) and gives the
    halves two different colours a and b of the palette. Its code, 0 to 59, is
    ``split * 30 + a * 5 + (b if b < a else b - 1)``.

    Every array is a new one.
    """

    @staticmethod
    def generate(seed: bytes, mode: Mode = "standard") -> Challenge:
        """Draw a challenge from a seed of 32 bytes; see :func:`derive_seed`.

        Each code is a byte of the ChaCha20 key stream of the seed (64-bit counter and stream, both from 0),
        bytes of 240 and more being skipped, modulo 60: all codes are equally likely and independent.

        Raises :class:`~lightproof.errors.InputError` for a seed that is not 32 bytes long or an unknown mode.

        Example::

            challenge = Challenge.generate(seed, mode="gentle")
            len(challenge), challenge.dwell_s  # 16, 0.4
        """

    @staticmethod
    def from_codes(codes: ArrayLike, mode: Mode = "standard") -> Challenge:
        """Make the challenge that shows these 16 codes.

        Raises :class:`~lightproof.errors.InputError` for another number of codes, or a code above 59.
        """

    @property
    def mode(self) -> Mode:
        """``standard``: a hard change every 0.2 s; ``gentle``: a soft change every 0.4 s, 0.2 s long."""

    @property
    def dwell_s(self) -> float:
        """How long one illumination stays, its edge included, in seconds."""

    @property
    def edge_s(self) -> float:
        """How long the change at the start of each dwell takes, in seconds; 0 if it is hard."""

    @property
    def duration_s(self) -> float:
        """How long all illuminations take together, in seconds."""

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The code of each illumination, shape (16,), 0 to 59."""

    @property
    def srgb(self) -> NDArray[np.uint8]:
        """The 8-bit sRGB colours of each illumination's quadrants, shape (16, 4, 3)."""

    @property
    def linear(self) -> NDArray[np.float64]:
        """The same in linear light, shape (16, 4, 3), 0 to 1."""

    @property
    def steps_start_s(self) -> NDArray[np.float64]:
        """When each step of the light starts, in seconds since the start; shape (J,).

        In standard mode J is 16. In gentle mode it is 112: each dwell starts with six steps of 1/30 s that
        lead from the illumination before (at first from the neutral grey) to its own by a smoothstep in
        linear light, sampled at the middle of each step.
        """

    @property
    def steps_weights(self) -> NDArray[np.float64]:
        """How much of each illumination each step shows, in linear light; shape (J, 16), 0 to 1.

        What a row lacks to 1 is the neutral grey.
        """

    @property
    def steps_srgb(self) -> NDArray[np.uint8]:
        """What a screen shows in each step: its linear light as 8-bit sRGB, rounded; shape (J, 4, 3)."""

    def at(self, t0_s: float, t1_s: float) -> NDArray[np.float64]:
        """Return the mean linear light of the quadrants from ``t0_s`` to ``t1_s``, shape (4, 3).

        Times are in seconds since the start. The mean is exact: the integral over the steps. Before 0 the
        light is neutral, after the end it is the last illumination. If both times are the same it is the
        light of that instant.

        Raises :class:`~lightproof.errors.InputError` if a time is not finite or the end is before the start.
        """

    def __len__(self) -> int: ...

@final
class Flashes:
    """Flashes by one definition; a flash is a pair of opposing changes. Part of :class:`Photosafety`."""

    @property
    def quadrants(self) -> tuple[int, int, int, int]:
        """How many there are in each quadrant on its own."""

    @property
    def total(self) -> int:
        """How many there are in all quadrants together, changes at the same time counted once."""

    @property
    def per_s_max(self) -> int:
        """How many of these fall into the worst second. The standards allow three."""

@final
class Photosafety:
    """What a sequence of light does to those who look at it."""

    @property
    def general(self) -> Flashes:
        """WCAG 2.3.1: relative luminance by 0.1 or more, the darker state below 0.8."""

    @property
    def broadcast(self) -> Flashes:
        """ITU-R BT.1702: 20 cd/m² or more below 160 cd/m², a Michelson contrast of 1/17 or more above."""

    @property
    def red(self) -> Flashes:
        """WCAG 2.0 and 2.1: (R - G - B) x 320 by more than 20 with a saturated red at either end."""

    @property
    def red_chromaticity(self) -> Flashes:
        """WCAG 2.2: CIE 1976 u'v' by more than 0.2 with a saturated red at either end."""

    @property
    def colour_change_pairs_per_s_max(self) -> int:
        """Pairs of changes of any colour in any quadrant, however small, in the worst second."""

    def is_safe(self) -> bool:
        """Return whether this project may show it: no flash at all, three pairs of changes a second."""

    def meets_standards(self) -> bool:
        """Return whether the standards allow it: at most three flashes in any second by every definition."""

@final
class Sampler:
    """Turns an aligned face into a grid of cells. Holds all its memory; threads that share one take turns.

    Raises :class:`~lightproof.errors.InputError` unless both sides of the grid are 1 to 256 cells.
    """

    def __new__(cls, rows: int = 48, columns: int = 40) -> Sampler: ...
    @property
    def rows(self) -> int:
        """How many rows of cells a grid has."""

    @property
    def columns(self) -> int:
        """How many columns of cells a grid has."""

    def sample(
        self,
        image: NDArray[np.uint8],
        pixel_format: PixelFormat,
        transform: ArrayLike,
        *,
        width: int,
        height: int,
        matrix: Matrix = "bt601_full",
    ) -> tuple[NDArray[np.float32], float, float]:
        """Return ``cells``, ``clipped`` and ``outside``.

        ``image`` is viewed in place: (height, width, 3) for ``rgb888`` and ``bgr888``, (height * 3 / 2,
        stride) for ``yuv420`` (planar, I420) and ``nv12``; rows may lie apart, bytes within a row may not.
        ``transform``, shape (2, 3), maps grid coordinates (column u, row v, 1) to pixels (x, y); the grid
        spans u from 0 to ``columns`` and v from 0 to ``rows``, and whole pixels are pixel centres, as in
        OpenCV. ``matrix`` says how luma and chroma make colours: JPEG's full range, or limited range by
        BT.601 or BT.709.

        ``cells``, float32 of shape (rows, columns, 3), is mean linear light, 0 to 1. Each pixel is shared out
        to the four cells around it with the weights of bilinear interpolation, so a cell moves smoothly when
        the face moves by a part of a pixel. Where a cell is smaller than a pixel the picture is interpolated
        at the cell's centre. ``clipped`` is the share of the face's pixels of which any channel is 254 or
        more. ``outside`` is the share of cells of which less than half is in the picture; a cell with less
        than 1/16 is 0.

        Raises :class:`~lightproof.errors.FrameError` for an image of the wrong size, stride or type, and
        :class:`~lightproof.errors.InputError` for a transform that is not finite, singular, or makes cells
        below 0.05 or above 256 pixels.

        Example::

            sampler = Sampler()
            cells, clipped, outside = sampler.sample(
                frame.image, frame.pixel_format, transform, width=frame.width, height=frame.height
            )
        """

def derive_seed(nonce: bytes, device_random: bytes) -> bytes:
    """Return the 32-byte seed of a challenge, which neither the relying party nor the device chooses alone.

    HKDF-SHA256 (RFC 5869) of the device's 32 random bytes with the nonce as salt and
    ``lightproof challenge v1`` as info.

    Raises :class:`~lightproof.errors.NonceError` unless the nonce is 8 to 64 bytes long (EAT, RFC 9711,
    section 4.1), :class:`~lightproof.errors.InputError` unless ``device_random`` is 32 bytes long.
    """

def decoy_codes(seed: bytes, count: int) -> NDArray[np.uint8]:
    """Return the codes of ``count`` decoys, shape (count, 16), drawn like challenges from another stream.

    Raises :class:`~lightproof.errors.InputError` for a seed that is not 32 bytes long, or more than 2**24
    decoys.
    """

def check_photosafety(challenge: Challenge, peak_cd_m2: float = 500.0) -> Photosafety:
    """Check a challenge as a screen shows it, from the neutral grey before to the neutral grey after.

    ``peak_cd_m2`` is the luminance of the screen's full white in cd/m².

    Raises :class:`~lightproof.errors.InputError` unless it is positive and finite.
    """

def check_light(
    starts_s: ArrayLike, linear: ArrayLike, end_s: float, peak_cd_m2: float = 500.0
) -> Photosafety:
    """Check any sequence of light: ``linear`` (J, 4, 3), 0 to 1, each from its start in ``starts_s`` (J,).

    The last one is shown until ``end_s``. Times are in seconds and rise.

    Raises :class:`~lightproof.errors.InputError` for shapes that do not fit, times that do not rise, light
    outside 0 to 1, and a peak that is not positive and finite.

    Example::

        levels = np.array([0.0, 1.0, 0.0])
        check_light([0.0, 0.1, 0.2], np.tile(levels[:, None, None], (1, 4, 3)), 1.0).general.total  # 1
    """

def frame_to_srgb(
    image: NDArray[np.uint8],
    pixel_format: PixelFormat,
    *,
    width: int,
    height: int,
    matrix: Matrix = "bt601_full",
) -> NDArray[np.uint8]:
    """Return a frame as 8-bit sRGB, shape (height, width, 3), which :meth:`Sampler.sample` decodes to light.

    Colours of 4:2:0 frames are within one level of the standards' formulae; chroma holds for its 2 x 2
    pixels.

    Raises :class:`~lightproof.errors.FrameError` for an image of the wrong size, stride or type.
    """

ANOTHER_PICTURE: float
"""Share of the face's light that may be elsewhere in a frame; what has more is a picture of something else,
or of a blink, and is not taken in."""

BANDS: int
"""Bands of grid rows whose light is kept apart for the latency: a rolling shutter exposes them one after
another."""

Mixing: TypeAlias = Sequence[Sequence[float]]
"""3 x 3: the camera's linear RGB answer (rows) to the screen's linear red, green and blue (columns)."""

@final
class Timeline:
    """When which step of a challenge was really on the screen.

    Example::

        timeline = Timeline(challenge)
        timeline.flip(rig.show(challenge.steps_srgb[0]))
    """

    def __new__(cls, challenge: Challenge) -> Self: ...
    def flip(self, flip_s: float) -> None:
        """Note that the screen flipped to the next step at ``flip_s``, in seconds on the rig's clock.

        Raises:
            ClockError: the time is not finite or not later than the flip before, or all steps were shown.
        """

    def copy(self) -> Timeline:
        """Return an independent copy, which later flips do not reach."""

    @property
    def shown(self) -> int:
        """Number of steps shown so far."""

    @property
    def first_flip_s(self) -> float | None:
        """Time of the first flip in seconds, None before it."""

    def light(self, start_s: float, end_s: float, latency_s: float) -> NDArray[np.float64]:
        """Return the mean linear light of the quadrants TL TR BL BR, (4, 3), that an exposure saw.

        The exposure lasts from ``start_s`` to ``end_s``; light needs ``latency_s`` from a flip to the frame.
        """

@final
class Response:
    """Streaming regression of every cell of a face on the challenge.

    Args:
        mask: (rows, columns) bool, the cells that show skin; at least 50.
        reference: (rows, columns, 3) float32, linear light under the neutral light.
        mixing: the rig's calibrated mixing.
        capacity: frames for which memory is set aside; more are taken in, but then memory grows.

    Raises:
        InputError: sizes disagree, or the mask keeps fewer than 50 cells.
    """

    def __new__(
        cls, mask: NDArray[np.bool_], reference: NDArray[np.float32], mixing: Mixing, *, capacity: int = 512
    ) -> Self: ...
    @property
    def frames(self) -> int:
        """Number of frames taken in."""

    def push(
        self, cells: NDArray[np.float32], light: Sequence[Sequence[float]], u: float
    ) -> tuple[float, float, float, float, float]:
        """Take in one frame and return where the face was against the reference.

        Args:
            cells: (rows, columns, 3) float32, linear light, C-contiguous.
            light: (4, 3), mean linear light of the quadrants during the exposure.
            u: time of the frame, scaled so that the challenge lies in -1..1.

        Returns:
            Shift to the right and down in cells, turn in radians, relative growth, and the share of the
            face's light (luminance) that is elsewhere than these explain. Where that is more than
            :data:`ANOTHER_PICTURE` the frame was not taken in.

        Raises:
            InputError: ``cells`` has another size than the reference.
        """

    def copy(self) -> Response:
        """Return an independent copy of what was gathered so far; it holds a face's measurements as well."""

    def forget(self) -> None:
        """Overwrite everything that was measured of the face."""

    @property
    def series(self) -> NDArray[np.float64]:
        """Mean over the face of log red - blue, log green - mean(red, blue), and mean log light; (frames,
        3)."""

    def face_light(self, exposures_s: Sequence[tuple[float, float]], mixing: Mixing) -> FaceLight | None:
        """Return the face's mean light, given start and end of each frame's exposure; None with too few
        frames."""

    def band_lights(
        self, exposures_s: Sequence[Sequence[tuple[float, float]]], mixing: Mixing
    ) -> list[FaceLight]:
        """Return the mean light of each band of rows that holds enough of the face.

        ``exposures_s`` has, for each frame, start and end of the exposure of each of the :data:`BANDS` bands.
        """

    def solve(self, gains: Sequence[float]) -> ResponseMaps | None:
        """Return the response of every cell, given the gains of the whole face; None with too few frames."""

@final
class ResponseMaps:
    """The response of every cell relative to the face's, with its variance."""

    @property
    def estimates(self) -> NDArray[np.float32]:
        """(3, rows, columns): relative response, right minus left, top minus bottom; 0 outside the mask."""

    @property
    def variances(self) -> NDArray[np.float32]:
        """(3, rows, columns): variances of the estimates; infinite outside the mask."""

    @property
    def rho(self) -> tuple[float, float, float]:
        """Correlation between successive frames found in the two colour differences and in luma."""

@final
class FaceLight:
    """The mean light of a face through a session, ready to be held against challenges."""

    @property
    def frames(self) -> int:
        """Number of frames."""

    def gains(self, timeline: Timeline, latency_s: float) -> tuple[tuple[float, float, float], float]:
        """Return the slope of log light on the screen's light in red, green and blue (>= 0), and the
        score."""

    def latency_curve(self, timeline: Timeline, latencies_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the score of the challenge at every latency, in units of the noise's variance; float64."""

    def any_code(self, timeline: Timeline, latency_s: float) -> AnyCode:
        """Return what free colours in the challenge's rhythm explain, whatever the challenge."""

    def rank(
        self,
        timeline: Timeline,
        latencies_s: Sequence[float],
        *,
        decoy_seed: bytes,
        decoys: int,
        threads: int = 1,
    ) -> tuple[Rank, NDArray[np.float32]]:
        """Return the rank of the true challenge among decoys drawn from 32 random bytes, and the decoys'
        scores.

        The score is the largest over ``latencies_s``, for the challenge as for every decoy. Ties count
        against the person, so P(rank 1) <= 1 / (decoys + 1) for a video made without knowing the challenge,
        exactly. The decoys, and so the rank, are the same on any number of ``threads`` (at least 1).

        Raises:
            InputError: ``decoy_seed`` is not 32 bytes long.
        """

@final
class AnyCode:
    """What free colours in the challenge's rhythm explain of the two colour differences, in units of the
    noise's variance."""

    @property
    def explained(self) -> float:
        """Sum of squares explained."""

    @property
    def total(self) -> float:
        """Sum of squares in all."""

    @property
    def freedom(self) -> int:
        """Free parameters."""

    @property
    def total_freedom(self) -> int:
        """Degrees of freedom of the total."""

@final
class Rank:
    """Where the true challenge came among its decoys."""

    @property
    def rank(self) -> int:
        """1 if it beat every decoy strictly."""

    @property
    def decoys(self) -> int:
        """Number of decoys K."""

    @property
    def score(self) -> float:
        """Score of the true challenge, in units of the noise's variance; below 0 where every channel goes
        against it."""

    @property
    def p_value(self) -> float:
        """rank / (K + 1), exact."""

@final
class ReliefFit:
    """How far the response follows the relief that was predicted for this face."""

    @property
    def across(self) -> tuple[float, float]:
        """Coefficient from left to right and its standard error."""

    @property
    def down(self) -> tuple[float, float]:
        """Coefficient from top to bottom and its standard error."""

    @property
    def misfit(self) -> float:
        """Root mean square of what neither relief nor a smooth surface explains beyond noise, in quotient
        units."""

    @property
    def cells(self) -> int:
        """Cells that took part."""

def fit_relief(
    maps: ResponseMaps,
    mask: NDArray[np.bool_],
    predicted_across: NDArray[np.float32],
    predicted_down: NDArray[np.float32],
) -> ReliefFit | None:
    """Fit the response to the predicted quotients, (rows, columns) float32 each; None with fewer than 50
    cells."""

def response_strength(gains: Sequence[float], mixing: Mixing) -> tuple[float, float, float]:
    """Return the light of a full white screen over the ambient light in the camera's red, green and blue."""
