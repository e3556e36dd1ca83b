"""What a transaction's gas was spent on, by its call frames."""

from bot.model.registry import Address
from bot.sandbox import abi
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import MULTICALL3, TRADER
from bot.sandbox.node import Json

_AGGREGATE = "aggregate3((address,bool,bytes)[])"


def own(actor: Actor, executor: Address, order: bytes) -> int:
    """Gas spent in the executor's own frames by an order of its operator `MULTICALL3`, and in nothing it calls.

    The order goes through a contract so that `execute` is a frame like any other: the gas of a transaction's first
    frame contains what every transaction costs, and is short of what is refunded for the tokens' storage.
    """
    root = _trace(actor, executor, order)
    return sum(_spent(frame) for frame in _frames(root) if frame["to"] == executor.lower())


def first_touches(actor: Actor, executor: Address, order: bytes) -> int:
    """How much of `own` the chain asks for reaching lender, pools and tokens the first time: 2,500 an account."""
    root = _trace(actor, executor, order)
    touched = {each["to"] for frame in _frames(root) if frame["to"] == executor.lower() for each in frame["calls"]}
    return 2_500 * len(touched - {executor.lower()})


def of_calldata(data: bytes) -> int:
    """What a transaction pays for its calldata: 4 a zero byte, 16 any other."""
    return 4 * data.count(0) + 16 * (len(data) - data.count(0))


def _trace(actor: Actor, executor: Address, order: bytes) -> Json:
    data = abi.call(_AGGREGATE, [(executor, False, order)])
    call = {"from": TRADER, "to": MULTICALL3, "data": data, "gas": hex(3_000_000)}
    root = actor.rpc("debug_traceCall", call, "latest", {"tracer": "callTracer"})
    assert "error" not in root, root["error"]
    return root


def _spent(frame: Json) -> int:
    return int(frame["gasUsed"], 16) - sum(int(each["gasUsed"], 16) for each in frame.get("calls", ()))


def _frames(frame: Json) -> list[Json]:
    return [frame, *(inner for each in frame.get("calls", ()) for inner in _frames(each))]
