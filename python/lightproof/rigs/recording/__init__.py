"""The recording rig: a session saved as it happened, and played again to the same evidence, bit for bit."""

from lightproof.rigs.recording.rig import RecordingRig, open_rig
from lightproof.rigs.recording.writer import RecordingWriter

__all__ = ["RecordingRig", "RecordingWriter", "open_rig"]
