"""Versions and settings that stand in more than one file."""

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = [f"{system}-{machine}" for system in ("darwin", "linux") for machine in ("amd64", "arm64")]


@cache
def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


@cache
def from_json(name: str) -> dict[str, Any]:
    return json.loads((ROOT / name).read_text())


@cache
def from_yaml(name: str) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with ape, which is on Python 3.11 and 3.12 only")
    return yaml.safe_load((ROOT / name).read_text())


def test_ape_and_forge_run_the_same_evm() -> None:
    """With a file of its own ape does not read foundry.toml, so both must say the same."""
    assert (
        from_yaml("ape-config.yaml")["foundry"]["evm_version"]
        == toml("foundry.toml")["profile"]["default"]["evm_version"]
    )


def test_forge_alone_compiles() -> None:
    """No compiler is given to ape, neither as a plugin nor as a setting."""
    extras = toml("pyproject.toml")["project"]["optional-dependencies"]
    assert not {"solidity", "vyper", "compile"} & from_yaml("ape-config.yaml").keys()
    assert not [each for each in extras["contracts"] if each.startswith(("ape-solidity", "ape-vyper"))]


def test_the_compiler_is_one() -> None:
    """foundry.toml names the version that npm installs and that every source of ours asks for."""
    version = from_json("package.json")["dependencies"]["solc"]
    assert toml("foundry.toml")["profile"]["default"]["solc"] == f"scripts/solc/solc-{version}"
    pragmas = {
        pragma
        for source in (ROOT / "contracts" / "src").rglob("*.sol")
        for pragma in re.findall(r"^pragma solidity (.+);", source.read_text(), re.MULTILINE)
    }
    assert pragmas == {version}


@pytest.mark.parametrize("tool", ["anvil", "forge"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_foundry_is_locked_for_every_platform(tool: str, platform: str) -> None:
    """Every platform's foundry is optional, of one version, in the lock, and installs on Node 18."""
    name = f"@foundry-rs/{tool}-{platform}"
    wanted = from_json("package.json")["optionalDependencies"]
    locked = from_json("package-lock.json")["packages"][f"node_modules/{name}"]
    system, machine = platform.split("-")

    assert wanted[name] == locked["version"] == wanted["@foundry-rs/forge-linux-amd64"]
    assert (locked["os"], locked["cpu"]) == ([system], ["x64" if machine == "amd64" else machine])
    assert locked["optional"]
    assert locked["engines"]["node"] == from_json("package.json")["engines"]["node"]


def test_set_up_asks_for_what_the_packages_ask_for() -> None:
    """The set-up and the README name the Python and the Node that pyproject.toml and package.json name."""
    python = toml("pyproject.toml")["project"]["requires-python"].removeprefix(">=")
    node = from_json("package.json")["engines"]["node"].removeprefix(">=")
    script = (ROOT / "scripts" / "setup").read_text()
    assert f"Python {python} or newer and Node {node} or newer" in (ROOT / "README.md").read_text()
    assert f"Python {python} or newer" in script
    assert f"sys.version_info < ({python.replace('.', ', ')})" in script
    assert f"Node.js {node} or newer" in script
    assert f"parseInt(process.versions.node) >= {node}" in script


def test_no_lock_names_a_registry_of_ours() -> None:
    """Locks come from the public registries: whoever installs elsewhere asks theirs."""
    assert set(re.findall(r'registry = "([^"]+)"', (ROOT / "uv.lock").read_text())) == {"https://pypi.org/simple"}
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
