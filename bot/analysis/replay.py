"""History through `step`: the same judgement that runs live, fed with bars instead of books.

Calm stretches are passed over: where no coin is off its peg nothing is bought, and where nothing is held nothing is
sold. Which stretches those are is told by bot.analysis.history, whose detector is the one in `step`; what they leave
in the books, by bot.analysis.calm_worth. A test shows that decisions are the same when nothing is left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_UP, Decimal

import numpy as np

from bot.analysis import bars, calm_worth, closes, history, placement, valuation
from bot.analysis.bars import Grid, Strip
from bot.analysis.outcome import Declined, Fill, Outcome, Standing
from bot.analysis.paper import Bar, Conditions, Paper
from bot.analysis.scan import Scan
from bot.model import account as books
from bot.model.coins import Coins
from bot.model.decisions import Action, Depeg, Passed, Place, Pull
from bot.model.events import Event, Quote, QuotesSeen
from bot.model.fees import listed
from bot.model.markets import Asset, Candles, Market
from bot.model.orders import MARGIN, FundingPaid, OrderEvent, OrderFilled, VenueSeen
from bot.model.times import DAY, HOUR
from bot.model.trade import Trade, fee_usd
from bot.strategy import fair_value
from bot.strategy.deviation import COIN
from bot.strategy.engine import Policy, State, step

CHUNK = 2_048  # looks laid out at once
FEW = 64  # the same behind a depeg, where something may still be open
FUNDING = 8 * HOUR  # between two payments
TINY = Decimal("0.000001")  # the smallest of them

Progress = Callable[[float], None]


def run(
    histories: Sequence[Candles],
    coins: Coins,
    policy: Policy,
    capital: float,
    progress: Progress | None = None,
    *,
    skip: bool = True,
    conditions: Conditions | None = None,
) -> Outcome:
    """What the bot would have done with `capital` dollars, and what would have come of it.

    Dollars are placed beforehand at the exchanges of the history, see bot.analysis.placement. Without `skip` every look
    is taken, and so it is where pairs may be traded: they need no depeg.
    """
    markets = bars.strips(histories)
    spot = [strip for strip in markets if not strip.market.perpetual]
    if not spot or policy.rules is None:
        return _nothing(capital)
    scan = Scan(spot, coins, policy.thresholds)
    episodes = history.told(scan, progress=_part(progress, 0.0, 0.2), skip=skip)
    rules = replace(policy.rules, terms={strip.market: listed(strip.market) for strip in markets})
    span = max(int((strip.until - strip.end).max()) for strip in markets)
    policy = replace(policy, rules=rules, stale_after=max(policy.stale_after, span))
    ordered = sorted(histories, key=lambda one: (one.market, one.timeframe))
    replay = _Replay(ordered, markets, scan, policy, Paper(rules.terms, conditions or Conditions()))
    replay.begin(placement.placed([strip.market for strip in markets], coins, capital))
    passing_over = skip and not rules.mandate.pairs
    replay.through(_stretches(scan, episodes) if passing_over else [(0, len(scan.at))], _part(progress, 0.2, 1.0))
    return replay.outcome(capital, episodes)


def _nothing(capital: float) -> Outcome:
    return Outcome(capital, (), (), (), (), lambda *_: float("nan"), lambda *_: (), 0, 0)


def _part(progress: Progress | None, first: float, last: float) -> Progress:
    return (lambda done: progress(first + (last - first) * done)) if progress else (lambda _: None)


def _stretches(scan: Scan, episodes: Sequence[Depeg]) -> list[tuple[int, int]]:
    """The looks [first, last) that are taken: from what detection remembers before a depeg, to its end.

    The first look of all and the last one are among them, for what all is worth then.
    """
    whole, looks = [(0, 1)], len(scan.at)
    for each in episodes:
        if each.scope == COIN:
            first = int(np.searchsorted(scan.at, each.start))
            last = looks if each.end is None else int(np.searchsorted(scan.at, each.end)) + 1
            whole.append((scan.warm(first), last))
    joined: list[tuple[int, int]] = []
    for first, last in sorted([*whole, (looks - 1, looks)]):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


@dataclass(slots=True)
class _Replay:
    histories: Sequence[Candles]  # of one market the finest first
    markets: Sequence[Strip]
    scan: Scan  # over the markets of coins and money: those of perpetuals say nothing of either
    policy: Policy
    paper: Paper
    state: State = field(default_factory=State)
    events: int = 0
    fills: list[Fill] = field(default_factory=list)
    curve: list[Standing] = field(default_factory=list)
    declined: dict[tuple[Asset, str, str, int], Declined] = field(default_factory=dict)
    _funded: int = 0  # ns UTC, the last look
    _told: tuple[Market, ...] = ()  # markets that stood at the last look

    def begin(self, purses: dict[books.Purse, Decimal]) -> None:
        """Money lies at the exchanges, and no more is known."""
        now = int(self.scan.at[0]) - 1
        for venue in sorted({*(venue for venue, _ in purses), *(strip.market.venue for strip in self.markets)}):
            held = tuple((asset, amount) for (where, asset), amount in purses.items() if where == venue)
            self.take(VenueSeen(now, now, venue, ready=True, balances=held), now)

    def through(self, stretches: Sequence[tuple[int, int]], progress: Progress) -> None:
        """Take the looks of these stretches, and more behind each while anything is open or off its peg."""
        total, done = sum(last - first for first, last in stretches), 0
        ends = [first for first, _ in stretches[1:]] + [len(self.scan.at)]
        for (first, last), following in zip(stretches, ends, strict=True):
            row = first
            while row < last:
                row = self._some(row, min(row + CHUNK, last))
            while row < following and self._busy():
                row = self._some(row, min(row + FEW, following), to_the_end=True)
            desk = calm_worth.after(self.state.desk, self.scan, row, following)
            self.state, done = replace(self.state, desk=desk), done + last - first
            progress(done / total)
        now = int(self.scan.at[-1])
        self._hear(self.paper.end(now), now)

    def outcome(self, capital: float, episodes: tuple[Depeg, ...]) -> Outcome:
        """All that came of it."""
        return Outcome(
            capital=capital,
            episodes=episodes,
            fills=tuple(self.fills),
            curve=tuple(self.curve),
            declined=tuple(self.declined.values()),
            best_exit=lambda trade, *span: closes.best_exit(self.markets, self._of(trade), *span),
            prices=lambda coin, *span: closes.prices(self.markets, coin, *span),
            events=self.events,
            looks=len(self.scan.at),
            carry={trade.id: trade.carry_usd for trade in self._trades() if trade.carry_usd},
        )

    def take(self, event: Event, now: int) -> None:
        """One event through `step`, and all that comes of it."""
        waiting = [event]
        while waiting:
            event = waiting.pop(0)
            before, self.events = self.state.desk.passed, self.events + 1
            if isinstance(event, OrderFilled):
                self._note(event)
            self.state, actions = step(self.state, event, self.policy)
            self._decline(before)
            for action in actions:
                waiting += self._carry_out(action, now)

    def _busy(self) -> bool:
        """Whether anything is open or off its peg: a coin that is back must stay so for a while."""
        off = any(each.scope == COIN for each in self.state.watching.depegs)
        return off or bool(self.state.desk.account.trades or len(self.paper))

    def _some(self, first: int, last: int, *, to_the_end: bool = False) -> int:
        """Take looks from `first` on, up to `last`, or until nothing is open or off its peg; how far it went."""
        at = self.scan.at[first:last]
        grid, futures = bars.grid(self.scan.markets, at), [one for one in self.markets if one.market.perpetual]
        standing = [(self.scan.markets, grid), *([(futures, bars.grid(futures, at))] if futures else [])]
        solved = valuation.solved(self.scan.names, self.scan.graph, grid)
        for row in range(last - first):
            if to_the_end and not self._busy():
                return first + row
            values = fair_value.told_at(row, int(grid.at[row]), self.scan.names, self.scan.graph, solved)
            self.policy = replace(self.policy, solve=lambda *_, values=values: values)
            self._look(int(grid.at[row]), [quote for each in standing for quote in _quotes(*each, row)])
        return last

    def _look(self, now: int, quotes: Sequence[Quote]) -> None:
        """The bars that ended, what they did to our orders, and then what they say."""
        if len(self.paper):
            for market, bar in self._ended(now):
                self._hear(self.paper.bar(market, bar), now)
        standing = tuple(quote.market for quote in quotes)
        gone = tuple(market for market in self._told if market not in standing) if standing != self._told else ()
        self._told = standing
        self.take(QuotesSeen(now, now, tuple(quotes), gone), now)
        self._fund(now)
        self._mark(now)

    def _fund(self, now: int) -> None:
        """What is short pays for every eight hours that ended since the last look."""
        ended, self._funded = now // FUNDING - (self._funded or now) // FUNDING, now
        if not ended:
            return
        rules, values = self.policy.rules, self.state.values.values
        for (venue, asset), held in self.state.desk.account.balances.items():
            terms = rules.terms.get(Market(venue, asset, MARGIN)) if rules else None
            if held < 0 and terms and asset in values:
                paid = float(held) * values[asset].usd * max(terms.carry, 0.0) * ended * FUNDING / DAY
                amount = Decimal(repr(paid)).quantize(TINY, ROUND_UP)
                self.take(FundingPaid(now, now, venue, asset, f"{asset}-{now}", amount, MARGIN), now)

    def _of(self, trade: str) -> list[Fill]:
        return [fill for fill in self.fills if fill.trade == trade]

    def _trades(self) -> tuple[Trade, ...]:
        account = self.state.desk.account
        return *account.closed.values(), *account.trades.values()

    def _ended(self, now: int) -> Iterator[tuple[Market, Bar]]:
        """Bars that ended now in markets where orders stand, the finest first."""
        wanted = {order.ticket.market for order in self.state.desk.account.orders.values()}
        for candles in self.histories:
            k = int(np.searchsorted(candles.opened, now - candles.timeframe))
            if candles.market in wanted and k < len(candles) and int(candles.opened[k]) + candles.timeframe == now:
                yield candles.market, _bar(candles, k, self._spread(candles.market, now))

    def _spread(self, market: Market, now: int) -> float:
        """What the bar that ended now tells of the market's spread; 0 where it says nothing."""
        strip = next(each for each in self.markets if each.market == market)
        k = int(np.searchsorted(strip.end, now))
        return float(strip.spread[k]) if k < len(strip) and int(strip.end[k]) == now else 0.0

    def _hear(self, reports: Sequence[OrderEvent], now: int) -> None:
        for report in reports:
            self.take(report, now)

    def _carry_out(self, action: Action, now: int) -> Sequence[OrderEvent]:
        match action:
            case Place(approved):
                return self.paper.place(approved.ticket, now)
            case Pull(order_id):
                return self.paper.pull(order_id, now)
            case _:
                return ()

    def _note(self, fill: OrderFilled) -> None:
        account = self.state.desk.account
        ticket = (account.orders.get(fill.order_id) or account.past[fill.order_id]).ticket
        self.fills.append(
            Fill(
                order_id=fill.order_id,
                trade=ticket.trade,
                kind=ticket.kind,
                coin=ticket.coin,
                market=ticket.market,
                side=ticket.side,
                purpose=ticket.purpose,
                at=fill.made_at,
                amount=fill.amount,
                price=fill.price,
                seen_price=ticket.seen_price,
                fee_usd=fee_usd(ticket, fill),
                quote_usd=ticket.quote_usd,
                why=ticket.why,
            )
        )

    def _decline(self, before: tuple[Passed, ...]) -> None:
        """Keep the chances that were passed up now, each reason once for each depeg."""
        now = self.state.desk.passed
        if now is before:
            return
        fresh = now[now.index(before[-1]) + 1 :] if before and before[-1] in now else now
        starts = {each.coin: each.start for each in self.state.watching.depegs if each.scope == COIN}
        for passed in fresh:
            text = "".join(sign for sign in passed.reason if not sign.isdigit())
            key = passed.coin, passed.chance, text, starts.get(passed.coin, passed.made_at // DAY)
            self.declined.setdefault(key, Declined(passed.made_at, passed.coin, passed.chance, passed.reason))

    def _mark(self, now: int) -> None:
        desk, values = self.state.desk, self.state.values.values
        held = ((trade.coin, float(trade.net)) for trade in desk.account.trades.values())
        exposure = sum(abs(net) * values[coin].usd for coin, net in held if coin in values)
        if not self.curve or (self.curve[-1].equity, self.curve[-1].exposure) != (desk.worth.equity, exposure):
            self.curve.append(Standing(now, desk.worth.equity, exposure))


def _quotes(markets: Sequence[Strip], grid: Grid, row: int) -> Iterator[Quote]:
    """What stands at one look."""
    at = int(grid.at[row])
    columns = (grid.price[row], grid.spread[row], grid.size[row], grid.age[row])
    for strip, price, spread, size, age in zip(markets, *(column.tolist() for column in columns), strict=True):
        if age == age:  # not NaN
            yield bars.quote(strip.market, at - int(age), price, spread, size)


def _bar(candles: Candles, k: int, spread: float) -> Bar:
    opened, columns = int(candles.opened[k]), (candles.open, candles.high, candles.low, candles.close, candles.volume)
    open_, high, low, close, volume = (float(column[k]) for column in columns)
    return Bar(opened, opened + candles.timeframe, open_, high, low, close, volume, spread)
