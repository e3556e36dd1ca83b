"""Many reads as one by Multicall3's aggregate3, laid out and taken apart by hand, for eth_abi is too slow."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from eth_utils.crypto import keccak

from bot.model.registry import Address
from bot.venues.rpc import Rpc, RpcError
from bot.venues.transport import Json

MULTICALL3: Address = "0xcA11bde05977b3631167028862bE2a173976CA11"
AGGREGATE3 = "82ad56cb"  # aggregate3((address,bool,bytes)[])
BATCH = 100  # eth_calls in one request: hosted nodes take no more
AT_ONCE = 400  # reads in one eth_call: some 15 million gas, where nodes allow 50


@dataclass(frozen=True, slots=True)
class Call:
    """A read: a contract and its calldata as hex without 0x."""

    target: Address
    data: str


def call(target: Address, signature: str, *arguments: int | Address) -> Call:
    """A read of `target` by signature, as in `balanceOf(address)`, with arguments of one word each."""
    return Call(target, selector(signature) + "".join(_word(argument) for argument in arguments))


@cache
def selector(signature: str) -> str:
    """The four bytes, as hex, that a function is called by."""
    return keccak(text=signature)[:4].hex()


def payloads(calls: Sequence[Call]) -> list[str]:
    """The calldata of as many eth_calls as it takes."""
    return [encode(calls[start : start + AT_ONCE]) for start in range(0, len(calls), AT_ONCE)]


def requests(payloads: Sequence[str], block_hash: str) -> list[tuple[str, Sequence[Json]]]:
    """The eth_calls for `Rpc.batch`, pinned to a block by its hash (EIP-1898): what they say was true together."""
    return [("eth_call", ({"to": MULTICALL3, "data": each}, {"blockHash": block_hash})) for each in payloads]


def answers(results: Sequence[Json | RpcError]) -> list[bytes | None]:
    """What each read returned; None for one that failed or returned nothing. Raises the node's error if it gave one."""
    found: list[bytes | None] = []
    for result in results:
        if isinstance(result, RpcError):
            raise result
        found += decode(bytes.fromhex(result[2:]))
    return found


def encode(calls: Sequence[Call]) -> str:
    """Calldata of aggregate3, each call allowed to fail."""
    bodies, offsets, end = [], [], 32 * len(calls)
    for each in calls:
        size = len(each.data) // 2
        padding = "0" * (-len(each.data) % 64)
        offsets.append(f"{end:064x}")
        bodies.append(f"{each.target[2:]:0>64}{1:064x}{96:064x}{size:064x}{each.data}{padding}")
        end += 128 + size + len(padding) // 2
    return "".join(("0x", AGGREGATE3, f"{32:064x}{len(calls):064x}", *offsets, *bodies))


def decode(raw: bytes) -> list[bytes | None]:
    """What aggregate3 returned: (bool, bytes)[]."""
    found: list[bytes | None] = []
    for i in range(word(raw, 1)):
        start = 64 + word(raw, 2 + i)
        size = int.from_bytes(raw[start + 64 : start + 96], "big")
        fine = raw[start + 31] and size
        found.append(raw[start + 96 : start + 96 + size] if fine else None)
    return found


def word(data: bytes, i: int = 0) -> int:
    """The `i`-th word as uint256."""
    return int.from_bytes(data[32 * i : 32 * i + 32], "big")


def signed(data: bytes, i: int = 0) -> int:
    """The `i`-th word as int256."""
    return int.from_bytes(data[32 * i : 32 * i + 32], "big", signed=True)


def array(data: bytes) -> tuple[int, ...]:
    """A returned uint256[]."""
    return tuple(word(data, 2 + i) for i in range(word(data, 1)))


def address(data: bytes, i: int = 0) -> Address:
    """The `i`-th word as an address, in lower case: compare by `same`."""
    return "0x" + data[32 * i + 12 : 32 * i + 32].hex()


def same(one: Address, other: Address) -> bool:
    """Whether two addresses are one, whatever their case."""
    return one.lower() == other.lower()


async def apart(rpc: Rpc, groups: Sequence[Sequence[Call]], block_hash: str) -> list[list[bytes | None]]:
    """What each group of reads returned, each in an eth_call of its own.

    A contract that burns all gas it is given takes those it travels with down with it: apart, it fails alone. A call
    that cannot fail goes along to tell that from a block the node does not know, whose error is raised.
    """
    payloads = [encode([]), *(encode(group) for group in groups)]
    calls = requests(payloads, block_hash)
    results = [each for at in range(0, len(calls), BATCH) for each in await rpc.batch(calls[at : at + BATCH])]
    control, *found = results
    if isinstance(control, RpcError):
        raise control
    return [
        [None] * len(group) if isinstance(result, RpcError) else answers([result])
        for group, result in zip(groups, found, strict=True)
    ]


class Asking:
    """Reads at one block. Those asked for in the same turn of the event loop travel in one request."""

    def __init__(self, rpc: Rpc, block_hash: str) -> None:
        self._rpc = rpc
        self._block_hash = block_hash
        self._waiting: list[tuple[Sequence[Call], asyncio.Future[list[bytes | None]]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def __call__(self, *calls: Call) -> list[bytes | None]:
        """What each read returned; None for one that failed or returned nothing. Raises as `apart` does."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._depart)
        answer: asyncio.Future[list[bytes | None]] = loop.create_future()
        self._waiting.append((calls, answer))
        return await answer

    def _depart(self) -> None:
        waiting, self._waiting = self._waiting, []
        task = asyncio.ensure_future(self._send(waiting))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, waiting: list[tuple[Sequence[Call], asyncio.Future[list[bytes | None]]]]) -> None:
        try:
            found = await apart(self._rpc, [calls for calls, _ in waiting], self._block_hash)
        except Exception as error:  # noqa: BLE001 - it is raised where the answers are awaited
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), result in zip(waiting, found, strict=True):
            if not answer.done():
                answer.set_result(result)


def _word(argument: int | Address) -> str:
    if isinstance(argument, str):
        return f"{argument[2:].lower():0>64}"
    return f"{argument % (1 << 256):064x}"
