"""Where the executor stands: the record that deployment leaves, and whether the code there is the code we compiled."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eth_utils.address import is_checksum_address
from eth_utils.crypto import keccak

from bot.model.errors import UserError
from bot.model.registry import Address
from bot.venues.calldata import ARTIFACT

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "DepegExecutor"


class DeploymentError(UserError):
    """What stands in the way, in one line, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A compiled contract. `immutables` are the places in `runtime`, as (start, length), that construction fills."""

    abi: list[dict[str, Any]]
    creation: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployed executor. `arguments` are those of the constructor, `roles` as last seen on chain."""

    chain_id: int
    address: Address
    block: int
    tx: str
    code_hash: str  # keccak256 of the code on chain, immutables filled
    arguments: Mapping[str, Address]
    roles: Mapping[str, Address]
    time: str  # of the block, ISO 8601 UTC


def load_artefact(path: Path = ARTIFACT) -> Artefact:
    """What forge compiled. DeploymentError when it is not there or its sources have changed since."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeploymentError(f"{path} is missing: run scripts/setup") from None
    if changed := _changed_sources(told):
        raise DeploymentError(f"{changed} has changed since {path.name} was made of it: run scripts/setup")
    runtime = told["deployedBytecode"]
    places = (place for each in runtime.get("immutableReferences", {}).values() for place in each)
    return Artefact(
        abi=told["abi"],
        creation=_bytes(told["bytecode"]["object"]),
        runtime=_bytes(runtime["object"]),
        immutables=tuple(sorted((place["start"], place["length"]) for place in places)),
    )


def verify_code(code: bytes, artefact: Artefact) -> bool:
    """Whether `code`, as it stands on chain, is the artefact's but for what construction filled in."""
    return _blanked(code, artefact) == _blanked(artefact.runtime, artefact)


def code_hash(code: bytes) -> str:
    """keccak256 of deployed code, 0x-hex: what EXTCODEHASH gives."""
    return "0x" + keccak(code).hex()


def load_deployment(folder: Path, chain_id: int) -> Deployment | None:
    """The record of this chain; None when there is none. DeploymentError when it is not a record of this chain."""
    file = record_file(folder, chain_id)
    if not file.exists():
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        told.pop("contract")
        found = Deployment(**told)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise DeploymentError(f"{file} is not a deployment record: {error}") from None
    if found.chain_id != chain_id:
        raise DeploymentError(f"{file} is of chain {found.chain_id}, not {chain_id}")
    if not is_checksum_address(found.address):
        raise DeploymentError(f"{file}: address {found.address!r} is not a checksummed address")
    return found


def save_deployment(folder: Path, deployment: Deployment) -> Path:
    """Writes the record, whole or not at all, and says where."""
    file = record_file(folder, deployment.chain_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".json.new")
    draft.write_text(json.dumps({"contract": CONTRACT, **asdict(deployment)}, indent=2) + "\n", encoding="utf-8")
    draft.replace(file)
    return file


def record_file(folder: Path, chain_id: int) -> Path:
    """Where the record of a chain stands."""
    return folder / f"{chain_id}.json"


def _blanked(code: bytes, artefact: Artefact) -> bytes:
    """The code with zeros where construction writes; shorter code stays as short as it is."""
    blank = bytearray(code)
    for start, length in artefact.immutables:
        blank[start : start + length] = bytes(len(blank[start : start + length]))
    return bytes(blank)


def _changed_sources(told: Mapping[str, Any]) -> str | None:
    """The first source that is not as it was when compiled. Forge writes each one's hash into the artefact."""
    sources = told.get("metadata", {}).get("sources", {})
    return next((name for name, about in sources.items() if _hash(ROOT / name) != about["keccak256"]), None)


def _hash(file: Path) -> str | None:
    return "0x" + keccak(file.read_bytes()).hex() if file.exists() else None


def _bytes(code: str) -> bytes:
    return bytes.fromhex(code.removeprefix("0x"))
