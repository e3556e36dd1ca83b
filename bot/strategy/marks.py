"""What all that lies at exchanges is worth at best and since the morning, over restarts and over what is moved there.

What breakers measure losses from must not begin anew because a process did. So the morning's worth and the peak are
written down, and a start goes on from there. Money that an operator brings or takes is neither gain nor loss.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from bot.model.account import Account
from bot.model.decisions import Mark
from bot.model.events import Marked
from bot.model.markets import DOLLAR, PERPETUAL, Asset
from bot.model.orders import NOTHING, VenueSeen
from bot.model.times import DAY, MINUTE
from bot.strategy.risk import Worth

RISE = 1e-3  # of the peak: a smaller one is not written down
WAIT = MINUTE  # after a start: what is not priced by then is not waited for


def valued(worth: Worth, equity: float, moved_usd: float, below: float, now: int, *, priced: bool) -> Worth:
    """Worth at a look. `moved_usd`: what `worth.moved` is worth, a part of `equity`.

    `below`: dollars that trades have lost since their best, for a start of which no mark is known. Until all that is
    held is `priced` a fallen coin may count too much: peak and morning are not learnt from that.
    """
    base = worth if worth.since is None else _at(worth, worth.marked)
    scale = _scale(equity, moved_usd)
    peak = max(base.peak * scale, equity) if base.peak * scale > 0 else equity + below
    morning = base.morning * scale if base.day == now // DAY and base.morning * scale > 0 else equity
    since = _since(worth.since, now, priced=priced)
    return replace(
        worth,
        equity=equity,
        peak=peak,
        day=now // DAY,
        morning=morning,
        since=since,
        moved={} if since is None else worth.moved,
    )


def due(worth: Worth) -> Mark | None:
    """What is to be written down now; None where the last mark still tells it."""
    last = worth.marked
    if worth.since is not None or worth.peak <= 0:
        return None
    if worth.day == last.day and abs(worth.peak - last.peak) < RISE * last.peak:
        return None
    return Mark(worth.day, worth.morning, worth.peak)


def marked(worth: Worth, mark: Mark | Marked) -> Worth:
    """Worth once that is written down: what was moved before is counted in it."""
    kept = Mark(mark.day, mark.morning, mark.peak)
    return replace(_at(worth, kept), marked=kept, moved={})


def moved(worth: Worth, account: Account, seen: VenueSeen) -> Worth:
    """Worth after an exchange told what lies there: what the books do not explain was brought or taken by a person.

    Not where a position in a perpetual changed, too: that was closed against us, and is a loss.
    """
    if seen.balances is None:
        return worth
    told = dict(seen.balances)
    known = {asset: held for (venue, asset), held in account.balances.items() if venue == seen.venue}
    changes = {asset: told.get(asset, NOTHING) - known.get(asset, NOTHING) for asset in told.keys() | known.keys()}
    if any(change and asset.endswith(PERPETUAL) for asset, change in changes.items()):
        return worth
    return replace(worth, moved=_sum(worth.moved, changes))


def priced(worth: Worth, account: Account, usd: Mapping[Asset, float]) -> bool:
    """Whether all that is held, and was moved, has ever had a price."""
    held = {asset for (_, asset), amount in account.balances.items() if amount}
    return held | worth.moved.keys() <= usd.keys() | {DOLLAR}


def _at(worth: Worth, mark: Mark) -> Worth:
    return replace(worth, day=mark.day, morning=mark.morning, peak=mark.peak)


def _scale(equity: float, moved_usd: float) -> float:
    """By what a deposit or withdrawal changed what there is: a share that was lost before stays the same share."""
    before = equity - moved_usd
    return max(equity / before, 0.0) if moved_usd and before > 0 else 1.0


def _since(since: int | None, now: int, *, priced: bool) -> int | None:
    if since is None or priced or (since and now - since >= WAIT):
        return None
    return since or now


def _sum(before: Mapping[Asset, Decimal], more: Mapping[Asset, Decimal]) -> dict[Asset, Decimal]:
    both = {asset: before.get(asset, NOTHING) + more.get(asset, NOTHING) for asset in before.keys() | more.keys()}
    return {asset: amount for asset, amount in both.items() if amount}
