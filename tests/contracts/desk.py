"""Whoever gives the executor its orders on the sandbox chain, and looks at what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.registry import Address
from bot.sandbox import abi
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import DAI, OPERATOR, SDAI, SUSD, TREASURY, USDC, USDT, WETH
from bot.sandbox.node import Json
from bot.venues import calldata
from bot.venues.calldata import Captured, Guard, Leg, Loan, Tip

from .routes import Push, pool, whole

GUARD = Guard(min_profit=1, deadline=2**40)
TOKENS = (WETH, USDC, USDT, DAI, SUSD, SDAI)


@dataclass(frozen=True)
class Desk:
    """One executor and its operator."""

    actor: Actor
    executor: Address

    def push(self, push: Push) -> None:
        """Leaves a pool out of balance."""
        target = pool(push.pool)
        sent = self.actor.swap(target, push.i, push.j, whole(target.coins[push.i], push.coins))
        assert self.receipt(sent)["status"] == "0x1"

    def execute(self, loan: Loan, legs: Sequence[Leg], tip: Tip | None = None, guard: Guard = GUARD) -> Json:
        """Sends an order and returns its receipt; a failed one is named by the executor's own error."""
        order = "0x" + calldata.encode_order(loan, guard, tip or Tip(), legs).hex()
        receipt = self.receipt(self.actor.send(self.executor, order, sender=OPERATOR))
        if receipt["status"] != "0x1":
            self.actor.rpc("eth_call", {"from": OPERATOR, "to": self.executor, "data": order}, "latest")
        return receipt

    def captured(self, receipt: Json) -> Captured:
        """What the executor said it captured."""
        told = [calldata.decode_captured(log) for log in receipt["logs"] if _same(log["address"], self.executor)]
        return next(each for each in told if each is not None)

    def profit(self, token: Address) -> int:
        """What the treasury holds."""
        return self.actor.balance(token, TREASURY)

    def assert_empty(self, spenders: Sequence[Address]) -> None:
        """It holds nothing, and none of `spenders` may take anything from it."""
        for token in TOKENS:
            assert self.actor.balance(token, self.executor) == 0
            for spender in spenders:
                assert self._allowance(token, spender) == 0

    def receipt(self, sent: str) -> Json:
        """Of a transaction, which is mined if the node has not come to it yet."""
        self.actor.mine()
        return self.actor.rpc("eth_getTransactionReceipt", sent)

    def _allowance(self, token: Address, spender: Address) -> int:
        asked = abi.call("allowance(address,address)", self.executor, spender)
        return int(self.actor.rpc("eth_call", {"to": token, "data": asked}, "latest"), 16)


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()
