"""Calibration: the constants of a rig, measured once with somebody in front of it.

Latency is measured as a session measures it: a challenge plays, and the lag at which it explains most of the
light on the face is the rig's. The mixing of colours is measured with a slow light of its own, one primary at
a time, because the challenge keeps to one luminance and cannot tell the primaries' shares apart. A face will
do in place of white paper: what the skin does to a camera channel is one factor per channel, and the evidence
allows for that.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import BANDS, Challenge, Timeline
from lightproof.colour import NEUTRAL_SCREEN_SRGB, srgb_to_linear
from lightproof.errors import LightproofError, RigError
from lightproof.face.networks import FaceNetworks
from lightproof.presence.cues import relief
from lightproof.presence.cues.latency import MAX_SIGMA_S, latency_curve, peak_s
from lightproof.presence.observation import Observation
from lightproof.presence.playing import PlaybackResult, play
from lightproof.presence.position import Positioned, wait_for_position
from lightproof.presence.reader import FaceReader
from lightproof.presence.surface import Prediction, predict
from lightproof.privacy.forget import BiometricScope, overwrite
from lightproof.privacy.process import private_process
from lightproof.rigs.latency_class import require_possible_latency
from lightproof.rigs.protocol import Calibration, Frame, Rig, RigDescription
from lightproof.verdict import CAMERA_FAULTS, REASONS, ReasonCode

REPEATS: Final = 5
"""Challenges that are played: the median withstands two that went wrong."""

MIN_CLEAR: Final = 3
"""Fewer clear latencies have no spread worth the name."""

SEARCHED_LATENCIES_S: Final = np.arange(-0.060, 0.400, 0.004)
"""Where the latency is looked for: screen, exposure and a slow driver's queue together stay below 0.4 s."""

MAX_SPREAD_S: Final = 0.010
"""A quarter of the 40 ms by which a session's latency may differ: four standard deviations stay inside."""

MIN_EXPLAINED: Final = 40.0
"""What the challenge must explain at the peak, a band of the face, in units of the noise: chance reaches it
once in 10⁸ (χ², 3 degrees of freedom)."""

MIXING_CYCLES: Final = 5
HALF_S: Final = 0.4
"""Each primary is up for 0.4 s and down for 0.4 s: 1.25 pairs of changes a second, under the three of WCAG
2.3.1, and with the other two primaries at grey none of them is a saturated red."""

DRIFT_PERIOD: Final = 8
"""Drift of a period longer than this many colours is projected out; a cycle of the primaries takes six."""

SETTLED_S: Final = 0.06
"""What the light still does after the calibrated latency: the panel's rise and what the latency's error
leaves."""

MAX_MIXING_SIGMA: Final = 0.02
"""A mixing known less well is hardly better than none: cameras leak about 0.06 of one colour into another."""


_SIGMA_OF_MAD: Final = 1.4826
"""Standard deviation of a normal distribution over the median of its absolute deviations."""


_ASSUMED_LATENCY_S: Final = 0.1
"""Where the latency is not clear, colours are read this long after their flip: late enough for most rigs, and
each is up for four times as long."""

_SWAPPED_Z: Final = 5.0
"""Standard errors by which a channel has to answer more to another colour than to its own."""

_MIN_MIRRORED: Final = 2
"""Challenges in which the picture is mirrored: one may be chance."""


class CalibrationUnclearError(RigError):
    """What was measured is not good enough to be kept."""


class CameraFaultError(RigError):
    """The camera is set up wrongly, so that nobody could be verified with it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured on a rig.

    ``latencies_s`` are those of the challenges that were clear, ``spread_s`` is their standard deviation.
    ``mixing_sigma`` is the largest standard error of the mixing as :func:`mixing_from` has it, None where the
    mixing was not clear; the calibration then holds the identity.
    """

    calibration: Calibration
    latencies_s: tuple[float, ...]
    spread_s: float
    mixing_sigma: float | None


def measure(
    rig: Rig,
    networks: FaceNetworks,
    *,
    repeats: int = REPEATS,
    seeds: Callable[[int], bytes],
    on_challenge: Callable[[int], None] | None = None,
    on_hint: Callable[[ReasonCode], None] | None = None,
) -> Measured:
    """Measure the latency and the mixing of a rig with somebody in position before it.

    Args:
        rig: entered here and left at the end. What calibration it has is ignored.
        networks: to find the face.
        repeats: challenges to play.
        seeds: returns 32 bytes for the challenge of a number.
        on_challenge: told the number of each challenge as it begins, ``repeats`` for the light of the mixing.
        on_hint: told what keeps the person from being in position.

    Raises:
        CameraFaultError: the camera's pictures are frozen, colourless, mirrored, turned or repeated, its
            colours swapped, or its times wrong.
        CalibrationUnclearError: nobody got into position, or fewer than :data:`MIN_CLEAR` challenges were
            clear, or their latencies differ by more than :data:`MAX_SPREAD_S`.
        DelayedPictureError: the latency is longer than this screen and this camera can make it.
        RigError: the camera or the screen fails.
    """
    with private_process(), BiometricScope() as scope, rig:
        bench = _Bench(rig, scope.keep(FaceReader(networks)), on_hint)
        found: list[float] = []
        deliveries_s: list[float] = []
        for number in range(repeats):
            if on_challenge is not None:
                on_challenge(number)
            challenge = Challenge.generate(seeds(number), "standard")
            latency_s = bench.latency_s(challenge, deliveries_s, statistics.median(found) if found else None)
            if latency_s is not None:
                found.append(latency_s)
        if bench.mirrored >= _MIN_MIRRORED:
            raise _fault(ReasonCode.CAMERA_MIRRORED)
        try:
            latency_s, spread_s = _agreed(found, repeats)
            require_possible_latency(rig.description, latency_s)
        except LightproofError:
            # Light in the wrong channels has no latency, or one that is an accident.
            _require_right_colours(*bench.mixing(_ASSUMED_LATENCY_S))
            raise
        if on_challenge is not None:
            on_challenge(repeats)
        mixing, sigma = bench.mixing(latency_s)
        _require_right_colours(mixing, sigma)
    delivery_s, delivery_spread_s = _delivery(deliveries_s)
    calibration = Calibration(
        latency_s, spread_s=spread_s, delivery_s=delivery_s, delivery_spread_s=delivery_spread_s
    )
    measured = Measured(calibration, tuple(found), spread_s, None)
    if sigma > MAX_MIXING_SIGMA:
        return measured
    rows = tuple((float(red), float(green), float(blue)) for red, green, blue in mixing)
    return replace(
        measured,
        calibration=replace(calibration, mixing=(rows[0], rows[1], rows[2])),
        mixing_sigma=sigma,
    )


def _delivery(deliveries_s: list[float]) -> tuple[float | None, float | None]:
    """Return median and spread of the deliveries.

    The spread is that of most: one stall in a hundred frames would let all others be late.
    """
    if not deliveries_s:
        return None, None
    median_s = float(np.median(deliveries_s))
    return median_s, float(_SIGMA_OF_MAD * np.median(np.abs(np.array(deliveries_s) - median_s)))


def mixing_from(light: NDArray[np.float64], shown: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the mixing (3, 3) that a face's light shows, and the largest standard error of its colours.

    Args:
        light: mean linear light of the face while each colour was up, (N, 3), at even times.
        shown: those colours in linear light, (N, 3).

    Each channel's light is a sum of the primaries and of cosines slower than :data:`DRIFT_PERIOD`, as the
    head moves; rows are scaled to the sum that white gives (the camera's white balance), then all to a
    largest entry of 1. Errors that all three channels share are brightness, in which motion drowns and no
    colour is read: they are left out of the standard error.
    """
    count = len(light)
    phase = np.pi * (np.arange(count) + 0.5) / count
    slow = [np.cos(k * phase) for k in range(1, int(2 * count / DRIFT_PERIOD) + 1)]
    design = np.column_stack([shown, np.ones(count), *slow])
    coefficients, *_ = np.linalg.lstsq(design, light, rcond=None)
    rows = coefficients[:3].T
    sums = rows.sum(axis=1)
    if sums.min() <= 0:
        return np.eye(3), float("inf")
    residual = (light - design @ coefficients) / sums
    residual -= residual.mean(axis=1, keepdims=True)
    variance = (residual**2).sum(axis=0) / max(count - design.shape[1], 1)
    unit = np.linalg.pinv(design.T @ design).diagonal()[:3]
    mixing = rows / sums[:, None]
    sigma = np.sqrt(variance[:, None] * unit) / mixing.max()
    return mixing / mixing.max(), float(sigma.max())


class _Bench:
    """A rig with somebody in front of it, on which lights are played."""

    def __init__(self, rig: Rig, reader: FaceReader, on_hint: Callable[[ReasonCode], None] | None) -> None:
        self._rig, self._reader, self._on_hint = rig, reader, on_hint
        self.mirrored = 0

    def latency_s(
        self, challenge: Challenge, deliveries_s: list[float], about_s: float | None
    ) -> float | None:
        """Play a challenge and return the latency of its light, None if it is not clear.

        What each frame took from its end to its arrival is added to ``deliveries_s``. ``about_s`` is the
        latency of the challenges before, with which the shape of the light is read.
        """
        with BiometricScope() as scope:
            position = scope.keep(self._position())
            observe = partial(_observe_anew, about_s)
            played = play(self._rig, challenge, position, self._reader, None, None, lambda *_: False, observe)
            scope.keep(played.observation)
            arrivals = played.observation.track.arrivals
            deliveries_s.extend(one.delivery_s for one in arrivals if one.delivery_s is not None)
            self.mirrored += about_s is not None and _is_mirrored(played.observation)
            return self._latency_s(played)

    @staticmethod
    def _latency_s(played: PlaybackResult) -> float | None:
        if played.flip_monitor.lost:
            return None
        curve = latency_curve(played.observation, SEARCHED_LATENCIES_S)
        peak = peak_s(curve)
        if peak is None or peak[1] > MAX_SIGMA_S or curve.explained.max() < MIN_EXPLAINED * BANDS:
            return None
        return peak[0]

    def mixing(self, latency_s: float) -> tuple[NDArray[np.float64], float]:
        """Play the primaries one at a time and return the mixing and its largest standard error."""
        position = self._position()
        overwrite(position.neutral_cells)  # only where the face is matters here
        rows, columns = np.nonzero(
            predict(
                position.face.points,
                position.face.transform,
                self._rig.description.geometry,
                position.frame_size,
            ).mask
        )
        steps = list(_primaries())
        flips: list[float] = []
        light: list[list[NDArray[np.float64]]] = [[] for _ in steps]
        for frame in self._play(steps, len(steps) * HALF_S, flips.append):
            cells, middle_row = self._cells(frame)
            start_s, end_s = (time_s - latency_s for time_s in frame.light_interval_s(middle_row))
            k = int(np.searchsorted(flips, end_s)) - 1
            if cells is not None and k >= 0 and start_s >= flips[k] + SETTLED_S:
                light[k].append(cells[rows, columns].mean(axis=0, dtype=np.float64))
            if cells is not None:
                overwrite(cells)
        if not all(light):
            return np.eye(3), float("inf")
        shown = np.array([srgb_to_linear(colours[0]) for _, colours in steps])
        return mixing_from(np.array([np.mean(frames, axis=0) for frames in light]), shown)

    def _position(self) -> Positioned:
        position = wait_for_position(self._rig, self._reader, self._on_hint)
        if isinstance(position, ReasonCode):
            if position in CAMERA_FAULTS:
                raise _fault(position)
            reason = REASONS[position]
            raise CalibrationUnclearError(f"nobody is in position: {reason.message} {reason.remedy}")
        return position

    def _play(
        self,
        steps: list[tuple[float, NDArray[np.uint8]]],
        duration_s: float,
        on_flip: Callable[[float], object],
    ) -> Iterator[Frame]:
        """Show colours, each at its second after the start, and yield the frames meanwhile."""
        rig = self._rig
        refresh_s = 1 / rig.description.refresh_hz
        start_s = rig.now_s() + refresh_s
        ends_s = [*(step_s for step_s, _ in steps[1:]), duration_s]
        for number, ((step_s, colours), end_s) in enumerate(zip(steps, ends_s, strict=True)):
            flip_s = rig.show(colours, at_s=start_s + step_s)
            start_s = start_s if number else flip_s
            on_flip(flip_s)
            yield from self._reader.frames(rig, until_s=start_s + end_s - refresh_s)
        rig.show(NEUTRAL_SCREEN_SRGB)

    def _cells(self, frame: Frame) -> tuple[NDArray[np.float32] | None, float]:
        """Return the cells of the face in a frame, None if there is none, and the row of its middle."""
        sample = self._reader.read(frame)
        if sample.face is None:
            return None, 0.0
        return sample.cells, float(sample.face.five_points[2, 1])


def _fault(code: ReasonCode) -> CameraFaultError:
    reason = REASONS[code]
    return CameraFaultError(f"{reason.message} {reason.remedy} Nothing was stored.")


def _is_mirrored(observation: Observation) -> bool:
    """Return whether the light from one side fell on the other, at the latency of the observation."""
    face = observation.response.face_light(observation.exposures_s, observation.mixing)
    if face is None:
        return False
    gains, _ = face.gains(observation.timeline, observation.latency_s)
    maps = observation.response.solve(gains)
    return ReasonCode.CAMERA_MIRRORED in relief.judge(maps, observation).reasons


def _require_right_colours(mixing: NDArray[np.float64], sigma: float) -> None:
    """Raise if the channels of the camera certainly answer to the screen's colours in another order.

    A face that moves makes all channels alike, which is no order.

    Raises:
        CameraFaultError: the colours are swapped.
    """
    is_an_order = len(set(mixing.argmax(axis=1).tolist())) == len(mixing)
    if is_an_order and (mixing.max(axis=1) - mixing.diagonal() > _SWAPPED_Z * sigma).any():
        raise _fault(ReasonCode.COLOURS_SWAPPED)


def _observe_anew(
    about_s: float | None,
    neutral_cells: NDArray[np.float32],
    prediction: Prediction,
    rig: RigDescription,
    timeline: Timeline,
    *,
    start_s: float,
    duration_s: float,
) -> Observation:
    """Return an observation that no delivery of an earlier calibration bounds: the camera may be another.

    ``about_s`` takes the place of the earlier latency where something is known of this one.
    """
    unbounded = replace(rig.calibration, delivery_s=None, delivery_spread_s=None)
    if about_s is not None:
        unbounded = replace(unbounded, latency_s=about_s)
    return Observation(
        neutral_cells,
        prediction,
        replace(rig, calibration=unbounded),
        timeline,
        start_s=start_s,
        duration_s=duration_s,
    )


def _agreed(found: list[float], repeats: int) -> tuple[float, float]:
    if len(found) < MIN_CLEAR:
        raise CalibrationUnclearError(
            f"the latency was clear in {len(found)} of {repeats} challenges, {MIN_CLEAR} are needed; "
            "come closer, dim the room and hold still"
        )
    spread_s = statistics.stdev(found)
    if spread_s > MAX_SPREAD_S:
        raise CalibrationUnclearError(
            f"the latency differs by ±{1000 * spread_s:.0f} ms between challenges, at most "
            f"±{1000 * MAX_SPREAD_S:.0f} ms can be used; close other programs that are busy"
        )
    return statistics.median(found), spread_s


def _primaries() -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield when each colour begins and the colour, on all quadrants: one primary up, then down, in turn."""
    half = 0
    for _ in range(MIXING_CYCLES):
        for channel in range(3):
            for level in (255, 0):
                colours = NEUTRAL_SCREEN_SRGB.copy()
                colours[:, channel] = level
                yield half * HALF_S, colours
                half += 1
