"""The sample portraits, and pictures made from them."""

from __future__ import annotations

import functools
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.simulation.subject import sample_other_person, sample_person


@functools.cache
def networks() -> FaceNetworks:
    """Return the shipped networks; loaded once, as they are not changed by use."""
    return load_networks()


def astronaut() -> NDArray[np.uint8]:
    """Return Eileen Collins, 512 x 512, eyes 45 pixels apart."""
    return sample_person()


def astronaut_file() -> Path:
    """Return the file of that portrait."""
    return Path(str(files("lightproof.simulation") / "portraits" / "eileen_collins.jpg"))


def admiral() -> NDArray[np.uint8]:
    """Return Grace Hopper, 512 x 600."""
    return sample_other_person()


def head(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Return the square around the face of a portrait, brought to a side."""
    fit = networks().largest_face(picture)
    assert fit is not None
    low, high = fit.points[:, :2].min(axis=0), fit.points[:, :2].max(axis=0)
    half = float((high - low).max()) * 0.8
    x, y = (low + high) / 2
    scale = side_px / (2 * half)
    transform = np.array([[scale, 0, side_px / 2 - scale * x], [0, scale, side_px / 2 - scale * y]])
    return np.asarray(cv2.warpAffine(picture, transform, (side_px, side_px), flags=cv2.INTER_AREA), np.uint8)


def moved(picture: NDArray[np.uint8], x_px: float, y_px: float) -> NDArray[np.uint8]:
    """Return the picture moved right and down by parts of a pixel, without the rounding of warpAffine."""
    height, width = picture.shape[:2]
    columns, rows = np.meshgrid(
        np.arange(width, dtype=np.float32) - np.float32(x_px),
        np.arange(height, dtype=np.float32) - np.float32(y_px),
    )
    return np.asarray(
        cv2.remap(picture, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def noisy(picture: NDArray[np.uint8], seed: int, level: float = 0.02) -> NDArray[np.uint8]:
    """Return the picture with Gaussian noise of ``level`` times full scale."""
    noise = np.random.default_rng(seed).standard_normal(picture.shape) * level * 255
    return np.clip(np.round(picture + noise), 0, 255).astype(np.uint8)


def encoded(picture: NDArray[np.uint8], kind: str = ".png") -> bytes:
    """Return an RGB picture as the bytes of a file."""
    return cv2.imencode(kind, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
