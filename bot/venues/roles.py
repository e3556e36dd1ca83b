"""Who is who to the executor: what was asked for, what would be unwise, and the calls that lead there."""

from collections.abc import Iterable, Mapping
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bot.model.registry import Address
from bot.venues.deployment import Deployment, DeploymentError

ARGUMENTS = ("owner", "operator", "guardian", "treasury", "weth")  # in the constructor's order
ROLES = ("owner", "operator", "guardian")
FIXED = ("treasury", "weth")  # immutable
SETTINGS = (*ARGUMENTS, "pendingOwner", "paused")
WETH: Address = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
CALL_ALLOWED = "0x" + keccak(text="CallAllowed(address,bytes4,bool)").hex()

Wanted = Mapping[str, Address]
Call = tuple[str, tuple[Address, ...], Address]
"""Method, arguments, and who must call it."""


def wanted(asked: Wanted, record: Deployment | None) -> Wanted:
    """What was asked for, over what the record says, over the canonical WETH. DeploymentError names what is missing."""
    known = {**record.arguments, **record.roles} if record else {}
    answer = {"weth": WETH, **known, **asked}
    if missing := [f"--{name}" for name in ARGUMENTS if name not in answer]:
        raise DeploymentError(f"nothing is deployed here yet, so these are needed: {' '.join(missing)}")
    return answer


def refuse_unwise(asked: Wanted) -> None:
    """The operator's key is on a machine that trades: whoever steals it must find nothing else in it."""
    for name in ("owner", "treasury"):
        if asked[name] == asked["operator"]:
            raise DeploymentError(f"--{name} and --operator are the same address: a stolen operator key would be both")
    if asked["treasury"] == asked["weth"]:
        raise DeploymentError("--treasury is the WETH contract: what is sent there is lost")


def calls(now: Mapping[str, object], asked: Wanted) -> list[Call]:
    """What leads from the settings now to those asked for. Ownership comes last: its giver may set nothing more."""
    owner = str(now["owner"])
    setters = (("operator", "setOperator"), ("guardian", "setGuardian"))
    steps: list[Call] = [(method, (asked[role],), owner) for role, method in setters if now[role] != asked[role]]
    return [*steps, *_handover(now, asked["owner"])]


def _handover(now: Mapping[str, object], owner: Address) -> list[Call]:
    """Ownership is offered by one and taken by the other, so it takes two runs with two accounts."""
    if now["owner"] == owner:
        return []
    if now["pendingOwner"] == owner:
        return [("acceptOwnership", (), owner)]
    return [("transferOwnership", (owner,), str(now["owner"]))]


def mismatch(now: Mapping[str, object], asked: Wanted) -> str | None:
    """The first setting that is not as asked, in words. An owner who was offered and has not taken it yet is one."""
    for name in ("operator", "guardian", *FIXED):
        if now[name] != asked[name]:
            return f"{name} is {now[name]} on chain and should be {asked[name]}"
    if asked["owner"] not in (now["owner"], now["pendingOwner"]):
        return f"owner is {now['owner']} on chain and should be {asked['owner']}"
    return None


def allowed_calls(logs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Calls that are allowed, each as "target selector", after CALL_ALLOWED logs in the order of the chain."""
    state: dict[str, bool] = {}
    for log in logs:
        _, target, selector = log["topics"]
        state[f"{to_checksum_address('0x' + target[-40:])} {selector[:10]}"] = int(log["data"], 16) == 1
    return sorted(call for call, allowed in state.items() if allowed)
