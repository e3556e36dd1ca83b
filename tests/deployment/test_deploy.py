"""Deployment through ape itself."""

import json
import shutil
from pathlib import Path

import pytest
from ape_runs import ASKED, GUARDIAN, NEWCOMER, OPERATOR, OWNER, TREASURY, Ape

from bot.sandbox.actor import Actor
from bot.venues.deployment import ROOT, code_hash, load_artefact, load_deployment, verify_code

pytestmark = pytest.mark.chain


def test_deploys_once_and_then_verifies(ape: Ape, actor: Actor) -> None:
    """The first run deploys and records what stands on chain; the second sends nothing and writes nothing."""
    first = ape.told("--account", "TEST::0", *ASKED)
    record = (ape.records / "1.json").read_text()
    second = ape.told("--account", "TEST::0", *ASKED)

    assert (first["done"], second["done"]) == ("deployed", "verified")
    assert (first["operator"], first["guardian"], first["owner"]) == (OPERATOR, GUARDIAN, OWNER)
    assert (first["treasury"], first["allowed"], first["paused"]) == (TREASURY, [], False)
    assert (second["transactions"], second["address"]) == ([], first["address"])
    assert (ape.records / "1.json").read_text() == record
    _assert_true_to_chain(ape, actor)


def _assert_true_to_chain(ape: Ape, actor: Actor) -> None:
    """The record says of block, transaction and code what the node says."""
    record = load_deployment(ape.records, 1)
    assert record is not None
    receipt = actor.rpc("eth_getTransactionReceipt", record.tx)
    code = bytes.fromhex(actor.rpc("eth_getCode", record.address, "latest")[2:])
    assert receipt["contractAddress"] == record.address.lower()
    assert int(receipt["blockNumber"], 16) == record.block
    assert record.code_hash == code_hash(code)
    assert verify_code(code, load_artefact())


def test_changes_only_what_differs(ape: Ape) -> None:
    """A new operator is one call, needs no other option again, and is in the record; ownership takes two accounts."""
    deployed = ape.told("--account", "TEST::0", *ASKED)

    assert f"setOperator({NEWCOMER}) is for {OWNER}" in ape.refusal("--account", "TEST::4", "--operator", NEWCOMER)
    changed = ape.told("--account", "TEST::0", "--operator", NEWCOMER, "--owner", GUARDIAN)
    assert (changed["done"], changed["address"], len(changed["transactions"])) == ("changed", deployed["address"], 2)
    assert (changed["operator"], changed["owner"], changed["pendingOwner"]) == (NEWCOMER, OWNER, GUARDIAN)

    taken = ape.told("--account", "TEST::2", "--owner", GUARDIAN)
    assert (taken["owner"], taken["operator"], len(taken["transactions"])) == (GUARDIAN, NEWCOMER, 1)
    record = load_deployment(ape.records, 1)
    assert record is not None
    assert record.roles == {"owner": GUARDIAN, "operator": NEWCOMER, "guardian": GUARDIAN}


def test_other_code_is_replaced_only_on_request(ape: Ape, actor: Actor) -> None:
    """Code that is not ours, and a treasury that cannot change, are said in one line; --redeploy deploys anew."""
    deployed = ape.told("--account", "TEST::0", *ASKED)
    assert "--redeploy deploys anew" in ape.refusal("--account", "TEST::0", "--treasury", NEWCOMER)

    actor.rpc("anvil_setCode", deployed["address"], "0x6001")
    assert "runs other code than we compiled" in ape.refusal("--account", "TEST::0")
    again = ape.told("--account", "TEST::0", "--redeploy")
    assert (again["done"], again["operator"]) == ("deployed", OPERATOR)
    assert again["address"] != deployed["address"]


def test_a_deployment_that_was_sent_and_not_recorded_is_adopted(ape: Ape) -> None:
    """Stopped between sending and recording, the next run finds what was sent and deploys nothing."""
    deployed = ape.told("--account", "TEST::0", *ASKED)
    record = json.loads((ape.records / "1.json").read_text())
    (ape.records / "1.json").unlink()
    (ape.records / "1.sent").write_text(json.dumps({"tx": record["tx"], "arguments": record["arguments"]}))

    adopted = ape.told("--account", "TEST::0", *ASKED)

    assert (adopted["done"], adopted["address"]) == ("verified", deployed["address"])
    assert json.loads((ape.records / "1.json").read_text()) == record
    assert not (ape.records / "1.sent").exists()


def test_a_wrong_treasury_is_refused(ape: Ape, actor: Actor) -> None:
    """A treasury with a slip in it, or one the operator's key could empty, is refused before anything is sent."""
    before = actor.rpc("eth_blockNumber")
    slip = TREASURY[:-1] + "7"
    assert f"{slip} is not a checksummed address" in ape.refusal("--account", "TEST::0", *ASKED, "--treasury", slip)
    assert "--treasury and --operator" in ape.refusal("--account", "TEST::0", *ASKED, "--treasury", OPERATOR)
    assert actor.rpc("eth_blockNumber") == before


def test_a_wrong_chain_is_refused(ape: Ape) -> None:
    """A node of another chain than the network asked for is refused in one line."""
    ape.network = "ethereum:sepolia"
    assert "does not match network chain ID" in ape.refusal("--account", "TEST::0", *ASKED)


def test_a_missing_artefact_is_one_line(ape: Ape, tmp_path: Path) -> None:
    """Without compiled contracts the answer is to run the set-up."""
    ape.project = tmp_path / "uncompiled"
    for part in ("bot", "scripts"):
        shutil.copytree(ROOT / part, ape.project / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "ape-config.yaml", ape.project)
    ape.env["PYTHONPATH"] = str(ape.project)

    line = ape.refusal("--account", "TEST::0", *ASKED)

    assert line.endswith("DepegExecutor.json is missing: run scripts/setup")
