"""Who pretends to trade on chain in a dry run: the wallet is read, the pool's contract asked, and nothing is signed.

What is pretended is kept in the books of the dry run alone: they begin with what really lies in the wallet.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self

from bot.app.run import Known
from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import CHAIN, Market
from bot.model.orders import (
    NOTHING,
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Terms,
    Ticket,
    VenueSeen,
)
from bot.model.registry import Address, Registry
from bot.units import to_decimal
from bot.venues import chain_swaps, order_life
from bot.venues.chain_courses import SILENT
from bot.venues.chain_orders import ETHER, ETHER_DECIMALS, GAS, Quoting, Refused, Unfilled, Verdict
from bot.venues.chain_swaps import Swap
from bot.venues.heads import Heads
from bot.venues.rpc import Rpc
from bot.venues.wallet import Wallet
from bot.venues.wallet_policy import WalletPolicy, dear


class PaperChain:
    """The swaps of a wallet, pretended. `ether_usd` tells dollars for an ether."""

    def __init__(
        self,
        rpc: Rpc,
        wallet: Address,
        registry: Registry,
        coins: Coins,
        ether_usd: Callable[[], float | None],
        policy: WalletPolicy,
        clock: Callable[[], int],  # ns UTC
    ) -> None:
        self._ether_usd, self._policy, self._clock = ether_usd, policy, clock
        self._heads = Heads(rpc)
        self._quoting = Quoting(rpc, registry, coins, Wallet(rpc, wallet), self._heads)

    async def __aenter__(self) -> Self:
        """Nothing is asked before `start`."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Follows the chain no more."""
        await self._heads.close()

    async def start(self, known: Sequence[Known]) -> list[OrderEvent]:
        """What lies in the wallet, where no order ever went; else what the books made of it. What stood is over."""
        lives = [life for life in order_life.remembered(known).values() if life.ticket.market.holder == CHAIN]
        try:
            await self._heads.look()
            held = None if lives else await self._quoting.holdings()
        except SILENT as error:
            raise UserError(f"the wallet cannot be read: {error}") from None
        self._heads.follow()
        now = self._clock()
        over = [OrderEnded(now, now, life.ticket.id, life.filled, "dry run: it ended") for life in lives if life.stands]
        return [*over, VenueSeen(now, now, CHAIN, ready=True, balances=held)]

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """What would have come of it in the newest block."""
        now = self._clock()
        match await self._tried(ticket):
            case Refused(reason):
                return [OrderRefused(now, now, ticket.id, f"dry run: {reason}")]
            case Unfilled(reason):
                return [OrderEnded(now, now, ticket.id, NOTHING, f"dry run: {reason}")]
            case swap, got:
                return self._filled(swap, got)

    async def pull(self, order_id: str, why: str) -> list[OrderEvent]:
        """Nothing waits."""
        del order_id, why
        return []

    async def events(self) -> AsyncIterator[OrderEvent]:
        """Nothing is heard between calls."""
        await asyncio.Event().wait()
        yield  # type: ignore[misc]

    def terms(self, market: Market) -> Terms | None:
        """As they would be."""
        return self._quoting.terms(market, self._gas_price(), self._ether_usd) if self._heads.known else None

    async def _tried(self, ticket: Ticket) -> tuple[Swap, int] | Verdict:
        """The swap, and what comes out of it; or why there is none."""
        try:
            swap = await self._quoting.swap(ticket)
            if not isinstance(swap, Swap):
                return swap
            if costly := dear(self._heads.next_base_fee, self._policy):
                return Unfilled(costly)
            got = await self._quoting.pretended(swap)
        except SILENT as error:
            return Refused(str(error))
        return (swap, got) if isinstance(got, int) else got

    def _filled(self, swap: Swap, got: int) -> list[OrderEvent]:
        now, name = self._clock(), swap.order_id
        amount, price = chain_swaps.fill(swap, swap.dx, got)
        fee = to_decimal(GAS * self._gas_price(), ETHER_DECIMALS)
        return [
            OrderOpened(now, now, name, f"paper-{name}"),
            OrderFilled(now, now, name, f"{name}-1", amount, price, fee, ETHER),
            OrderEnded(now, now, name, amount, "dry run"),
        ]

    def _gas_price(self) -> int:
        return self._heads.next_base_fee + self._policy.priority_fee
