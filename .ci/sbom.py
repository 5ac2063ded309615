"""Bills of materials of a release, as CycloneDX: what the wheel needs in Python and Rust, and its networks.

    python .ci/sbom.py dist

Installs the one wheel of dist/ with its required dependencies into an empty environment and describes what is
there; adds the networks from the manifest inside the wheel, with hash, source and licence; and takes out the
bill that maturin put into the wheel for its Rust dependencies (PEP 770). Writes `lightproof.python.cdx.json`
and `lightproof.rust.cdx.json` into dist/, both validated against the schema.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonValidator
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent


def of_python(wheel: Path, folder: Path) -> dict[str, Any]:
    """Return the bill of the wheel's Python dependencies as a resolver chooses them today."""
    venv.create(folder / "venv", with_pip=False)
    bill = folder / "bill.json"
    _run("pip", "--python", folder / "venv", "install", "--quiet", wheel)
    about = ("--pyproject", ROOT / "pyproject.toml", "--output-reproducible", "--output-file", bill)
    _run("cyclonedx_py", "environment", folder / "venv", *about)
    held: dict[str, Any] = json.loads(bill.read_text(encoding="utf-8"))
    return held


def _run(module: str, *arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", module, *map(str, arguments)], check=True)


def of_networks(wheel: zipfile.ZipFile) -> list[dict[str, Any]]:
    """Return the networks that the wheel ships as components."""
    manifest = tomllib.loads(wheel.read("lightproof/models/models.toml").decode())
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model-{model['name']}",
            "name": model["name"],
            "description": f"{model['file']}, from {model['source']}",
            "hashes": [{"alg": "SHA-256", "content": model["sha256"]}],
            "licenses": [{"license": {"name": model["licence"]}}],
        }
        for model in manifest["model"]
    ]


def write(bill: dict[str, Any], path: Path) -> None:
    """Validate a bill and write it.

    Raises:
        SystemExit: it does not hold to its own version of the CycloneDX schema.
    """
    text = json.dumps(bill, indent=2, ensure_ascii=False) + "\n"
    wrong = JsonValidator(SchemaVersion.from_version(bill["specVersion"])).validate_str(text)
    if wrong is not None:
        sys.exit(f"{path.name} is not valid CycloneDX {bill['specVersion']}: {wrong}")
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {len(bill['components'])} components")


def main(folder: Path) -> None:
    """Write both bills beside the wheel."""
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        sys.exit(f"{folder} holds {len(wheels)} wheels, not one: run make wheel")
    version = str(parse_wheel_filename(wheels[0].name)[1])
    with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(wheels[0]) as wheel:
        python = of_python(wheels[0], Path(temporary))
        python["metadata"]["component"]["version"] = version
        python["components"] += of_networks(wheel)
        (rust,) = (name for name in wheel.namelist() if "/sboms/" in name)
        write(python, folder / "lightproof.python.cdx.json")
        write(json.loads(wheel.read(rust)), folder / "lightproof.rust.cdx.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
