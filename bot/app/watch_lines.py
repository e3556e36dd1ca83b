"""What was watched, line by line: coins, the markets of one coin, and all of it as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bot.app import telling
from bot.app.watching import SECOND, Watch
from bot.model.decisions import Depeg, Severity
from bot.model.events import Quote
from bot.model.markets import Asset, Market
from bot.model.times import iso
from bot.strategy.deviation import COIN
from bot.venues.health import FeedHealth

BP = 1e4


@dataclass(frozen=True, slots=True)
class MarketLine:
    """One market's word on a coin."""

    market: Market
    bid: float | None
    ask: float | None
    usd: float  # dollars for the coin there
    apart_bp: float  # how much dearer the coin is there than all markets together have it
    age: float  # seconds


@dataclass(frozen=True, slots=True)
class CoinLine:
    """One coin. Venues by the dollars they have it at."""

    coin: Asset
    usd: float
    off_bp: float | None  # from its peg; None where its peg has no price
    sigma_bp: float
    severity: str  # of the depeg that lasts; else "watch" where it is far enough for that; else ""
    anchored: bool
    best: tuple[str, float] | None  # dearest
    worst: tuple[str, float] | None
    markets: int
    age: float | None  # seconds since anybody said anything; None where only others' prices tell of it


def coins(watch: Watch) -> list[CoinLine]:
    """Every coin that has a value, in the order of the table of coins."""
    by_coin = _by_coin(watch)
    known = watch.policy.pricing.coins.by_symbol
    return [_coin(watch, coin, by_coin.get(coin, ())) for coin in known if coin in watch.state.values.values]


def markets(watch: Watch, coin: Asset) -> list[MarketLine]:
    """All markets of a coin that could be compared, the dearest first."""
    return sorted(_by_coin(watch).get(coin, ()), key=lambda line: (-line.usd, line.market))


def depegs(watch: Watch) -> tuple[Depeg, ...]:
    """Those that last, the worst first."""
    return tuple(sorted(watch.state.watching.depegs, key=lambda depeg: (-depeg.severity, -depeg.peak_bp)))


def snapshot(watch: Watch, feeds: Sequence[FeedHealth]) -> dict[str, Any]:
    """All of it as JSON has it."""
    return {
        "time": iso(watch.clock()),
        "coins": [_told(line) for line in coins(watch)],
        "depegs": [telling.depeg(depeg) for depeg in depegs(watch)],
        "feeds": [asdict(health) for health in feeds],
    }


def _told(line: CoinLine) -> dict[str, Any]:
    venues = {
        name: {"venue": at[0], "usd": at[1]} if at else None
        for name, at in (("best", line.best), ("worst", line.worst))
    }
    return asdict(line) | venues


def _coin(watch: Watch, coin: Asset, lines: Sequence[MarketLine]) -> CoinLine:
    value, off = watch.state.values.values[coin], watch.off_peg(coin)
    venues = sorted((usd, venue) for venue, usd in _by_venue(lines).items())
    return CoinLine(
        coin=coin,
        usd=value.usd,
        off_bp=off,
        sigma_bp=value.sigma_bp,
        severity=_severity(watch, coin, off),
        anchored=value.anchored,
        best=(venues[-1][1], venues[-1][0]) if venues else None,
        worst=(venues[0][1], venues[0][0]) if venues else None,
        markets=len(lines),
        age=min((line.age for line in lines), default=None),
    )


def _severity(watch: Watch, coin: Asset, off_bp: float | None) -> str:
    lasting = [each.severity for each in watch.state.watching.depegs if (each.coin, each.scope) == (coin, COIN)]
    if lasting:
        return max(lasting).name.lower()
    far = abs(off_bp or 0.0) >= watch.policy.thresholds.levels[Severity.WATCH]
    return Severity.WATCH.name.lower() if far else ""


def _by_venue(lines: Sequence[MarketLine]) -> dict[str, float]:
    """Dollars for the coin at each venue: the middle of its markets there."""
    there: dict[str, list[float]] = {}
    for line in lines:
        there.setdefault(line.market.venue, []).append(line.usd)
    return {venue: median(prices) for venue, prices in there.items()}


def _by_coin(watch: Watch) -> dict[Asset, list[MarketLine]]:
    found: dict[Asset, list[MarketLine]] = {}
    for market, quote in watch.state.book.latest.items():
        for coin, line in _lines(watch, market, quote):
            found.setdefault(coin, []).append(line)
    return found


def _lines(watch: Watch, market: Market, quote: Quote) -> Iterator[tuple[Asset, MarketLine]]:
    """What a market says of its base and of its quote."""
    values, apart = watch.state.values.values, watch.state.values.residuals.get(market)
    if apart is None:
        return
    age = (watch.clock() - quote.seen_at) / SECOND
    for coin, sign in ((market.base, 1), (market.quote, -1)):
        if coin in values:
            usd = values[coin].usd * (1 + sign * apart / BP)
            yield coin, MarketLine(market, quote.bid, quote.ask, usd, sign * apart, age)
