"""A wallet that trades on the sandbox chain, and what is done to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bot.model.coins import shipped
from bot.model.markets import Market
from bot.model.orders import (
    Ordered,
    OrderEnded,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRefused,
    Purpose,
    Side,
    Style,
    Ticket,
    VenueSeen,
)
from bot.model.registry import Address
from bot.sandbox import abi, chain
from bot.sandbox.actor import Actor
from bot.units import to_decimal
from bot.venues import registry
from bot.venues.chain_trader import ChainTrader
from bot.venues.keys import Signer
from bot.venues.rpc import Rpc
from bot.venues.wallet_policy import WalletPolicy

from .till import SIGNER

SANDBOX = registry.load("sandbox")
COINS = {coin.symbol: coin for coin in SANDBOX.coins.values()}
POOLS = {pool.name: pool for pool in SANDBOX.pools.values()}
SUSD, THREE = "chain:Curve sUSD", "chain:Curve 3pool"
POLICY = WalletPolicy(SANDBOX.chain_id)
ETHER_USD = 2_000.0


MARKET = Market(THREE, "USDC", "USDT")


def ticket(name, side, amount, limit, market=MARKET, style=Style.TAKE) -> Ticket:
    """An order of USDC for USDT, if nothing else is said."""
    amounts = Decimal(amount), Decimal(limit)
    return Ticket(name, name, "hold", market.base, market, side, *amounts, style, Purpose.ENTER, 1.0, 1, 1.0)


BUY, SELL = Side.BUY, Side.SELL


@dataclass
class Desk:
    """A trader at work, its node, and the journal its caller keeps."""

    actor: Actor
    rpc: Rpc
    trader: ChainTrader
    journal: list[OrderEvent] = field(default_factory=list)

    async def place(self, made: Ticket) -> list[OrderEvent]:
        """The whole life of an order, and the wallet as it was told after it."""
        self.order(made)
        self.journal += await self.trader.place(made)
        await self.done(made)
        return self.of(made)

    def order(self, made: Ticket) -> None:
        self.journal.append(Ordered(1, 1, made))

    async def done(self, made: Ticket) -> None:
        """Until it has ended, and the wallet was told as it is then, if anything was sent."""
        await self.until(lambda: self.ended(made))
        if any(isinstance(each, OrderOpened) for each in self.of(made)):
            await self.until(lambda: self.ready)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Hears until it holds."""
        async with asyncio.timeout(10):
            while not holds():
                self.journal.append(await self.trader._heard.get())

    @property
    def ready(self) -> bool:
        """Whether the last that was told is a wallet that may trade."""
        return isinstance(self.journal[-1], VenueSeen) and self.journal[-1].ready

    def known(self) -> list[OrderEvent]:
        """What a journal gives a floor to start from."""
        return [each for each in self.journal if not isinstance(each, VenueSeen)]

    def of(self, made: Ticket) -> list[OrderEvent]:
        return [each for each in self.journal if getattr(each, "order_id", None) == made.id]

    def ended(self, made: Ticket) -> bool:
        return any(isinstance(each, OrderEnded | OrderRefused) for each in self.of(made))

    def fill(self, made: Ticket) -> OrderFilled | None:
        return next((each for each in self.of(made) if isinstance(each, OrderFilled)), None)

    def told(self) -> dict[str, Decimal]:
        """The wallet as it was told last."""
        seen = [each for each in self.journal if isinstance(each, VenueSeen) and each.balances is not None]
        return dict(seen[-1].balances)


def funded(actor: Actor, who: Address = SIGNER.address, coins: int = 1_000_000) -> None:
    """Ether and coins for a wallet."""
    actor.rpc("anvil_setBalance", who, hex(10**20))
    for symbol in ("USDC", "USDT", "DAI", "sUSD"):
        actor.deal(COINS[symbol].address, who, coins * 10 ** COINS[symbol].decimals)


def lies(actor: Actor, symbol: str, who: Address = SIGNER.address) -> Decimal:
    """Whole coins."""
    return to_decimal(actor.balance(COINS[symbol].address, who), COINS[symbol].decimals)


def ether(actor: Actor, who: Address = SIGNER.address) -> Decimal:
    return to_decimal(int(actor.rpc("eth_getBalance", who, "latest"), 16), 18)


def allowed(actor: Actor, pool: str, symbol: str, who: Address = SIGNER.address) -> int:
    """What a pool may take of a coin."""
    data = abi.call("allowance(address,address)", who, POOLS[pool.removeprefix("chain:")].address)
    return int(actor.rpc("eth_call", {"to": COINS[symbol].address, "data": data}, "latest"), 16)


@contextmanager
def still_chain() -> Iterator[Actor]:
    """A chain of its own that mines when it is asked to, and a wallet with money on it."""
    with chain.running(mining=False) as sandbox:
        actor = Actor(sandbox.url)
        funded(actor)
        actor.mine()
        yield actor
        actor.close()


@contextmanager
def as_it_was(actor: Actor) -> Iterator[Actor]:
    """Afterwards the chain is what it was, and nothing waits."""
    before = actor.snapshot()
    yield actor
    actor.rpc("anvil_dropAllTransactions")
    actor.revert(before)


@asynccontextmanager
async def trading(
    actor: Actor,
    folder: Path,
    journal: list[OrderEvent] | None = None,
    policy: WalletPolicy = POLICY,
    signer: Signer = SIGNER,
    rpc: Rpc | None = None,
) -> AsyncIterator[Desk]:
    """From its start to its end; what it leaves is its folder, and the journal."""
    rpc = rpc or Rpc([actor.node.url], poll=0.01)
    trader = ChainTrader(rpc, signer, SANDBOX, shipped(), folder, lambda: ETHER_USD, policy, clock=time.time_ns)
    desk = Desk(actor, rpc, trader, [] if journal is None else journal)
    try:
        async with trader:
            desk.journal += await trader.start(list(desk.journal))
            yield desk
    finally:
        await rpc.close()
