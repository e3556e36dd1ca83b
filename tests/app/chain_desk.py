"""A bot that trades in the sandbox's pools and at its exchanges at once, made as `repeg run --live` makes it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from pathlib import Path

from venues.wallets import COINS, POOLS, as_it_was, ether, lies

from bot.amm.side import PoolState
from bot.app import inbox, wiring
from bot.app.commands.run import _live
from bot.app.rehearsal_prices import hastened
from bot.app.run import Bot
from bot.app.settings import Settings
from bot.model import account
from bot.model.account import Account, Purse
from bot.model.markets import Asset, Market
from bot.model.orders import MARGIN, Ordered, OrderEvent, Purpose, Ticket, VenueSeen
from bot.model.registry import Address, Pool
from bot.sandbox import abi, chain
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import GUARDIAN, OWNER, TRADER, TREASURY
from bot.sandbox.exchange import Exchanges
from bot.units import GWEI
from bot.venues import keys

SHOWN = ("kraken", "coinbase", "bitstamp")  # have books for dollars
FUTURES = "binanceusdm"
PERPETUAL = "USDC-PERP"
DEEP = 200_000.0  # coins at each side of a book
SPREAD = 0.0004
THREE = POOLS["Curve 3pool"]
CURVES = (THREE, POOLS["Curve sUSD"])
FIRST, LAST = 90 * GWEI, GWEI // 2  # what is bid to be before and behind all else in a block
USDC, USDT = COINS["USDC"].address, COINS["USDT"].address
SECRET = "c2VjcmV0LW9mLXNhbmRib3g="  # noqa: S105 - the sandbox takes any
TRADED = ("USDC", "USDT", "DAI", "sUSD")  # in those pools
TRADES = {"holds": False, "pairs": False, "hedges": False}


@dataclass(frozen=True)
class Place:
    """A chain that mines when it is asked to, an executor on it, and the keys of its operator and of a wallet."""

    actor: Actor
    url: str
    executor: Address
    wallet: Address
    safe: Path


@contextmanager
def place(safe: Path) -> Iterator[Place]:
    """Operator and wallet have ether there, and no coins."""
    with chain.running(mining=False) as sandbox:
        actor = Actor(sandbox.url)
        actor.rpc("anvil_setNextBlockBaseFeePerGas", GWEI // 10)
        wallet = keys.create(safe / "wallet.json", safe / "wallet.password")
        operator = keys.create(safe / "operator.json", safe / "operator.password")
        for who in (wallet, operator):
            actor.rpc("anvil_setBalance", who, hex(10**19))
        yield Place(actor, sandbox.ws_url, actor.deploy_executor(OWNER, operator, GUARDIAN, TREASURY), wallet, safe)
        actor.close()


def settings(there: Place, folder: Path, through: str, *venues: str, **desk: object) -> Settings:
    """What a user writes: no loop pays, and of trades only those told."""
    for venue in venues:
        file = folder / f"{venue}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"apiKey": "k3y-of-the-sandbox", "secret": SECRET}))
    wallet = {"keystore": there.safe / "wallet.json", "password_file": there.safe / "wallet.password"}
    operator = {"keystore": there.safe / "operator.json", "password_file": there.safe / "operator.password"}
    told = {
        "state": folder / "state",
        "armed": True,
        "node": {"urls": [there.url]},
        "watch": {"registry": "sandbox"},
        "executor": {"address": there.executor},
        "wallet": operator,
        "risk": {"min_net_usd": 1e9},
        "fees": {"priority_gwei": 0.5},  # so that a pool as small as these is well worth its gas
        "exchanges": {"venues": [*SHOWN, FUTURES], "coins": ["USDC", "USDT"], "through": through},
        "detection": {"hold": 0.2, "settled": 0.5},
        "desk": {"venues": list(venues), "keys": folder, "chain": wallet, **TRADES, **desk},
        "usd": {"WETH": 2_000.0},
    }
    return Settings(**told)


LONG = 30  # seconds, for what takes a few


@dataclass
class ChainDesk:
    """A bot at work, and what it works with."""

    bot: Bot
    there: Place
    exchanges: Exchanges
    traded: tuple[str, ...]  # exchanges where orders may go
    heard: list = field(default_factory=list)
    turns: Iterator[int] = field(default_factory=count)
    others: Callable[[], None] = lambda: None  # what somebody else has in each block

    @property
    def account(self):
        """The books."""
        return self.bot.state.desk.account

    @property
    def actor(self) -> Actor:
        """Whoever else is on the chain."""
        return self.there.actor

    async def pools(self, price: float, which: Sequence[Pool] = CURVES) -> None:
        """A trader brings USDC to a price in USDT in Curve's pools, and the bot has seen it."""
        for pool in which:
            sold, bought, dx = toward(pool, self.bot.state.pools[pool.address], price)
            if dx:
                self.actor.swap(pool, pool.coins.index(sold), pool.coins.index(bought), dx)
        self.actor.mine()
        mined = int(self.actor.rpc("eth_blockNumber"), 16)
        async with asyncio.timeout(5):
            while self.bot.state.block.number < mined:  # noqa: ASYNC110 - the bot tells nobody
                await asyncio.sleep(0.01)

    def books(self, spot: float, future: float) -> None:
        """USDC in dollars at every exchange, and its perpetual in USDT; they tell each time something new."""
        move = next(self.turns) % 2 * 1e-4
        for venue in SHOWN:
            self._quote(venue, "USDC", "USD", spot + move)
            self._quote(venue, "USDT", "USD", 1.0)
        self._quote(FUTURES, PERPETUAL, "USDT", future + move)

    async def until(self, holds: Callable[[], object], spot: float = 1.0, future: float = 1.0) -> None:
        """Blocks come and books move about these prices until it holds."""
        try:
            async with asyncio.timeout(LONG):
                while not holds():
                    self.books(spot, future)
                    self.others()
                    self.actor.mine()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"it does not come: {self.account}, after {self.heard[-20:]}") from None

    async def opened(self) -> None:
        """All is heard of and stands at par, and every account is known."""
        markets = {Market(venue, "USDC", "USD") for venue in SHOWN} | {Market(FUTURES, PERPETUAL, "USDT")}
        await self.until(lambda: markets <= self.bot.state.book.latest.keys() and self._known())

    def agrees(self, but: Asset = "") -> bool:
        """Whether what lies anywhere is, to the last unit, what lay there first and what fills moved; `but` apart."""
        told, there = (
            {purse: held for purse, held in each.items() if held and purse[1] != but}
            for each in (self._folded(), self.lies())
        )
        return told == there

    def bid(self, venue: str, base: Asset) -> float:
        """What the bot heard last that is bid for it in USDT."""
        return self.bot.state.book.latest[Market(venue, base, "USDT")].bid

    def worth(self) -> float:
        """All that lies anywhere at par, dollars; ether apart."""
        return float(sum(held for (_, asset), held in self.lies().items() if asset != "ETH"))

    def of(self, kind: type) -> list:
        """What was heard or done of a kind, oldest first."""
        return [each for each in self.heard if isinstance(each, kind)]

    def tickets(self, purpose: Purpose) -> list[Ticket]:
        """Orders of a purpose, oldest first."""
        return [each.ticket for each in self.of(Ordered) if each.ticket.purpose is purpose]

    def _folded(self) -> Mapping[Purse, Decimal]:
        """What each account told first, and all that was told of orders after it."""
        books, seen = Account(), set[str]()
        for event in self.bot.journal.but_the_world():
            first = not (isinstance(event, VenueSeen) and event.venue in seen)
            seen |= {event.venue} if isinstance(event, VenueSeen) and event.balances is not None else set()
            books = account.post(books, event) if first and isinstance(event, OrderEvent) else books
        return books.balances

    def _known(self) -> bool:
        return all(self.account.ready(venue) is None for venue in ("chain", *self.traded))

    def lies(self) -> Mapping[Purse, Decimal]:
        """What is short as the books have it: less than none of it, and what it was sold for."""
        found = {("chain", coin.upper()): lies(self.actor, coin, self.there.wallet) for coin in TRADED}
        found["chain", "ETH"] = ether(self.actor, self.there.wallet)
        for venue in self.traded:
            found |= {(venue, asset): held for asset, held in self.exchanges.balance(venue).items()}
        if FUTURES in self.traded:
            short = self.exchanges.position(FUTURES, PERPETUAL)
            found[FUTURES, PERPETUAL] = short.amount
            found[FUTURES, MARGIN] -= short.amount * short.entry
        return found

    def _quote(self, venue: str, base: Asset, quote: Asset, middle: float) -> None:
        bid, ask = round(middle - SPREAD / 2, 4), round(middle + SPREAD / 2, 4)
        self.exchanges.quote(venue, base, quote, bid, ask, DEEP, DEEP)


def toward(pool: Pool, state: PoolState, price: float) -> tuple[Address, Address, int]:
    """What is sold for what, and how much, until the pool pays about so many USDT for another USDC."""
    for sold, bought, rate in ((USDC, USDT, price), (USDT, USDC, 1 / price)):
        side = state.side(pool.coins.index(sold), pool.coins.index(bought))
        low, high = 0.0, float(side.cap) * 0.9
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if side.rate(middle)[1] > rate else (low, middle)
        if low >= 1.0:
            return sold, bought, int(low)
    return USDC, USDT, 0


def crowd(work: ChainDesk, price: float) -> None:
    """A trader has USDC at a price in the 3pool for the length of the next block: no swap within finds what it saw."""
    sold, bought, dx = toward(THREE, work.bot.state.pools[THREE.address], price)
    i, j = THREE.coins.index(sold), THREE.coins.index(bought)
    back = work.bot.state.pools[THREE.address].side(i, j).out(dx) * 10_002 // 10_000  # with both fees
    for coins, ways, bid in ((dx, (i, j), FIRST), (back, (j, i), LAST)):
        data = abi.call("exchange(int128,int128,uint256,uint256)", *ways, coins, 0)
        if work.actor.balance(THREE.coins[ways[0]], TRADER) < coins:  # dealing takes long
            work.actor.deal(THREE.coins[ways[0]], TRADER, coins * 1_000)
        told = {"maxFeePerGas": hex(bid), "maxPriorityFeePerGas": "0x0", "gas": hex(10**6)}
        work.actor.rpc("eth_sendTransaction", {"from": TRADER, "to": THREE.address, "data": data, **told})


@asynccontextmanager
async def at_work(
    there: Place, folder: Path, funds: Mapping[Purse, int], *venues: str, **desk: object
) -> AsyncIterator[ChainDesk]:
    """A bot from its start to its end, on a chain that is afterwards what it was. `funds`: whole coins."""
    markets = dict.fromkeys(SHOWN, "USDC/USD USDT/USD") | {FUTURES: f"{PERPETUAL}/USDT"}
    with as_it_was(there.actor):
        async with Exchanges([*SHOWN, FUTURES], markets=markets) as exchanges:
            for (venue, asset), amount in funds.items():
                if venue == "chain":
                    there.actor.deal(COINS[asset].address, there.wallet, amount * 10 ** COINS[asset].decimals)
                else:
                    exchanges.fund(venue, asset, amount)
            there.actor.mine()
            told = settings(there, folder, exchanges.url, *venues, **desk)
            async with (
                wiring.bot(told, live=True, say=lambda _: None) as (bot, reader),
                wiring.listening(told) as feeds,
            ):
                work = ChainDesk(bot, there, exchanges, venues)
                bot.witness = lambda happened, _state: work.heard.append(happened)
                rules = bot.policy.rules
                bot.policy = replace(bot.policy, rules=replace(rules, mandate=hastened(rules.mandate)))
                events = inbox.events(
                    reader.blocks(), feeds.looks(), bot.clock, orders=bot.errands.heard(), silence=0.2
                )
                running = asyncio.create_task(_live(bot, events, None))
                try:
                    await work.opened()
                    yield work
                finally:
                    running.cancel()
                    with suppress(asyncio.CancelledError):
                        await running
                    await events.aclose()
