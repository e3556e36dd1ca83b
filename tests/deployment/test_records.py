"""Records of deployments, compiled artefacts and the code on chain."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.venues import roles
from bot.venues.deployment import (
    Artefact,
    Deployment,
    DeploymentError,
    load_artefact,
    load_deployment,
    record_file,
    save_deployment,
    verify_code,
)

NAMES = {name: "0x" + f"{at:02d}" * 20 for at, name in enumerate(roles.ARGUMENTS, start=11)}
DEPLOYMENT = Deployment(
    chain_id=5,
    address="0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    block=7,
    tx="0x" + "ab" * 32,
    code_hash="0x" + "cd" * 32,
    arguments=NAMES,
    roles={role: NAMES[role] for role in roles.ROLES},
    time="2026-01-02T03:04:05+00:00",
)
NOW = {**NAMES, "pendingOwner": "0x" + "00" * 20, "paused": False}
OTHER = "0x" + "99" * 20


def test_a_record_is_read_back_as_written(tmp_path: Path) -> None:
    """What is saved is what is loaded; another chain has no record."""
    save_deployment(tmp_path / "new", DEPLOYMENT)

    assert load_deployment(tmp_path / "new", 5) == DEPLOYMENT
    assert load_deployment(tmp_path / "new", 6) is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"chain_id": 6}, "is of chain 6, not 5"),
        ({"address": DEPLOYMENT.address.lower()}, "not a checksummed address"),
        ({"colour": "red"}, "is not a deployment record"),
        ({"contract": None, "address": None}, "not a checksummed address"),
    ],
)
def test_a_wrong_record_is_refused(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    """A record of another chain, of no address, or of something else is said in one line."""
    file = save_deployment(tmp_path, DEPLOYMENT)
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))

    with pytest.raises(DeploymentError, match=complaint):
        load_deployment(tmp_path, 5)


@pytest.mark.parametrize("text", ["", "[]", "7", "{", '{"contract": "DepegExecutor"}'])
def test_a_torn_record_is_refused(tmp_path: Path, text: str) -> None:
    """What is not a record at all is refused, whatever it is."""
    record_file(tmp_path, 5).write_text(text)

    with pytest.raises(DeploymentError, match="is not a deployment record"):
        load_deployment(tmp_path, 5)


@given(st.binary(min_size=64, max_size=96), st.binary(min_size=32, max_size=32), st.data())
def test_code_may_differ_in_immutables_only(runtime: bytes, filling: bytes, data: st.DataObject) -> None:
    """Any filling of the immutables is the same code; one other byte anywhere, more code or less, is not."""
    start = data.draw(st.integers(0, len(runtime) - 32))
    artefact = Artefact(abi=[], creation=b"", runtime=runtime, immutables=((start, 32),))
    filled = runtime[:start] + filling + runtime[start + 32 :]
    outside = [at for at in range(len(runtime)) if not start <= at < start + 32]
    at = data.draw(st.sampled_from(outside))

    assert verify_code(filled, artefact)
    assert not verify_code(filled[:at] + bytes([filled[at] ^ 1]) + filled[at + 1 :], artefact)
    assert not verify_code(filled + b"\x00", artefact)
    assert not verify_code(filled[:-1], artefact)
    assert not verify_code(b"", artefact)


def test_an_artefact_of_other_sources_is_refused(tmp_path: Path) -> None:
    """What was compiled before the last change is not deployed."""
    file = tmp_path / "Stale.json"
    file.write_text(json.dumps({"metadata": {"sources": {"foundry.toml": {"keccak256": "0x00"}}}}))

    with pytest.raises(DeploymentError, match=r"foundry.toml has changed since Stale.json was made of it"):
        load_artefact(file)


def test_what_is_not_asked_for_stays() -> None:
    """Options lie over the record's roles, those over its constructor's arguments, those over the canonical WETH."""
    moved = replace(DEPLOYMENT, roles={**DEPLOYMENT.roles, "operator": OTHER})

    assert roles.wanted({}, moved) == {**NAMES, "operator": OTHER}
    assert roles.wanted({"guardian": OTHER}, DEPLOYMENT) == {**NAMES, "guardian": OTHER}
    assert roles.wanted({k: v for k, v in NAMES.items() if k != "weth"}, None)["weth"] == roles.WETH


def test_what_is_missing_is_named() -> None:
    """Without a record every role must be said."""
    with pytest.raises(DeploymentError, match="--guardian --treasury"):
        roles.wanted({"owner": OTHER, "operator": OTHER}, None)


@given(st.fixed_dictionaries({}, optional={name: st.just(OTHER) for name in roles.ROLES}))
def test_calls_lead_to_what_was_asked(asked: dict[str, str]) -> None:
    """One call for each role that differs and none for the others; then nothing is left to call but the acceptance."""
    wanted = {**NAMES, **asked}
    calls = roles.calls(NOW, wanted)
    after = {**NOW, **{name: wanted[name] for name in ("operator", "guardian")}}
    if "owner" in asked:
        after["pendingOwner"] = OTHER

    assert len(calls) == len(asked)
    assert roles.mismatch(after, wanted) is None
    assert [method for method, _, _ in roles.calls(after, wanted)] == ["acceptOwnership"] * ("owner" in asked)
    assert not asked or roles.mismatch(NOW, wanted) is not None


@pytest.mark.parametrize("name", ["owner", "treasury"])
def test_the_operator_is_nobody_else(name: str) -> None:
    """The operator's key must not be the owner's nor the treasury's, and ether's wrapper is no treasury."""
    with pytest.raises(DeploymentError, match="a stolen operator key would be both"):
        roles.refuse_unwise({**NAMES, name: NAMES["operator"]})
    with pytest.raises(DeploymentError, match="what is sent there is lost"):
        roles.refuse_unwise({**NAMES, "treasury": NAMES["weth"]})


def test_allowed_calls_are_the_last_word_on_each() -> None:
    """A call that was allowed and taken off again is not on the list."""

    def log(target: str, selector: str, *, allowed: bool) -> dict[str, object]:
        topics = [roles.CALL_ALLOWED, "0x" + "00" * 12 + target[2:], selector.ljust(66, "0")]
        return {"topics": topics, "data": f"0x{allowed:064x}"}

    logs = [
        log(roles.WETH.lower(), "0xaabbccdd", allowed=True),
        log(roles.WETH.lower(), "0x11223344", allowed=True),
        log(roles.WETH.lower(), "0xaabbccdd", allowed=False),
    ]
    assert roles.allowed_calls(logs) == [f"{roles.WETH} 0x11223344"]
