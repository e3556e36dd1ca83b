"""Compiled contracts: the protocols' from npm packages, ours from forge."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
from eth_utils.crypto import keccak

from bot.model.registry import Address
from bot.sandbox import cache
from bot.sandbox.errors import SetupError
from bot.sandbox.node import Json

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"


def tool(name: str) -> Path:
    """Foundry's `anvil` or `forge`: npm's build for this machine, else the one on PATH."""
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, sys.platform)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    ours = MODULES / "@foundry-rs" / f"{name}-{system}-{machine}" / "bin" / name
    if os.access(ours, os.X_OK):
        return ours
    found = shutil.which(name)
    if found is None:
        raise SetupError(f"{name} is neither in node_modules nor on PATH: run scripts/setup")
    return Path(found)


def package(path: str) -> Json:
    """A JSON file of an npm package."""
    file = MODULES / path
    if not file.exists():
        raise SetupError(f"node_modules/{path} is missing: run scripts/setup")
    return orjson.loads(file.read_bytes())


def creation(path: str, libraries: dict[str, Address] | None = None) -> str:
    """Creation code of a compiled contract in an npm package, linked, as 0x-hex."""
    artifact = package(path)
    output = artifact.get("compilerOutput", artifact)
    code = output.get("bytecode") or output["evm"]["bytecode"]["object"]
    return _linked("0x" + str(code).removeprefix("0x"), artifact.get("linkReferences", {}), libraries or {})


def forge(source: str, name: str) -> dict[str, Any]:
    """Forge's artefact of contract `name` in `source` (a path from the root), compiled again when a source changed."""
    file = ROOT / "out" / Path(source).name / f"{name}.json"
    if not _fresh(file):
        with cache.locked(cache.folder() / "forge.lock"):
            if not _fresh(file):  # nobody else has compiled it meanwhile
                _run_forge(source)
    if not _fresh(file):
        raise SetupError(f"forge did not compile {name} from {source}")
    artifact: dict[str, Any] = orjson.loads(file.read_bytes())
    return artifact


def forge_creation(source: str, name: str) -> str:
    """Creation code of a contract of ours, as 0x-hex."""
    return str(forge(source, name)["bytecode"]["object"])


def _fresh(file: Path) -> bool:
    """Whether an artefact was made of the sources as they are. Forge writes each source's hash into it."""
    if not file.exists():
        return False
    sources = orjson.loads(file.read_bytes()).get("metadata", {}).get("sources", {})
    return bool(sources) and all(_has_hash(ROOT / name, about["keccak256"]) for name, about in sources.items())


def _has_hash(file: Path, expected: str) -> bool:
    return file.exists() and "0x" + keccak(file.read_bytes()).hex() == expected


def _run_forge(source: str) -> None:
    done = subprocess.run([tool("forge"), "build", source], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"forge could not compile {source}:\n{done.stdout}{done.stderr}")


def _linked(code: str, references: dict[str, Any], libraries: dict[str, Address]) -> str:
    for names in references.values():
        for name, places in names.items():
            for place in places:
                start = 2 + 2 * place["start"]
                code = code[:start] + libraries[name][2:].lower() + code[start + 40 :]
    return code
