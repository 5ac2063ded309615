"""The simulated rig: a light-transport basis, a screen and a camera on a virtual clock.

Nothing sleeps: the clock moves when the session waits. The same seed and the same calls give the same frames,
bit by bit.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.rigs.illumination import require_illumination
from lightproof.rigs.protocol import (
    Calibration,
    Frame,
    Geometry,
    RigDescription,
    RigOptions,
)
from lightproof.simulation import basis
from lightproof.simulation.attacks import Attack
from lightproof.simulation.conditions import FRAME_HEIGHT, FRAME_WIDTH, MAX_JITTER_SD, Conditions
from lightproof.simulation.geometry import CAMERA_ABOVE_SCREEN_M
from lightproof.simulation.light_paths import DirectLight, LightPath, RecordedLight
from lightproof.simulation.scene import Scene
from lightproof.simulation.screen import Panel
from lightproof.simulation.solids import Mesh, Mould
from lightproof.simulation.subject import Subject, choose, from_basis

RELAY_DELAY_S: Final = 0.1
"""Default delay of a relay: one camera frame and one display frame of the attacker, and 50 ms to render and
send."""
_MAX_RELAY_DELAY_S: Final = 5.0
_SUBJECT_STREAM: Final = 1
"""Separates the random numbers of the subject (tilt of a print) from those of the session."""


class SimulatedRig:
    """A rig whose person, screen and camera are computed.

    Its calibration is the truth: the latency is the panel's latency and the time constant of its rise, which
    never vary; its spread is what the camera's pauses leave open. The mixing is the camera's, frames arrive
    ``delivery_s`` late but for their jitter. Between ``show`` and ``frames`` nothing is lost: frames are
    rendered when they are asked for.
    """

    def __init__(
        self,
        subject: Subject,
        conditions: Conditions,
        seed: int,
        *,
        attack: Attack | None = None,
        relay_delay_s: float = RELAY_DELAY_S,
    ) -> None:
        """Set the scene.

        Raises:
            InputError: the subject is black where the face should be, or the delay is out of range.
        """
        if not 0 <= relay_delay_s <= _MAX_RELAY_DELAY_S:
            raise InputError(
                f"delay_s is {relay_delay_s!r}; it must be a number from 0 to {_MAX_RELAY_DELAY_S:g}"
            )
        scene_rng, clock_rng, attack_rng = np.random.default_rng(seed).spawn(3)
        self._conditions = conditions
        self._scene = Scene(subject, conditions, scene_rng)
        self._rng = clock_rng
        phase_s = float(clock_rng.uniform(0, 1 / conditions.refresh_hz))
        self._panel = Panel(conditions.refresh_hz, conditions.panel_latency_s, conditions.rise_s, phase_s)
        self._light: LightPath
        if attack is Attack.REPLAY_RECORDING:
            self._light = RecordedLight(self._panel, attack_rng)
        else:
            self._light = DirectLight(self._panel, relay_delay_s if attack is Attack.RELAY else 0.0)
        self._now_s = 0.0
        self._next_start_s = float(clock_rng.uniform(0, 1 / conditions.frame_rate_hz))
        self._sequence = 0
        self._description = self._describe()

    def _describe(self) -> RigDescription:
        conditions = self._conditions
        red, green, blue = (tuple(float(value) for value in row) for row in conditions.mixing)
        return RigDescription(
            name="simulated",
            kind="simulated",
            geometry=Geometry(
                screen_m=(conditions.screen_width_m, conditions.screen_height_m),
                camera_m=(0.0, conditions.screen_height_m / 2 + CAMERA_ABOVE_SCREEN_M, 0.0),
                focal_px=self._scene.focal_px,
            ),
            calibration=Calibration(
                latency_s=conditions.latency_s,
                mixing=(
                    (red[0], red[1], red[2]),
                    (green[0], green[1], green[2]),
                    (blue[0], blue[1], blue[2]),
                ),
                spread_s=conditions.latency_spread_s,
                delivery_s=conditions.delivery_s,
                delivery_spread_s=conditions.jitter_s,
            ),
            frame_rate_hz=conditions.frame_rate_hz,
            refresh_hz=conditions.refresh_hz,
        )

    @property
    def description(self) -> RigDescription:
        """Name, kind, geometry and the true calibration of this rig."""
        return self._description

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        return None

    def now_s(self) -> float:
        """Return the virtual clock in seconds; it starts at zero."""
        return self._now_s

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Show four sRGB colours (4, 3) at the first refresh from ``at_s`` on and return its time."""
        colours = require_illumination(illumination)
        flip_s = self._panel.next_refresh_s(self._now_s if at_s is None else max(self._now_s, at_s))
        self._now_s = flip_s
        self._light.shown(flip_s, colours.copy())
        return flip_s

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield the frames delivered until ``until_s``; each moves the clock to its delivery."""
        conditions = self._conditions
        while self._next_start_s + self._delivery_s <= until_s:
            jitter_s = conditions.jitter_s * float(
                np.clip(self._rng.standard_normal(), -MAX_JITTER_SD, MAX_JITTER_SD)
            )
            dropped = self._rng.random() < conditions.drop_probability
            start_s = max(0.0, self._next_start_s + jitter_s)
            sequence = self._sequence
            delivered_s = self._next_start_s + self._delivery_s
            self._next_start_s += 1 / conditions.frame_rate_hz
            self._sequence += 1
            if dropped:
                self._scene.skip()
                continue
            self._now_s = max(self._now_s, delivered_s)
            image = self._scene.frame(self._light.screen_light, start_s)
            yield Frame(
                image=image,
                pixel_format="rgb888",
                width=FRAME_WIDTH,
                height=FRAME_HEIGHT,
                sensor_time_s=start_s,
                exposure_s=conditions.exposure_s,
                readout_s=conditions.readout_s,
                metadata=self._scene.metadata(start_s, sequence),
                arrived_s=delivered_s,
            )
        self._now_s = max(self._now_s, until_s)

    def say(self, message: str) -> None:
        """Do nothing: the simulated person needs no guidance."""

    @property
    def _delivery_s(self) -> float:
        return self._conditions.readout_s + self._conditions.exposure_s + self._conditions.delivery_s


def open_rig(options: RigOptions) -> SimulatedRig:
    """Return a simulated rig.

    ``options.subject`` is a light-transport basis (``.npz``), a portrait photograph, or None for the sample
    portrait. ``options.attack`` is one of :class:`~lightproof.simulation.attacks.Attack`.
    ``options.settings`` take the fields of :class:`~lightproof.simulation.conditions.Conditions`, ``delay_s``
    (of a relay), ``other`` (photograph of the other person, or of whoever wears a mask), ``mesh`` (own, mean
    or other) and ``depth`` (0 to 1) of a relief mould. The distance and screen of a basis hold unless they
    are set. Without a seed one is drawn.

    Raises:
        InputError: an attack or a setting is unknown or out of range, or a file cannot be used.
        MissingExtraError: SciPy is not installed.
    """
    seed = secrets.randbits(63) if options.seed is None else options.seed
    if seed < 0:
        raise InputError(f"seed is {seed}; it must be zero or more")
    attack = Attack.named(options.attack) if options.attack else None
    settings = dict(options.settings)
    other = settings.pop("other", None)
    delay_s = _number("delay_s", settings.pop("delay_s", str(RELAY_DELAY_S)))
    mould = Mould.named(settings.pop("mesh", Mesh.OWN), _number("depth", settings.pop("depth", "0.5")))
    path = options.subject
    if path is not None and path.suffix.lower() == ".npz" and (attack is None or not attack.needs_photograph):
        transport = basis.load(path)
        conditions = Conditions.from_settings(settings, placement_of(transport))
        subject = from_basis(transport)
    else:
        conditions = Conditions.from_settings(settings)
        rng = np.random.default_rng([seed, _SUBJECT_STREAM])
        subject = choose(path, attack, Path(other) if other else None, conditions, rng, mould)
    return SimulatedRig(subject, conditions, seed, attack=attack, relay_delay_s=delay_s)


def placement_of(transport: basis.LightTransport) -> dict[str, float]:
    """Return the distance and the screen that a basis was rendered with, as far as its meta says.

    They are settings of :class:`~lightproof.simulation.conditions.Conditions`: ``distance_m``,
    ``screen_width_m`` and ``screen_height_m``. What the meta does not say is left out.
    """
    found: dict[str, float] = {}
    distance_cm = transport.meta.get("distance_cm")
    screen_cm = transport.meta.get("screen_cm")
    if isinstance(distance_cm, int | float):
        found["distance_m"] = distance_cm / 100
    if (
        isinstance(screen_cm, list)
        and len(screen_cm) == 2
        and all(isinstance(side, int | float) for side in screen_cm)
    ):
        found |= {"screen_width_m": screen_cm[0] / 100, "screen_height_m": screen_cm[1] / 100}
    return found


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name} is {text!r}; it must be a number") from None
