"""Sphinx: the API documentation, from the docstrings. `make docs-python` builds it with warnings denied."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util import logging

import lightproof

project = "Lightproof"
version = release = lightproof.__version__
extensions = ["sphinx.ext.autodoc"]
html_theme = "alabaster"
html_show_copyright = False
html_theme_options = {"page_width": "1100px", "sidebar_width": "260px"}

autodoc_default_options = {"members": True, "undoc-members": True, "member-order": "bysource"}
autodoc_typehints_format = "short"

# A reference that leads nowhere is an error, so that a rename cannot leave one behind. Classes are let off:
# the types in signatures are of other packages, or of modules that are on no page.
nitpicky = True
nitpick_ignore_regex = [("py:class", ".*")]

_GOOGLE: Any = Config(napoleon_use_ivar=True)


def _read_sections(app: Sphinx, what: Any, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Read the sections of Google style in docstrings of everything but data.

    The extension `sphinx.ext.napoleon` would do the same, but takes what stands before the first colon of a
    constant's docstring for its type.
    """
    if what not in {"data", "attribute", "property"}:
        lines[:] = str(GoogleDocstring(lines, _GOOGLE, app, what, name, thing, options)).splitlines()


def _miss_no_public_name(app: Sphinx, error: Exception | None) -> None:
    """Warn of each public name that is on no page."""
    if error is not None:
        return
    described = {name.rpartition(".")[2] for name, *_ in app.env.get_domain("py").get_objects()}
    for name in lightproof.__all__:
        if name not in described and not name.startswith("__"):
            logging.getLogger(__name__).warning("lightproof.%s is public and on no page", name)


def setup(app: Sphinx) -> None:
    """Connect the two functions above."""
    app.connect("autodoc-process-docstring", _read_sections)
    app.connect("build-finished", _miss_no_public_name)
