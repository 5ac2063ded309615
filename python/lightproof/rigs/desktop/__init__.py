"""The desktop rig: a webcam and a full-screen window on one clock.

Nothing heavy is imported here: pygame, linuxpy and OpenCV load when the rig is opened.
"""

from lightproof.rigs.desktop.rig import DesktopRig, open_rig

__all__ = ["DesktopRig", "open_rig"]
