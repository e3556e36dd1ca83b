"""How far each stablecoin stands from its peg: everywhere, and at single venues, as one look at the quotes shows it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from bot.model.coins import Coins
from bot.model.decisions import FairValues, Value
from bot.model.events import Quote
from bot.model.markets import DOLLAR, REFERENCES, Asset, Market

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


class Ends(NamedTuple):
    """One market's place among all, as seen from one of its two assets."""

    market: int
    other: Asset
    is_base: bool


Speakers = Mapping[Asset, Mapping[str, tuple[Ends, ...]]]
"""Who speaks of each asset: at each venue, by which markets."""


def read(values: FairValues, quotes: Collection[Quote], since: int, coins: Coins) -> Iterator[Reading]:
    """Readings of every coin that had news after `since` (ns UTC): its own first, then those of single venues."""
    markets = tuple(values.residuals)
    speakers, apart = _speakers(markets), list(values.residuals.values())
    newer = {quote.market for quote in quotes if quote.seen_at > since}
    new = [market in newer for market in markets]
    for coin in sorted(values.values):
        price, voices = in_peg(values.values, coin, coins), speakers.get(coin, {})
        news = frozenset(name for name, said in voices.items() if any(new[ends.market] for ends in said))
        if price is None or not news:
            continue
        value, own = values.values[coin], (price - 1) * BP
        shows = {name: own + _apart(said, apart) for name, said in voices.items()}
        yield Reading(coin, COIN, values.made_at, own, price, value.sigma_bp, value.anchored, shows, news)
        for name in sorted(news):
            yield _at_venue(coin, name, values, own, blamed(coin, name, speakers, apart))


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


def blamed(coin: Asset, venue: str, speakers: Speakers, apart: Sequence[float]) -> float:
    """How far a venue alone has this coin wrong, bp; 0 where another asset explains it.

    A market that is off may have either of its two assets wrong: it is the one that more of the venue's markets have
    off the same way, and between equals the base.
    """
    said = speakers[coin][venue]
    off = _apart(said, apart)
    if off and any(_blamed_rather(ends, len(said), speakers[ends.other][venue], apart) for ends in said):
        return 0.0
    return off


def _blamed_rather(ends: Ends, markets: int, theirs: Sequence[Ends], apart: Sequence[float]) -> bool:
    rather = len(theirs) > markets or (len(theirs) == markets and not ends.is_base)
    return rather and _apart(theirs, apart) != 0.0


def _apart(said: Sequence[Ends], apart: Sequence[float]) -> float:
    """How much dearer the markets of one voice all have its asset than the values say, bp."""
    return agreed([apart[ends.market] if ends.is_base else -apart[ends.market] for ends in said])


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


@lru_cache(maxsize=64)
def _speakers(markets: tuple[Market, ...]) -> Speakers:
    """What each venue says of an asset it says in these markets: by way of BTC or ETH only where it has no other."""
    speakers: dict[Asset, dict[str, list[Ends]]] = defaultdict(lambda: defaultdict(list))
    for i, (venue, base, quote) in enumerate(markets):
        speakers[base][venue].append(Ends(i, quote, is_base=True))
        speakers[quote][venue].append(Ends(i, base, is_base=False))
    return {asset: {name: _direct(said) for name, said in voices.items()} for asset, voices in speakers.items()}


def _direct(said: Sequence[Ends]) -> tuple[Ends, ...]:
    return tuple(ends for ends in said if ends.other not in REFERENCES) or tuple(said)
