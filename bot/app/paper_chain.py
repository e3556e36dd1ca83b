"""Who pretends to trade on chain in a dry run: the wallet is read, the pool's contract asked, and nothing is signed.

What is pretended is kept in the books of the dry run alone: they begin with what really lies in the wallet. What of it
went through a pool in a block is gone from there for whatever is pretended in that block afterwards.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
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
from bot.venues import chain_orders, chain_swaps, order_life
from bot.venues.chain_courses import SILENT
from bot.venues.chain_orders import ETHER, ETHER_DECIMALS, GAS, Holdings, Quoting, Refused, Unfilled, Verdict
from bot.venues.chain_swaps import Swap
from bot.venues.heads import Heads
from bot.venues.rpc import Rpc
from bot.venues.wallet import Wallet
from bot.venues.wallet_policy import WalletPolicy, bid, dear


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
        self._ether, self._ready = NOTHING, False
        self._made: tuple[str, tuple[Swap, ...]] = "", ()  # in the newest block, by its hash
        self._turn = asyncio.Lock()
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
        """What lies in the wallet, where no order ever went; else what the books made of it. What stood is over.

        For gas there is the ether that lies there, less what all that was pretended would have cost.
        """
        lives = [life for life in order_life.remembered(known).values() if life.ticket.market.holder == CHAIN]
        try:
            await self._heads.look()
            held = await self._quoting.holdings()
        except SILENT as error:
            raise UserError(f"the wallet cannot be read: {error}") from None
        self._heads.follow()
        self._ether = dict(held)[ETHER] - _burnt(known)
        now = self._clock()
        over = [OrderEnded(now, now, life.ticket.id, life.filled, "dry run: it ended") for life in lives if life.stands]
        return [*over, self._stands(None if lives else held)]

    async def place(self, ticket: Ticket) -> list[OrderEvent]:
        """What would have come of it in the newest block."""
        now = self._clock()
        async with self._turn:
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
        """Whether it may begin anything, where a block changes that."""
        while True:
            await self._heads.news()
            if bool(self._hindrance()) == self._ready:
                yield self._stands(None)

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
            if poor := chain_orders.unpaid(self._ether, self._bid()):
                return Refused(poor)
            got = await self._got(swap)
        except SILENT as error:
            return Refused(str(error))
        return (swap, got) if isinstance(got, int) else got

    async def _got(self, swap: Swap) -> int | Verdict:
        """What comes out of it after all that was pretended there in this block."""
        before = sum(_in_its_way(each, swap) for each in self._through(swap.pool))
        if not before:
            return await self._quoting.pretended(swap)
        found = []
        for dx in (before, before + swap.dx):
            got = await self._quoting.pretended(replace(swap, dx=dx, min_dy=0))
            if not isinstance(got, int):
                return got
            found.append(got)
        got = found[1] - found[0]
        return got if got >= swap.min_dy else Unfilled("what was pretended in this block left too little in the pool")

    def _through(self, pool: Address) -> Iterable[Swap]:
        """What was pretended in a pool in the newest block."""
        block, made = self._made
        return (each for each in made if each.pool == pool and block == self._heads.hash)

    def _filled(self, swap: Swap, got: int) -> list[OrderEvent]:
        now, name = self._clock(), swap.order_id
        amount, price = chain_swaps.fill(swap, swap.dx, got)
        fee = to_decimal(GAS * self._gas_price(), ETHER_DECIMALS)
        block, made = self._made
        self._made = self._heads.hash, (*(made if block == self._heads.hash else ()), swap)
        self._ether -= fee
        return [
            OrderOpened(now, now, name, f"paper-{name}"),
            OrderFilled(now, now, name, f"{name}-1", amount, price, fee, ETHER),
            OrderEnded(now, now, name, amount, "dry run"),
        ]

    def _stands(self, held: Holdings | None) -> VenueSeen:
        now, why = self._clock(), self._hindrance()
        self._ready = why is None
        return VenueSeen(now, now, CHAIN, self._ready, why or "", held)

    def _hindrance(self) -> str | None:
        """Why a wallet that signs would begin nothing; None where it would."""
        costly = dear(self._heads.next_base_fee, self._policy)
        return costly or chain_orders.penniless(((ETHER, self._ether),), self._bid())

    def _bid(self) -> int:
        return bid(self._heads.next_base_fee, self._policy)

    def _gas_price(self) -> int:
        return self._heads.next_base_fee + self._policy.priority_fee


def _burnt(known: Iterable[Known]) -> Decimal:
    """Ether that fills cost."""
    fills = (each for each in known if isinstance(each, OrderFilled) and each.fee_asset == ETHER)
    return sum((each.fee for each in fills), NOTHING)


def _in_its_way(made: Swap, swap: Swap) -> int:
    """How much of a swap's coin, base units, an earlier one in the pool is as bad as: it gave or took the same coin.

    Exact where both coins are the same; else coins count as alike. One the other way would help: it counts as nothing.
    """
    if made.i != swap.i and made.j != swap.j:
        return 0
    alike: int = -(-made.dx * 10**swap.decimals_in // 10**made.decimals_in)
    return alike
