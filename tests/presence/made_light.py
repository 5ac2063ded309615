"""Observations of made-up light: what a face of so much relief would answer, without any picture."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Challenge, FaceLight, Timeline
from lightproof.face.alignment import COLUMNS, ROWS
from lightproof.policy import Policy
from lightproof.presence.likenesses import Draw, LikenessesSoFar
from lightproof.presence.lit_picture import LitPicture
from lightproof.presence.observation import Observation
from lightproof.presence.surface import Prediction
from lightproof.rigs.protocol import Calibration, CameraMetadata, Frame, Geometry, RigDescription

LATENCY_S = 0.02
"""From a flip to its light, in all of these observations."""

TRANSFORM = np.array([[7.0, 0.0, 180.0], [0.0, 7.0, 72.0]])
"""From the grid to pixels, as a steady face has it."""

POLICY = Policy(decoys=1023)
DECOY_SEED = bytes(32)


def rig(latency_s: float | None = LATENCY_S) -> RigDescription:
    """Return a rig that is calibrated to this latency, or was never calibrated."""
    return RigDescription(
        "tiny", "other", Geometry((0.15, 0.09), (0.0, 0.05, 0.0)), Calibration(latency_s), 30.0, 60.0
    )


def frame(k: int, locked: bool = True, gain: float = 1.0) -> Frame:
    """Return the ``k``-th frame of 30 a second, with nothing in its picture."""
    metadata = CameraMetadata(gain=gain, white_balance=(1.0, 1.0), locked=locked, sequence=k)
    return Frame(
        np.zeros((480, 640, 3), np.uint8),
        "rgb888",
        640,
        480,
        k / 30,
        0.015,
        0.016,
        metadata,
        arrived_s=k / 30 + 0.041,
    )


def flipped(challenge: Challenge) -> Timeline:
    """Return the timeline of a screen that shows every step of a challenge 1 ms late."""
    timeline = Timeline(challenge)
    for start_s in challenge.steps_start_s.tolist():
        timeline.flip(start_s + 0.001)
    return timeline


def wavy_relief() -> Prediction:
    """Return the relief of no particular thing: waves that no smooth surface follows, other ones each way."""
    u, v = np.arange(COLUMNS, dtype=np.float32)[None, :], np.arange(ROWS, dtype=np.float32)[:, None]
    across, down = 0.2 * np.sin(u) * np.cos(v), 0.2 * np.cos(1.3 * u) * np.sin(0.7 * v)
    return Prediction(across.astype(np.float32), down.astype(np.float32), np.ones((ROWS, COLUMNS), np.bool_))


def observed(
    description: RigDescription | None = None,
    frames: int = 100,
    response: float = 0.1,
    *,
    across: float = 0.0,
    down: float = 0.0,
    unlike: float = 0.0,
    noise: float = 0.002,
    late_s: float = 0.0,
    own_light: float = 0.0,
    flat: NDArray[np.bool_] | None = None,
    followed: Challenge | None = None,
) -> Observation:
    """Return what a thing gives that answers the challenge by ``response`` and has so much of its relief.

    Args:
        description: the rig; one that is calibrated if None.
        frames: how many were seen, at 30 a second.
        response: light of a white screen over the room's.
        across: share of the predicted relief from left to right that the thing has; 0 is a plane in slanting
            light.
        down: the same from top to bottom.
        unlike: as much again of a relief that nobody predicted.
        noise: relative standard deviation of each cell in each frame.
        late_s: how much later than :data:`LATENCY_S` the light comes.
        flat: cells, (48, 40), that have no relief at all.
        own_light: share of the picture that is not reflected but sent out; the screen adds nothing to it.
        followed: the challenge whose light falls on it, the one that was played if None.
    """
    challenge = Challenge.generate(bytes(32))
    timeline = flipped(challenge)
    shown = timeline if followed is None else flipped(followed)
    rng = np.random.default_rng(0)
    skin = rng.uniform(0.1, 0.3, (ROWS, COLUMNS, 1)).astype(np.float32) * np.ones(3, np.float32)
    slant = np.tile(np.linspace(-0.1, 0.1, COLUMNS, dtype=np.float32), (ROWS, 1))
    relief = wavy_relief()
    other = 0.2 * np.sin(2.1 * np.arange(COLUMNS, dtype=np.float32)) * np.ones((ROWS, 1), np.float32)
    solid = np.ones((ROWS, COLUMNS), np.float32) if flat is None else (~flat).astype(np.float32)
    right, top = slant + solid * (across * relief.across) + unlike * other, solid * (down * relief.down)
    observation = Observation(
        skin.copy(),
        relief,
        description or rig(),
        timeline,
        start_s=0.001,
        duration_s=challenge.duration_s,
    )
    observation.likenesses = drawn([np.eye(2, dtype=np.float32)[0]] * (2 + frames // 3), unlit=2)
    observation.lit_picture = MadePicture(np.eye(2, dtype=np.float32)[0])
    for k in range(frames):
        shot = frame(k)
        observation.track.note_frame(shot)
        observation.track.note_face(True)
        start_s, end_s = shot.light_interval_s(240)
        light = _irradiance(shown, start_s - late_s, end_s - late_s, right, top)
        reflected = (1 - own_light) * skin + own_light * skin.mean()
        cells = (1 + 0.01 * np.sin(k / 9)) * (skin + response * light * reflected)
        noisy = cells * (1 + noise * rng.standard_normal(cells.shape))
        observation.add(noisy.astype(np.float32), shot, TRANSFORM)
    return observation


class MadePicture(LitPicture):
    """A lit picture that comes to a given embedding, without any picture."""

    def __init__(self, embedding: NDArray[np.float32]) -> None:
        self._made = embedding

    def embedding(self) -> NDArray[np.float32]:
        """Return the embedding that it was made of."""
        return self._made.copy()

    def copy(self) -> MadePicture:
        """Return another of the same."""
        return MadePicture(self._made.copy())

    def forget(self) -> None:
        """Overwrite the embedding."""
        self._made.fill(0)


def drawn(
    embeddings: Sequence[NDArray[np.float32]], *, unlit: int = 0, changes: Sequence[float] = ()
) -> LikenessesSoFar:
    """Return likenesses with these embeddings, of which the first few are from before the light.

    ``changes`` say how far each lit one is from the frame before, 0 if nothing is said. Two agree from 0.5
    on.
    """
    draws = []
    for k, embedding in enumerate(embeddings):
        made: Future[NDArray[np.float32]] = Future()
        made.set_result(embedding)
        draws.append(Draw(1.0, k / 10, k - unlit if k >= unlit else None, None, made))
    lit = len(embeddings) - unlit
    return LikenessesSoFar(tuple(draws), (*changes, *[0.0] * (lit - len(changes))), 0.5)


def face_light(observation: Observation) -> FaceLight:
    """Return the light of the whole face."""
    face = observation.response.face_light(observation.exposures_s, observation.mixing)
    assert face is not None, "too few frames"
    return face


def _irradiance(
    timeline: Timeline,
    start_s: float,
    end_s: float,
    right: NDArray[np.float32],
    top: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return the light on every cell, (48, 40, 3), whose quotients are these two, (48, 40) each."""
    top_left, top_right, bottom_left, bottom_right = timeline.light(start_s, end_s, LATENCY_S)
    mean = (top_left + top_right + bottom_left + bottom_right) / 4
    sideways = (top_right + bottom_right - top_left - bottom_left) / 4
    upright = (top_left + top_right - bottom_left - bottom_right) / 4
    return np.asarray(mean + right[..., None] * sideways + top[..., None] * upright)
