"""Runs TensorFlow Lite networks on whichever runtime is installed."""

from __future__ import annotations

import importlib
import os
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import ManifestError, MissingExtraError
from lightproof.face.manifest import ModelEntry
from lightproof.native_stderr import quiet_libraries
from lightproof.privacy.forget import overwrite

RUNTIME_VARIABLE: Final = "LIGHTPROOF_TFLITE"
"""Environment variable that forces one runtime: ``litert`` or ``tflite-runtime``."""

_MODULES: Final = {"tflite-runtime": "tflite_runtime.interpreter", "litert": "ai_edge_litert.interpreter"}
"""Runtime -> its module, the one that only an extra installs first: whoever installed it wants it."""


def runtime_name() -> str:
    """Return the runtime in use: ``tflite-runtime`` where it was installed, else ``litert``.

    Raises:
        MissingExtraError: the wanted runtime, or every runtime, is missing.
    """
    return _interpreter_class()[0]


def _interpreter_class() -> tuple[str, Any]:
    forced = os.environ.get(RUNTIME_VARIABLE, "").strip()
    if forced and forced not in _MODULES:
        raise MissingExtraError(
            f"{RUNTIME_VARIABLE}={forced} does not name a runtime: use {' or '.join(_MODULES)}, or unset it"
        )
    for name in [forced] if forced else list(_MODULES):
        try:
            return name, importlib.import_module(_MODULES[name]).Interpreter
        except (ImportError, AttributeError):  # the older one cannot be loaded beside NumPy 2
            continue
    missing = f"the TensorFlow Lite runtime {forced!r} is" if forced else "no TensorFlow Lite runtime is"
    raise MissingExtraError(
        f"{missing} installed: pip install ai-edge-litert, "
        "or on Linux with Python 3.11 pip install 'lightproof[tflite-runtime]'"
    )


class Network:
    """One network, held in memory and run by one thread unless told otherwise.

    The picture that is fed and everything that the network computed from it stay in the network's memory
    until the next run or :meth:`forget`.
    """

    def __init__(self, entry: ModelEntry, threads: int = 1) -> None:
        """Read, check and load the network of a manifest entry.

        Raises:
            ManifestError: the file cannot be read, is not a network, or takes another input than stated.
            ModelHashError: the file is not the one that the manifest names.
            MissingExtraError: no runtime is installed.
        """
        content = entry.read()
        _, interpreter_class = _interpreter_class()
        try:
            with quiet_libraries():
                self._interpreter = interpreter_class(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ManifestError(
                f"model {entry.name!r}: {entry.path} is not a network that this runtime can load: "
                "use a .tflite file"
            ) from error
        self.entry: Final = entry
        inputs = self._interpreter.get_input_details()
        width, height = entry.input_size
        shape = (1, height, width, 3)
        if len(inputs) != 1 or tuple(inputs[0]["shape"]) != shape or inputs[0]["dtype"] is not np.float32:
            found = [
                (tuple(int(size) for size in one["shape"]), np.dtype(one["dtype"]).name) for one in inputs
            ]
            raise ManifestError(
                f"model {entry.name!r}: {entry.path} takes {found}, the manifest's input_size asks for "
                f"{shape} float32: correct input_size"
            )
        self._input_index = inputs[0]["index"]
        self._output_indices = [output["index"] for output in self._interpreter.get_output_details()]
        self._input: NDArray[np.float32] = np.zeros(shape, np.float32)
        self._mean = np.array(entry.input_mean, np.float32)
        self._scale = np.array(entry.input_scale, np.float32)

    def __call__(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Return the outputs for one RGB picture, (height, width, 3) of the network's input size, 0..255.

        The manifest's mean and scale are applied here. The outputs are copies that the caller owns.
        """
        np.subtract(picture, self._mean, out=self._input[0], dtype=np.float32)
        np.divide(self._input, self._scale, out=self._input)
        return self._run()

    def forget(self) -> None:
        """Overwrite the input and, by running on zeros, everything that was computed from it."""
        overwrite(self._input)
        self._run()

    def _run(self) -> list[NDArray[np.float32]]:
        self._interpreter.set_tensor(self._input_index, self._input)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._output_indices]
