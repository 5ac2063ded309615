"""Runs IRIS on videos. For the Python of an environment that holds iris-pse-detection and not this project.

    python studies/photosafety/iris_judge.py VIDEO...

prints a JSON array, one object a video: what IRIS says, and the colours of the quadrants as it got them.
"""

import contextlib
import csv
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import cv2
from iris_pse_detection import Configuration, VideoAnalyser


def quadrant_colours(video: str) -> list[list[list[int]]]:
    """Return the RGB colours of the quadrants TL TR BL BR of every frame, as OpenCV decodes it."""
    capture = cv2.VideoCapture(video)
    colours: list[list[list[int]]] = []
    while True:
        read, frame = capture.read()
        if not read:
            return colours
        height, width = frame.shape[:2]
        middles = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
        colours.append([frame[middle][::-1].tolist() for middle in middles])


def judge(video: str) -> dict[str, object]:
    """Return what IRIS says of a video with its default thresholds, pattern detection included."""
    with tempfile.TemporaryDirectory() as results, contextlib.redirect_stdout(sys.stderr):
        configuration = Configuration(results_path=f"{results}/", pattern_detection_enabled=True)
        result = VideoAnalyser(configuration).analyse_video(video)
        with (Path(results) / Path(video).name / "framedata.csv").open(newline="") as file:
            frames = list(csv.DictReader(file))
    return {
        "video": Path(video).name,
        "version": version("iris-pse-detection"),
        "result": result.overall_result.name,
        "warning_frames": result.total_luminance_incidents.pass_with_warning_frames
        + result.total_red_incidents.pass_with_warning_frames,
        "luminance_transitions": max(int(frame["LuminanceTransitions"]) for frame in frames),
        "red_transitions": max(int(frame["RedTransitions"]) for frame in frames),
        "colours": quadrant_colours(video),
    }


if __name__ == "__main__":
    json.dump([judge(video) for video in sys.argv[1:]], sys.stdout)
