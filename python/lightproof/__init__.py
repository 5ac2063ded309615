"""Lightproof: face verification in which the video never leaves the room.

Everything public is named in ``__init__.pyi`` and loads when it is first used, so that ``import lightproof``
costs nothing.

Example::

    from pathlib import Path

    import lightproof

    session = lightproof.verify(reference=Path("id.jpg"))
    print(session.verdict.outcome)
    for code in session.verdict.reasons:
        print(lightproof.REASONS[code].message)
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
