"""When a depeg begins, deepens and ends; of a coin everywhere, or at one venue.

Looks may come many a second or once a bar: what counts as confirmed is told in time as well as in looks.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from bot.model.coins import Coins
from bot.model.decisions import Depeg, FairValues
from bot.model.events import Quote
from bot.model.markets import Asset
from bot.strategy import deviation, track
from bot.strategy.thresholds import Thresholds as Thresholds
from bot.strategy.track import DIRECTIONS, Direction, Sample, Track

Key = tuple[Asset, str, Direction]  # coin, scope, and which way


@dataclass(frozen=True, slots=True)
class Watching:
    """What detection remembers: of a quiet coin nothing but its recent noise."""

    at: int = 0  # the last look
    tracks: Mapping[Key, Track] = field(default_factory=dict)
    noise: Mapping[tuple[Asset, str], tuple[Sample, ...]] = field(default_factory=dict)

    @property
    def depegs(self) -> tuple[Depeg, ...]:
        """Those that last."""
        return tuple(one.depeg for one in self.tracks.values() if one.depeg)


def detect(
    watching: Watching, values: FairValues, quotes: Collection[Quote], thresholds: Thresholds, coins: Coins
) -> tuple[Watching, tuple[Depeg, ...]]:
    """Take in one look; the depegs that began, worsened by a class, or ended at it.

    `values` are those of `quotes`, solved at this look. Quotes seen since the last look are news, others are not.
    """
    tracks, noise, told = dict(watching.tracks), dict(watching.noise), list[Depeg]()
    for reading in deviation.read(values, quotes, watching.at, coins):
        of = reading.coin, reading.scope
        noise[of] = samples = track.remember(noise.get(of, ()), reading.at, reading.bp, thresholds)
        own_noise = partial(track.noise_bp, samples, reading.at, thresholds)
        for direction in DIRECTIONS:
            before = tracks.pop((*of, direction), None)
            after, depeg = track.advance(before, reading, direction, own_noise, thresholds)
            if after:
                tracks[*of, direction] = after
            if depeg:
                told.append(depeg)
    return Watching(values.made_at, tracks, noise), tuple(told)
