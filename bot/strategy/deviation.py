"""How far each stablecoin stands from its peg: everywhere, and at single venues, as one look at the quotes shows it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.model.coins import Coins
from bot.model.decisions import FairValues, Value
from bot.model.events import Quote
from bot.model.markets import DOLLAR, REFERENCES, Asset

COIN = "coin"  # the scope of a coin that moved everywhere
BP = 1e4
ROUNDING = 1e-6  # bp: 0.9950 is 50 away, whatever its logarithm says, and what fits to this fits


@dataclass(frozen=True, slots=True)
class Reading:
    """One coin's distance from its peg at one look, in one scope.

    `bp` is what thresholds are held against, signed: of a coin how far it stands from its peg, of a venue how far it
    stands both from the peg and from what the coin is worth elsewhere (the smaller of the two; 0 where they disagree).
    """

    coin: Asset
    scope: str
    at: int  # ns UTC
    bp: float
    price: float  # in units of the peg
    sigma_bp: float
    anchored: bool
    shows: Mapping[str, float]  # each live venue's own deviation of the coin, bp
    news: frozenset[str]  # the venues among them that said something since the last look


class Sight(NamedTuple):
    """One market as a witness of one asset: how much dearer it has the asset than the values say."""

    other: Asset  # what the asset is priced in, or prices
    is_base: bool
    apart: float  # bp
    is_news: bool


Venue = Mapping[Asset, Sequence[Sight]]


def read(values: FairValues, quotes: Collection[Quote], since: int, coins: Coins) -> Iterator[Reading]:
    """Readings of every coin that had news after `since` (ns UTC): its own first, then those of single venues."""
    venues = _sights(values, quotes, since)
    for coin in sorted(values.values):
        price = in_peg(values.values, coin, coins)
        seen = {name: venue[coin] for name, venue in venues.items() if coin in venue}
        news = frozenset(name for name, sights in seen.items() if any(sight.is_news for sight in sights))
        if price is None or not news:
            continue
        value, own = values.values[coin], (price - 1) * BP
        shows = {name: own + agreed([sight.apart for sight in sights]) for name, sights in seen.items()}
        yield Reading(coin, COIN, values.made_at, own, price, value.sigma_bp, value.anchored, shows, news)
        for name in sorted(news):
            yield _at_venue(coin, name, values, own, blamed(coin, venues[name]))


def in_peg(values: Mapping[Asset, Value], coin: Asset, coins: Coins) -> float | None:
    """The coin's price in what it is pegged to; None for what has no peg, or one nobody prices."""
    peg = coins.peg(coin)
    if peg is None or coin not in values:
        return None
    if peg == DOLLAR:
        return values[coin].usd
    return values[coin].usd / values[peg].usd if peg in values else None


def agreed(apart: Sequence[float]) -> float:
    """What all witnesses tell alike: the smallest of them where they point the same way, else 0."""
    least, most = min(apart), max(apart)
    return least if least > ROUNDING else most if most < -ROUNDING else 0.0


def blamed(coin: Asset, venue: Venue) -> float:
    """How far a venue alone has this coin wrong, bp; 0 where another asset explains it.

    A market that is off may have either of its two assets wrong: it is the one that more of the venue's markets have
    off the same way, and between equals the base.
    """
    apart = agreed([sight.apart for sight in venue[coin]])
    if apart and any(_blamed_rather(sight, len(venue[coin]), venue) for sight in venue[coin]):
        return 0.0
    return apart


def _blamed_rather(sight: Sight, markets: int, venue: Venue) -> bool:
    theirs = venue[sight.other]
    explains = agreed([other.apart for other in theirs]) != 0.0
    return explains and (len(theirs) > markets or (len(theirs) == markets and not sight.is_base))


def _at_venue(coin: Asset, name: str, values: FairValues, own: float, apart: float) -> Reading:
    value, there = values.values[coin], own + apart
    return Reading(
        coin,
        f"venue:{name}",
        values.made_at,
        agreed((there, apart)),
        1 + there / BP,
        value.sigma_bp,
        value.anchored,
        {name: there},
        frozenset({name}),
    )


def _sights(values: FairValues, quotes: Collection[Quote], since: int) -> dict[str, dict[Asset, list[Sight]]]:
    """What each venue's markets say of each asset, by venue: by way of BTC or ETH only where it has no other market."""
    venues: dict[str, dict[Asset, list[Sight]]] = defaultdict(lambda: defaultdict(list))
    for quote in quotes:
        apart = values.residuals.get(quote.market)
        if apart is not None:
            is_news = quote.seen_at > since
            venues[quote.venue][quote.base].append(Sight(quote.quote, is_base=True, apart=apart, is_news=is_news))
            venues[quote.venue][quote.quote].append(Sight(quote.base, is_base=False, apart=-apart, is_news=is_news))
    return {name: {asset: _direct(sights) for asset, sights in venue.items()} for name, venue in venues.items()}


def _direct(sights: list[Sight]) -> list[Sight]:
    return [sight for sight in sights if sight.other not in REFERENCES] or sights
