"""A swap in a Curve pool out of a wallet: how much goes in, what must come out at least, what a receipt says came.

Amounts in base units. `exchange(int128,int128,uint256,uint256)` is the same in every generation of the pools.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal
from fractions import Fraction
from itertools import combinations
from math import ceil, floor

from bot.amm.side import Side as Way
from bot.model.coins import Coins
from bot.model.markets import CHAIN, REFERENCES, Asset, Market
from bot.model.orders import Side, Ticket
from bot.model.registry import Address, Coin, Family, Pool, Registry
from bot.units import to_decimal
from bot.venues import multicall
from bot.venues.multicall import Call
from bot.venues.transport import Json

CURVE = frozenset({Family.CURVE, Family.CURVE_NG, Family.CURVE_META})
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"  # Transfer(address,address,uint256)
DIGITS = 60
"""Of a fill's price. With so many, amount times price is what was paid to the last unit: Decimal rounds it to 28."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A market of a pool: its coin `i` is the base, its coin `j` the quote."""

    pool: Pool
    i: int
    j: int
    base: Coin
    quote: Coin


@dataclass(frozen=True, slots=True)
class Swap:
    """What an order comes to: exactly `dx` of the pool's coin `i` for no less than `min_dy` of its coin `j`."""

    order_id: str
    side: Side  # of the market's base: what comes in if it is bought
    pool: Address
    i: int
    j: int
    coin_in: Address
    coin_out: Address
    decimals_in: int
    decimals_out: int
    dx: int
    min_dy: int

    @property
    def exchange(self) -> Call:
        """The swap itself."""
        return self.at_least(self.min_dy)

    def at_least(self, min_dy: int) -> Call:
        """The same for no less than so much."""
        return multicall.call(self.pool, "exchange(int128,int128,uint256,uint256)", self.i, self.j, self.dx, min_dy)

    def approve(self, amount: int) -> Call:
        """Lets the pool take so much."""
        return multicall.call(self.coin_in, "approve(address,uint256)", self.pool, amount)

    def approvals(self, allowed: int) -> tuple[Call, ...]:
        """From what the pool may take to what it is to take. Some coins, as Tether, change only what is zero."""
        if allowed == self.dx:
            return ()
        return (*((self.approve(0),) if allowed else ()), self.approve(self.dx))


def listings(registry: Registry, coins: Coins) -> dict[Market, Listing]:
    """The markets of all Curve pools, each both ways round. Ether has none: a wallet's ether pays for its gas."""
    return {market: each for pool in registry.pools.values() for market, each in _markets(pool, registry, coins)}


def _markets(pool: Pool, registry: Registry, coins: Coins) -> Iterator[tuple[Market, Listing]]:
    if pool.family not in CURVE:
        return
    held = [registry.coins[address] for address in pool.coins if address in registry.coins]
    named = [(asset, coin) for coin in held if (asset := asset_of(coin, coins)) and asset not in REFERENCES]
    for one, other in combinations(named, 2):
        for (base, coin), (quote, against) in ((one, other), (other, one)):
            i, j = pool.coins.index(coin.address), pool.coins.index(against.address)
            if base != quote:
                yield Market(f"{CHAIN}:{pool.name}", base, quote), Listing(pool, i, j, coin, against)


def asset_of(coin: Coin, coins: Coins) -> Asset | None:
    """What a token is called elsewhere; None for one that nobody named."""
    return coins.asset(coin.symbol)


def untradable(market: Market, registry: Registry) -> str:
    """Why there is no swap for a market."""
    pool = next((each for each in registry.pools.values() if f"{CHAIN}:{each.name}" == market.venue), None)
    if pool is None:
        return f"{market.venue} is no pool that is watched"
    if pool.family not in CURVE:
        return f"a wallet trades in Curve's pools only, and {pool.name} is of {pool.family}"
    return f"{pool.name} has no market {market.base}/{market.quote}"


def sized(ticket: Ticket, listing: Listing, way: Way) -> Swap | str:
    """The swap that carries an order out, or why there is none. `way`: what the pool pays, see bot.amm.side.

    A seller gives all of the amount. A buyer gives as little as brings the amount, or as near below it as it comes,
    and never more than the amount costs at the limit.
    """
    if ticket.side is Side.SELL:
        dx = floor(Fraction(ticket.amount) * 10**listing.base.decimals)
        worth = Fraction(dx, 10**listing.base.decimals) * Fraction(ticket.limit)
        return _swap(ticket, listing, dx, ceil(worth * 10**listing.quote.decimals))
    wanted = floor(Fraction(ticket.amount) * 10**listing.base.decimals)
    dx = cheapest(way, wanted, floor(Fraction(ticket.amount) * Fraction(ticket.limit) * 10**listing.quote.decimals))
    if dx == 0:
        return f"{listing.pool.name} gives none of it for that"
    coins = Fraction(dx, 10**listing.quote.decimals) / Fraction(ticket.limit)
    return _swap(ticket, listing, dx, ceil(coins * 10**listing.base.decimals))


def _swap(ticket: Ticket, listing: Listing, dx: int, min_dy: int) -> Swap | str:
    if dx <= 0 or min_dy <= 0:
        return f"{ticket.amount} {ticket.market.base} is less than the pool's coins can be divided into"
    gives, takes, i, j = listing.base, listing.quote, listing.i, listing.j
    if ticket.side is Side.BUY:
        gives, takes, i, j = takes, gives, j, i
    return Swap(
        order_id=ticket.id,
        side=ticket.side,
        pool=listing.pool.address,
        i=i,
        j=j,
        coin_in=gives.address,
        coin_out=takes.address,
        decimals_in=gives.decimals,
        decimals_out=takes.decimals,
        dx=dx,
        min_dy=min_dy,
    )


def cheapest(way: Way, wanted: int, most: int) -> int:
    """The least input, `most` at most, that brings as much as any does without bringing more than `wanted`."""
    most = min(most, int(way.cap))
    enough = _first(way, wanted + 1, most)
    brings = way.out(enough - 1) if enough > 1 else None
    return _first(way, brings, enough - 1) if brings else 0


def _first(way: Way, wanted: int, most: int) -> int:
    """The least input that brings so much; one more than `most` where none does. What cannot be priced brings none."""
    low, high = 1, most + 1
    while low < high:
        middle = (low + high) // 2
        if (way.out(middle) or 0) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def came(receipt: Mapping[str, Json], coin: Address, wallet: Address) -> int:
    """What a transaction brought a wallet of a coin, by the coin's own logs; below zero what it took."""
    moves = (entry for entry in receipt["logs"] if multicall.same(entry["address"], coin))
    return sum(_moved(entry, wallet) for entry in moves if entry["topics"][:1] == [TRANSFER])


def _moved(entry: Mapping[str, Json], wallet: Address) -> int:
    _, sender, receiver = entry["topics"]
    own = wallet[2:].lower()
    ways = (receiver[-40:].lower() == own) - (sender[-40:].lower() == own)
    amount: int = int(entry["data"], 16) * ways
    return amount


def fill(swap: Swap, gave: int, got: int) -> tuple[Decimal, Decimal]:
    """Amount of the base and price in the quote, rounded against us in the sixtieth digit."""
    paid, brought = to_decimal(gave, swap.decimals_in), to_decimal(got, swap.decimals_out)
    if swap.side is Side.BUY:
        return brought, Context(prec=DIGITS, rounding=ROUND_UP).divide(paid, brought)
    return paid, Context(prec=DIGITS, rounding=ROUND_DOWN).divide(brought, paid)
