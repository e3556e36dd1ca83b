"""Real pools on the sandbox chain, put into any state, and what they pay there.

State is written into storage, so thousands of states cost as many writes and no transactions. What a swap pays is
measured: a batcher swaps in an `eth_call` and its balance is read in the same call.
"""

from collections.abc import Iterable, Mapping, Sequence

from eth_utils.crypto import keccak

from bot.model.registry import Address
from bot.sandbox import abi
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import MULTICALL3
from bot.sandbox.node import NodeError
from bot.sandbox.trades import Trade

PLENTY = 1 << 120
WHO = MULTICALL3
_ANSWERS = "((bool,bytes)[])"


class Stage:
    """Writes storage, and swaps as the batcher."""

    def __init__(self, actor: Actor) -> None:
        self.node = actor.node
        self._actor = actor

    def write(self, address: Address, slots: Mapping[int, int]) -> None:
        """Sets storage slots of a contract."""
        self._done(
            ("anvil_setStorageAt", (address, word(slot), word(value))) for slot, value in slots.items()
        )  # fmt: skip

    def read(self, to: Address, signature: str, *args: object) -> int:
        """A view that answers with one number."""
        return int(self.node.rpc("eth_call", {"to": to, "data": abi.call(signature, *args)}, "latest"), 16)

    def deal(self, holdings: Iterable[tuple[Address, Address, int]]) -> None:
        """Sets what (token, holder) has."""
        self._done(("anvil_dealERC20", (who, token, hex(amount))) for token, who, amount in holdings)

    def provide(self, tokens: Sequence[Address], spender: Address) -> None:
        """Gives the batcher plenty of each token and lets `spender` take them."""
        self.deal((token, WHO, PLENTY) for token in tokens)
        for token in tokens:
            self._actor.send(token, abi.call("approve(address,uint256)", spender, 2**256 - 1), sender=WHO)

    def paid(self, trades: Sequence[Trade], token: Address) -> list[int | None]:
        """What each trade alone would bring the batcher of `token`; None where it reverts."""
        before = self.read(token, "balanceOf(address)", WHO)
        answers = self.node.batch(("eth_call", (_swap_and_count(trade, token), "latest")) for trade in trades)
        return [_difference(answer, before) for answer in answers]

    def _done(self, calls: Iterable[tuple[str, Sequence[object]]]) -> None:
        for answer in self.node.batch(calls):
            if isinstance(answer, NodeError):
                raise answer


def _swap_and_count(trade: Trade, token: Address) -> dict[str, str]:
    count = bytes.fromhex(abi.call("balanceOf(address)", WHO)[2:])
    calls = [(trade.target, True, bytes.fromhex(trade.data[2:])), (token, False, count)]
    return {"to": WHO, "data": abi.call("aggregate3((address,bool,bytes)[])", calls)}


def _difference(answer: str, before: int) -> int | None:
    (done, _), (_, after) = abi.decode(_ANSWERS, answer)[0]
    return int.from_bytes(after) - before if done else None


def word(value: int) -> str:
    """A storage word, two's complement for what is below zero."""
    return "0x" + (value % (1 << 256)).to_bytes(32).hex()


def hashed(*words: int) -> int:
    """Where a mapping keeps an entry, or an old Vyper array begins: keccak of the words."""
    return int.from_bytes(keccak(b"".join((each % (1 << 256)).to_bytes(32) for each in words)))
