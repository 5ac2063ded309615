"""Whether a distribution works where nothing else of the project is: verifies a simulated person with it.

    python .ci/smoke_dist.py dist/lightproof-….whl

Makes a virtual environment in a temporary folder, installs the wheel or the source distribution there with
the extra `demo`, and from that folder asks for the version, plays one session on the simulated rig and checks
its signed result. Needs no camera and no screen. The exit status is 0 if all of it holds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

EXPECTED = (
    "--rig",
    "simulated",
    "--presence-only",
    "--any-policy",
    "--any-models",
    "--any-software",
    "--latency",
    "direct",
)
ASKED = ("--nonce", "00112233445566778899aabbccddeeff", "--audience", "https://example.org/door")


def version_of(path: Path) -> Version:
    """Return the version that a distribution's file name states."""
    if path.suffix == ".whl":
        return parse_wheel_filename(path.name)[1]
    return parse_sdist_filename(path.name)[1]


def run(*command: str | Path, folder: Path) -> str:
    """Run a command in a folder, with a device home of its own there, and return its standard output."""
    # What runs this script must not lend the new environment its packages.
    lent = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in lent}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment | {"LIGHTPROOF_HOME": str(folder / "home"), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with status {done.returncode}")
    return done.stdout


def require(what: str, found: object, wanted: object) -> None:
    """End with one line unless something is as it should be."""
    if found != wanted:
        sys.exit(f"{what} is {found!r}, not {wanted!r}")


def main(distribution: Path) -> None:
    """Install a distribution and use it."""
    version = version_of(distribution)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        tools = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        python, lightproof = tools / "python", tools / "lightproof"
        run(python, "-m", "pip", "install", "--quiet", f"{distribution}[demo]", folder=folder)

        where = "import lightproof as l; print(l.__version__); print(l.__file__)"
        stated, file = run(python, "-c", where, folder=folder).splitlines()
        require("lightproof.__version__", Version(stated), version)
        require(
            "lightproof is the installed one", Path(file).resolve().is_relative_to(folder.resolve()), True
        )
        require("--version", run(lightproof, "--version", folder=folder).strip(), f"lightproof {stated}")

        verify = ("verify", "--rig", "simulated", "--seed", "7", "--presence-only", "--json")
        session = json.loads(run(lightproof, *verify, *ASKED, folder=folder))
        require("the session's outcome", session["verdict"], "verified")
        keys = run(lightproof, "device", "jwks", "--rig", "simulated", folder=folder)
        (folder / "jwks.json").write_text(keys, encoding="utf-8")
        (folder / "token").write_text(session["token"], encoding="ascii")
        check = ("result", "verify", "@token", "--jwks", "jwks.json", "--json")
        result = json.loads(run(lightproof, *check, *ASKED, *EXPECTED, folder=folder))
        require("the result's outcome", result["outcome"], "verified")
        require("the result's rig", result["rig"], "simulated")
    print(f"{distribution.name} installs alone, verifies a simulated person and signs a result that holds")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
