"""The screen of a desktop as a lamp: one full-screen window, four quadrants, one line of words."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightproof.colour import NEUTRAL_SCREEN_SRGB
from lightproof.errors import (
    DisplayNotFoundError,
    MissingExtraError,
    RigError,
    SessionInterrupted,
)
from lightproof.rigs.desktop.clock import now_s
from lightproof.rigs.illumination import require_illumination
from lightproof.rigs.protocol import MAX_RATE_HZ, MIN_REFRESH_HZ

EVENT_INTERVAL_S = 0.01  # how often the window looks for Escape while it waits
_NOMINAL_REFRESH_HZ = 60.0
_SPIN_S = 0.001  # sleeping is precise to about a tenth of this
_TEXT_HEIGHT = 1 / 24  # of the screen's height: legible at arm's length, and 3 % of the light
_TEXT_COLOUR = (40, 40, 40)
_PRETENDED_SCREENS = ("dummy", "offscreen")


def display_available(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether this process may have a screen.

    Where X11 or Wayland has one, the environment says so.
    """
    return sys.platform in ("darwin", "win32") or bool(
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    )


class LightWindow:
    """A full-screen window of four quadrants; times are those of the desktop's clock.

    Use it from the main thread only, as SDL demands.
    """

    def __init__(self) -> None:
        """Prepare a window; nothing is shown before :meth:`open`."""
        self._pygame: Any = None
        self._surface: Any = None
        self._font: Any = None
        self._colours: NDArray[np.uint8] = NEUTRAL_SCREEN_SRGB.copy()
        self._message = ""
        self.vsync = False
        self.refresh_hz = _NOMINAL_REFRESH_HZ

    def open(self) -> None:
        """Cover the screen with neutral grey and learn its refresh rate.

        Raises:
            DisplayNotFoundError: there is no screen.
            MissingExtraError: pygame-ce is not installed.
        """
        if not display_available():
            raise DisplayNotFoundError(
                "no screen was found (DISPLAY and WAYLAND_DISPLAY are unset); run it in a desktop session"
            )
        self._pygame = pygame = _pygame()
        try:
            pygame.display.init()
            pygame.font.init()
            if (driver := pygame.display.get_driver()) in _PRETENDED_SCREENS:
                raise DisplayNotFoundError(
                    f"no screen answers, SDL found only its {driver!r} one; run it in a desktop session and "
                    "leave SDL_VIDEODRIVER unset"
                )
            self._surface = self._cover_screen()
        except pygame.error as error:
            self.close()
            raise DisplayNotFoundError(
                f"the screen cannot be used ({error}); run it in a desktop session"
            ) from error
        except DisplayNotFoundError:
            self.close()
            raise
        rates_hz = pygame.display.get_desktop_refresh_rates()
        said = bool(rates_hz) and MIN_REFRESH_HZ <= rates_hz[0] <= MAX_RATE_HZ
        self.refresh_hz = float(rates_hz[0]) if said else _NOMINAL_REFRESH_HZ
        self._font = pygame.font.Font(None, max(16, round(self._surface.get_height() * _TEXT_HEIGHT)))
        pygame.display.set_caption("Lightproof")
        pygame.mouse.set_visible(False)
        self._draw()
        pygame.event.clear()  # what making the window caused

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Fill the quadrants TL TR BL BR with sRGB colours, shape (4, 3), and return when the flip was done.

        Waits for ``at_s``, then for the refresh of the screen where the driver lets itself be synchronised.
        The time is taken after the flip returned; what passes from there to the light is a constant of the
        rig, its latency.

        Raises:
            SessionInterrupted: the person pressed Escape or closed the window, or the window was hidden.
        """
        self._colours = require_illumination(illumination).copy()
        self._paint()
        self._wait_until(at_s)
        return self._flip()

    def say(self, message: str) -> None:
        """Show one line of words at the lower edge until the next call; an empty one removes it."""
        line = " ".join(message.split())
        if line != self._message:
            self._message = line
            self._draw()

    def check_events(self) -> None:
        """Look whether the person wants to stop.

        Raises:
            SessionInterrupted: they pressed Escape or closed the window, or the window was hidden.
        """
        pygame = self._open()
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                raise SessionInterrupted("the window was closed; start again when you are ready")
            if event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE:
                raise SessionInterrupted("Escape was pressed; start again when you are ready")
            if event.type == pygame.WINDOWMINIMIZED:
                raise SessionInterrupted("the window was hidden, so its light is not seen; start again")

    def close(self) -> None:
        """Give the screen back."""
        pygame, self._pygame, self._surface = self._pygame, None, None
        if pygame is not None:
            pygame.font.quit()
            pygame.display.quit()

    def _open(self) -> Any:
        if self._pygame is None or self._surface is None:
            raise RigError("the window is not open; use the rig as a context manager")
        return self._pygame

    def _cover_screen(self) -> Any:
        pygame = self._pygame
        size = pygame.display.get_desktop_sizes()[0]
        flags = pygame.FULLSCREEN | pygame.SCALED  # SCALED draws by the GPU, the only way to synchronise
        try:
            surface = pygame.display.set_mode(size, flags, vsync=1)
            self.vsync = True
        except pygame.error:
            surface = pygame.display.set_mode(size, flags)
            self.vsync = False
        return surface

    def _wait_until(self, at_s: float | None) -> None:
        self.check_events()
        while at_s is not None and (remaining_s := at_s - now_s()) > 0:
            if remaining_s > _SPIN_S:
                time.sleep(min(remaining_s - _SPIN_S, EVENT_INTERVAL_S))
                self.check_events()

    def _draw(self) -> None:
        self._paint()
        self._flip()

    def _paint(self) -> None:
        self._open()
        width, height = self._surface.get_size()
        left, top = width // 2, height // 2
        corners = ((0, 0), (left, 0), (0, top), (left, top))
        for (x, y), colour in zip(corners, self._colours, strict=True):
            area = (x, y, width - left if x else left, height - top if y else top)
            self._surface.fill(tuple(int(value) for value in colour), area)
        if self._message:
            words = self._font.render(self._message, True, _TEXT_COLOUR)
            if words.get_width() > width * 0.95:
                words = self._pygame.transform.smoothscale_by(words, width * 0.95 / words.get_width())
            place = words.get_rect(midbottom=(width // 2, height - words.get_height() // 2))
            self._surface.blit(words, place)

    def _flip(self) -> float:
        self._pygame.display.flip()
        return now_s()


def _pygame() -> Any:
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # its greeting would spoil --json
    try:
        return importlib.import_module("pygame")
    except ImportError as error:
        raise MissingExtraError(
            "the desktop rig needs pygame-ce: pip install 'lightproof[desktop]'"
        ) from error
