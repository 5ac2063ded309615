"""Rigs: a camera, a screen and one clock that stamps both.

Nothing heavy is imported here: pygame, linuxpy, OpenCV and PyAV load when a rig that needs them is opened.
"""

from lightproof.rigs.calibration_store import StoredCalibration, load_calibration, save_calibration
from lightproof.rigs.desktop.camera import Camera
from lightproof.rigs.desktop.rig import DesktopRig
from lightproof.rigs.loading import open_rig, rig_names
from lightproof.rigs.protocol import (
    Calibration,
    CameraMetadata,
    Frame,
    Geometry,
    PixelFormat,
    Rig,
    RigDescription,
    RigKind,
    RigOptions,
    YuvMatrix,
    YuvRange,
)
from lightproof.rigs.recording.rig import RecordingRig
from lightproof.rigs.recording.writer import RecordingWriter
from lightproof.rigs.yuv import coding_from_libcamera, coding_from_v4l2

__all__ = [
    "Calibration",
    "Camera",
    "CameraMetadata",
    "DesktopRig",
    "Frame",
    "Geometry",
    "PixelFormat",
    "RecordingRig",
    "RecordingWriter",
    "Rig",
    "RigDescription",
    "RigKind",
    "RigOptions",
    "StoredCalibration",
    "YuvMatrix",
    "YuvRange",
    "coding_from_libcamera",
    "coding_from_v4l2",
    "load_calibration",
    "open_rig",
    "rig_names",
    "save_calibration",
]
