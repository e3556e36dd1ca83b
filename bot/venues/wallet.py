"""What lies in a wallet on chain, what it lets a pool take, and what a swap out of it would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model.registry import Address
from bot.venues import calldata, multicall, refusals
from bot.venues.chain_swaps import Swap
from bot.venues.multicall import Asking, Call, word
from bot.venues.rpc import Rpc, RpcError
from bot.venues.transport import Json

ONE = "0x600160005260206000f3"  # code that returns 1
INVALID = -32602  # JSON-RPC's invalid parameters


@dataclass(frozen=True, slots=True)
class Trial:
    """What a swap would bring, base units; None with the reason where it would revert."""

    got: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many transactions of a wallet the chain holds, and how many with those that wait; its ether in wei."""

    used: int
    waiting: int
    ether: int


class Wallet:
    """A wallet, read. Each question raises NodeDown when no node answers, RpcError when it will not."""

    def __init__(self, rpc: Rpc, address: Address) -> None:
        self.address = address
        self._rpc = rpc
        self._code = ""  # Multicall3's
        self._disguised = False  # a node was seen to answer as if the wallet had code

    async def counts(self) -> Counts:
        """As the newest block, and the node's pool, have them."""
        asked: list[tuple[str, Sequence[Json]]] = [
            ("eth_getTransactionCount", (self.address, "latest")),
            ("eth_getTransactionCount", (self.address, "pending")),
            ("eth_getBalance", (self.address, "latest")),
        ]
        used, waiting, ether = (_number(each) for each in await self._rpc.batch(asked))
        return Counts(used, waiting, ether)

    async def holds(self, coins: Sequence[Address], block_hash: str) -> Mapping[Address, int]:
        """Base units of each coin that answers."""
        found = await Asking(self._rpc, block_hash)(*(self.balance(coin) for coin in coins))
        return {coin: word(held) for coin, held in zip(coins, found, strict=True) if held is not None}

    async def allowed(self, swap: Swap, block_hash: str) -> int:
        """What the pool may take of the coin that goes in, at a block."""
        call = self.allowance(swap.coin_in, swap.pool)
        asked = {"to": call.target, "data": "0x" + call.data}
        return int(await self._rpc.call("eth_call", asked, {"blockHash": block_hash}), 16)

    def balance(self, coin: Address) -> Call:
        """The read of what it holds of a coin."""
        return multicall.call(coin, "balanceOf(address)", self.address)

    def allowance(self, coin: Address, pool: Address) -> Call:
        """The read of what a pool may take of a coin."""
        return multicall.call(coin, "allowance(address,address)", self.address, pool)

    async def triable(self, block_hash: str) -> None:
        """RpcError where the node does not answer as if the wallet had code: then nothing can be tried."""
        if self._disguised:
            return
        disguise = {self.address: {"code": ONE}}
        answer = await self._rpc.call("eth_call", {"to": self.address}, {"blockHash": block_hash}, disguise)
        if answer != "0x" + f"{1:064x}":
            raise _undisguised()
        self._disguised = True

    async def trial(self, swap: Swap, block_hash: str) -> Trial:
        """What approval and swap would bring at a block, asked for no minimum.

        For the length of the question the wallet has Multicall3's code, so that one call does both as the wallet: the
        pool's own contract answers, with nothing approved and nothing signed.
        """
        before, after = self.balance(swap.coin_out), self.balance(swap.coin_out)
        calls = (before, swap.approve(0), swap.approve(swap.dx), swap.at_least(0), after)
        call = {"to": self.address, "data": multicall.encode(calls)}
        disguise = {self.address: {"code": await self._multicall_code()}}
        answer = await self._rpc.call("eth_call", call, {"blockHash": block_hash}, disguise)
        if len(answer) <= len("0x"):
            self._disguised = False
            raise _undisguised()
        had, _, approved, swapped, has = _outcomes(bytes.fromhex(answer[2:]))
        if not (had[0] and approved[0] and swapped[0] and has[0]):
            return Trial(
                None, calldata.decode_error(next(data for fine, data in (approved, swapped, had, has) if not fine))
            )
        return Trial(word(has[1]) - word(had[1]))

    async def objection(self, call: Call, block_hash: str) -> str | None:
        """Why a call of the wallet would revert at a block; None where it would not."""
        asked = {"from": self.address, "to": call.target, "data": "0x" + call.data}
        try:
            await self._rpc.call("eth_call", asked, {"blockHash": block_hash})
        except RpcError as error:
            why = refusals.revert(error)
            if why is None:
                raise
            return why
        return None

    async def gas(self, call: Call) -> int:
        """Units that a call of the wallet takes, as the node thinks. RpcError where it would revert."""
        asked = {"from": self.address, "to": call.target, "data": "0x" + call.data}
        return int(await self._rpc.call("eth_estimateGas", asked), 16)

    async def _multicall_code(self) -> str:
        if not self._code:
            self._code = str(await self._rpc.call("eth_getCode", multicall.MULTICALL3, "latest"))
        return self._code


def _undisguised() -> RpcError:
    return RpcError(INVALID, "this node does not answer state overrides")


def _number(answer: Json | RpcError) -> int:
    if isinstance(answer, RpcError):
        raise answer
    return int(answer, 16)


def _outcomes(raw: bytes) -> list[tuple[bool, bytes]]:
    """What aggregate3 returned, (bool, bytes)[]: of each call whether it worked, and its answer or its error."""
    found = []
    for i in range(word(raw, 1)):
        start = 64 + word(raw, 2 + i)
        size = int.from_bytes(raw[start + 64 : start + 96], "big")
        found.append((bool(raw[start + 31]), raw[start + 96 : start + 96 + size]))
    return found
