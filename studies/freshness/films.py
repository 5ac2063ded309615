"""Films: what a session took in of a face, kept in memory so that other challenges can be held against it.

A film holds the mean light of 48 × 40 cells in each frame, and where and when it was collected: all that
the evidence is made from, and no picture. It is filmed by the product's own steps, with a challenge of its
own, and :meth:`Film.under` feeds it to the product's own observation once more, frame by frame, as if another
challenge had been on the screen. Under its own it gives the session's own evidence, bit by bit.
"""

from __future__ import annotations

import copy
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Challenge, Timeline
from lightproof.challenge import derive_seed
from lightproof.consent import consent_of_simulated_subject
from lightproof.errors import LightproofError
from lightproof.evaluation.trials import Presentation, Trial, networks_of_this_thread, present
from lightproof.policy import Policy
from lightproof.presence.flip_monitor import FlipMonitor
from lightproof.presence.judgement import judge_if_enough
from lightproof.presence.likenesses import Likenesses, LikenessesSoFar
from lightproof.presence.lit_picture import LitPicture
from lightproof.presence.observation import FrameUse, Observation, Track
from lightproof.presence.playing import play
from lightproof.presence.position import wait_for_position
from lightproof.presence.reader import FaceReader
from lightproof.presence.surface import Prediction
from lightproof.privacy.forget import BiometricScope, overwrite
from lightproof.rigs.protocol import Frame, RigDescription
from lightproof.rigs.recording.writer import RecordingWriter
from lightproof.session import SessionOptions
from lightproof.verdict import ReasonCode
from lightproof.verification import verify


class NoFilmError(LightproofError, RuntimeError):
    """A trial gives no film: its session does not come to its light, or not to the end of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """One frame as it was taken in.

    Attributes:
        cells: mean linear light, (48, 40, 3) float32.
        frame: its times; its picture is gone.
        transform: maps the grid to its pixels, (2, 3).
        shown: how many steps of the challenge had been shown.
    """

    cells: NDArray[np.float32]
    frame: Frame
    transform: NDArray[np.float64]
    shown: int


@dataclass(frozen=True, slots=True, eq=False)
class Pause:
    """When the evidence is looked at: after this number of exposures and steps.

    ``track`` is the face's by then, ``likenesses`` what was drawn of it, ``lit_picture`` what its own light
    showed.
    """

    exposures: int
    shown: int
    track: Track
    likenesses: LikenessesSoFar | None
    lit_picture: LitPicture | None


@dataclass(frozen=True, slots=True, eq=False)
class LookState:
    """What a session would have seen by a look.

    ``late_s`` is the most that a flip was late, in seconds; ``last`` says that this look is the end of the
    light.
    """

    observation: Observation
    late_s: float
    last: bool


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A session that was filmed.

    Attributes:
        challenge: that was on the screen.
        policy: of the session.
        decoy_seed: of the session, 32 bytes.
        rig: what filmed it.
        neutral_cells: mean cells under the neutral light, (48, 40, 3) float32.
        prediction: the relief that the face should have.
        start_s: when the challenge was due on the rig's clock, in seconds.
        flips_s: when each of its steps was shown, in seconds.
        exposures: the frames, in order.
        pauses: the looks, the last one at the end of the light.
        likenesses: of the face, which the pauses refer to.
    """

    challenge: Challenge
    policy: Policy
    decoy_seed: bytes = field(repr=False)
    rig: RigDescription
    neutral_cells: NDArray[np.float32]
    prediction: Prediction
    start_s: float
    flips_s: tuple[float, ...]
    exposures: tuple[Exposure, ...]
    pauses: tuple[Pause, ...]
    likenesses: Likenesses

    def timeline(self, challenge: Challenge) -> Timeline:
        """Return the timeline of a challenge of the same mode, had it been shown at this film's flips."""
        timeline = Timeline(challenge)
        for flip_s in self.flips_s:
            timeline.flip(flip_s)
        return timeline

    def under(self, challenge: Challenge) -> Generator[LookState, None, None]:
        """Yield what a session would have seen at each look, had a challenge of the same mode been its own.

        The observation is the same one that grows from look to look, and is overwritten after the last. Where
        the face was, and whose it was, does not depend on the challenge: track, likenesses and lit picture
        are the film's.
        """
        timeline, flip_monitor = Timeline(challenge), FlipMonitor(challenge)

        def flip(shown: int) -> None:
            for flip_s in self.flips_s[timeline.shown : shown]:
                timeline.flip(flip_s)
                flip_monitor.flipped(flip_s)

        observation = Observation(
            self.neutral_cells.copy(),
            self.prediction,
            self.rig,
            timeline,
            start_s=self.start_s,
            duration_s=challenge.duration_s,
        )
        try:
            done = 0
            for pause in self.pauses:
                for exposure in self.exposures[done : pause.exposures]:
                    flip(exposure.shown)
                    observation.add(exposure.cells, exposure.frame, exposure.transform)
                flip(pause.shown)
                done, observation.track = pause.exposures, pause.track
                observation.likenesses = pause.likenesses
                observation.lit_picture = pause.lit_picture
                yield LookState(observation, flip_monitor.late_s, pause is self.pauses[-1])
        finally:
            observation.lit_picture = None
            observation.forget()

    def forget(self) -> None:
        """Overwrite everything that was measured of the face."""
        overwrite(self.neutral_cells)
        for exposure in self.exposures:
            overwrite(exposure.cells)
        for pause in self.pauses:
            if pause.lit_picture is not None:
                pause.lit_picture.forget()
        self.likenesses.forget()


def film(trial: Trial) -> Film:
    """Run the session of a trial up to its evidence and return what was taken in.

    A simulated session is filmed to the end of its light. A recording ends where its session did, which the
    product's own looks find again.

    Raises:
        NoFilmError: the face never came into position, or the screen lost its time.
        LightproofError: the source cannot be used, or a recording belongs to another version.
    """
    networks, shown = networks_of_this_thread(), present(trial)
    policy, chance = shown.request.policy, shown.entropy
    challenge = Challenge.generate(derive_seed(shown.request.nonce, chance.device_random), policy.mode)
    reel, likenesses = _Reel([], []), Likenesses(networks.embedder, chance.decoy_seed)
    # The embedder is overwritten last: likenesses may still be in the making.
    with BiometricScope() as scope, ExitStack() as unless_filmed:
        scope.keep(networks)
        unless_filmed.callback(likenesses.forget)
        reader = scope.keep(FaceReader(networks))
        with shown.rig as rig:
            position = wait_for_position(rig, reader, None, likenesses)
            if isinstance(position, ReasonCode):
                raise NoFilmError(str(position))
            scope.keep(position)
            lit_picture = LitPicture(networks.embedder, position.face, rig.description.calibration.mixing)
            enough, observe = partial(_ends, shown), partial(_FilmedObservation, reel)
            played = play(rig, challenge, position, reader, likenesses, lit_picture, enough, observe)
        observation = scope.keep(played.observation)
        if played.flip_monitor.lost:
            raise NoFilmError(str(ReasonCode.SCREEN_LOST_TIME))
        end = Pause(
            len(reel.exposures),
            observation.timeline.shown,
            observation.track,
            observation.likenesses,
            _copied(observation.lit_picture),
        )
        likenesses.close()
        unless_filmed.pop_all()
        return Film(
            challenge,
            policy,
            chance.decoy_seed,
            rig.description,
            position.neutral_cells.copy(),
            observation.prediction,
            observation.start_s,
            tuple(played.flip_monitor.flips_s),
            tuple(reel.exposures),
            (*reel.pauses, end),
            likenesses,
        )


def record(trial: Trial, folder: Path) -> Path:
    """Run the whole session of a trial, save it as ``--record`` does, and return the recording's folder.

    The product's own writer saves it. It lies where :func:`~lightproof.evaluation.species.find_recordings`
    finds it in ``folder``.

    Raises:
        LightproofError: the source cannot be used, or the recording cannot be written.
    """
    networks, shown, source = networks_of_this_thread(), present(trial), trial.source
    name = f"{source.subject or source.path.stem}_{trial.level}_{trial.light}_{trial.repeat}"
    saved = folder / source.species / name
    rig = RecordingWriter(shown.rig, saved)
    verify(
        rig,
        shown.request,
        options=SessionOptions(
            networks=networks,
            ask=consent_of_simulated_subject,
            entropy=shown.entropy,
            sign=False,
        ),
    )
    return saved


@dataclass(frozen=True, slots=True, eq=False)
class _Reel:
    exposures: list[Exposure]
    pauses: list[Pause]


class _FilmedObservation(Observation):
    """An observation that also keeps what it takes in, and when it was looked at."""

    def __init__(self, reel: _Reel, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reel = reel

    def add(
        self,
        cells: NDArray[np.float32],
        frame: Frame,
        transform: NDArray[np.float64],
        crop: NDArray[np.uint8] | None = None,
    ) -> FrameUse:
        without_picture = replace(frame, image=np.empty((0, 0, 3), np.uint8))
        self._reel.exposures.append(
            Exposure(cells.copy(), without_picture, transform.copy(), self.timeline.shown)
        )
        return super().add(cells, frame, transform, crop)

    def snapshot(self) -> Observation:
        pause = Pause(
            len(self._reel.exposures),
            self.timeline.shown,
            copy.deepcopy(self.track),
            self.likenesses,
            _copied(self.lit_picture),
        )
        self._reel.pauses.append(pause)
        return super().snapshot()


def _copied(lit_picture: LitPicture | None) -> LitPicture | None:
    return None if lit_picture is None else lit_picture.copy()


def _ends(shown: Presentation, snapshot: Observation, late_s: float) -> bool:
    rig = shown.rig.description
    if rig.kind != "recording":
        return False
    return judge_if_enough(snapshot, rig, shown.request.policy, shown.entropy.decoy_seed, late_s) is not None
