"""The detector over whole arrays: asked only from where something shows until that is over."""

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np

from bot.analysis import bars, valuation
from bot.analysis.bars import Strip, Times
from bot.analysis.readings import Readings, readings
from bot.model.coins import Coins
from bot.model.decisions import Depeg
from bot.model.markets import Asset
from bot.model.times import MINUTE
from bot.strategy import track
from bot.strategy.depeg import Key
from bot.strategy.thresholds import Thresholds
from bot.strategy.track import DIRECTIONS, Direction, Track

AFTER = 512  # looks taken at once to see what lasts to its end


class Scan:
    """A walk over the looks of a history, forward."""

    def __init__(self, markets: Sequence[Strip], coins: Coins, thresholds: Thresholds) -> None:
        self.markets = markets
        self.names = tuple(strip.market for strip in markets)
        self.at = bars.looks(markets)
        self.graph = valuation.described(self.names, coins)
        self._coins = coins
        self.thresholds = thresholds
        self._tracks: dict[Key, Track] = {}
        self._told: dict[tuple[Key, int], Depeg] = {}
        self._next = 0  # the first look not judged yet

    @cached_property
    def _minutes(self) -> list[Times]:
        """The minutes in which each market had news."""
        return [np.unique(strip.end // MINUTE) for strip in self.markets]

    @property
    def episodes(self) -> tuple[Depeg, ...]:
        """All depegs so far, each as it was last told or stands now; in order of start."""
        lasting = {(key, one.start): one.depeg for key, one in self._tracks.items() if one.depeg}
        return tuple(sorted((self._told | lasting).values(), key=lambda one: (one.start, one.coin, one.scope)))

    def through(self, first: int, last: int) -> None:
        """Judge the looks [first, last)."""
        self.to_the_end(first)
        if max(first, self._next) < last:
            self._judge(max(first, self._next), last)

    def to_the_end(self, before: int) -> None:
        """Judge further looks, up to `before`, at which what lasts or is suspected has news, until nothing is."""
        while self._tracks:
            news = self._next_news({coin for coin, _, _ in self._tracks})
            if news >= before:
                return
            self._judge(news, min(news + AFTER, before))

    def _next_news(self, of: set[Asset]) -> int:
        """The first look not judged yet that has news of one of these coins."""
        rows = [len(self.at)]
        for strip in self.markets:
            if not of.isdisjoint((strip.market.base, strip.market.quote)) and self._next < len(self.at):
                bar = int(np.searchsorted(strip.end, self.at[self._next]))
                rows += [int(np.searchsorted(self.at, strip.end[bar]))] if bar < len(strip) else []
        return min(rows)

    def _judge(self, first: int, last: int) -> None:
        stretch = bars.grid(self.markets, self.at[self.warm(first) : last])
        solved = valuation.solved(self.names, self.graph, stretch)
        for one in readings(self.names, self.graph, stretch, solved, self._coins):
            for direction in DIRECTIONS:
                self._follow(one, direction, int(np.searchsorted(one.at, self.at[first])))
        self._next = last

    def _follow(self, of: Readings, direction: Direction, i: int) -> None:
        """Take one coin, scope and direction through its readings from `i` on."""
        key = of.coin, of.scope, direction
        showing, its = of.showing(direction, self.thresholds), self._tracks.pop(key, None)
        while i < len(of.at):
            if its is None:
                following = int(np.searchsorted(showing, i))
                if following == len(showing):
                    return
                i = int(showing[following])
            its, news = track.advance(
                its, of.reading(i), direction, partial(of.noise_bp, i, self.thresholds), self.thresholds
            )
            if news:
                self._told[key, news.start] = news
            i += 1
        if its:
            self._tracks[key] = its

    def warm(self, first: int) -> int:
        """The look from which on everything counts that detection remembers at look `first`.

        A venue's words on a coin are those of all its direct bars, and of others while there is no such bar.
        """
        now = since = int(self.at[first])
        oldest = now - self.thresholds.memory - MINUTE
        for minutes in self._minutes:
            ago = int(np.searchsorted(minutes, now // MINUTE)) - self.thresholds.samples
            since = min(since, int(minutes[ago]) * MINUTE if ago >= 0 else oldest)
        return int(np.searchsorted(self.at, max(since, oldest)))
