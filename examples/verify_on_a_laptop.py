"""Verify the person in front of this laptop against a photo of their ID document.

    python examples/verify_on_a_laptop.py my-id.jpg [rig]

Calibrate once before, with `lightproof calibrate`. The rig `simulated` needs no camera.
"""

import sys
from pathlib import Path

import lightproof


def main(photo: Path, rig: str = "auto") -> int:
    """Run one session; return 0 if the person is verified, else 1."""
    request = lightproof.Request.fresh(requester="Example Ltd", purpose="you can open your account")
    try:
        session = lightproof.verify(rig, request, reference=photo)
    except lightproof.LightproofError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    print(session.verdict.outcome)
    for code in session.verdict.reasons:
        print(lightproof.REASONS[code].message, lightproof.REASONS[code].remedy)
    if session.token is not None:
        print(session.token)
    return 0 if session.verdict.outcome is lightproof.Outcome.VERIFIED else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:3]))
