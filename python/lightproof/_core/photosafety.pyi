"""Whether light is safe to look at."""

from typing import final

from numpy.typing import ArrayLike

from lightproof._core.challenge import Challenge

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
    outside 0 to 1, a peak that is not positive and finite, and more than 4,096 steps, or 256 in a second.

    Example::

        levels = np.array([0.0, 1.0, 0.0])
        check_light([0.0, 0.1, 0.2], np.tile(levels[:, None, None], (1, 4, 3)), 1.0).general.total  # 1
    """
