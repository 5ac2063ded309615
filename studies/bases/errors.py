"""What can be wrong with the inputs and outputs of the generator."""

from __future__ import annotations

from lightproof.errors import LightproofError


class InputMissingError(LightproofError, FileNotFoundError):
    """A file that the generator needs is not there."""


class InputChangedError(LightproofError, ValueError):
    """An input is not the file that the published bases were made of, or not of its structure."""


class OtherBasisError(LightproofError, FileExistsError):
    """A basis of this name is there, but not the one that this command makes."""
