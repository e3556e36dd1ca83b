"""A replay decides as the bot does live: nothing is left out that matters, nothing ahead is seen, no money is lost."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analysis import bars, placement, replay, valuation
from bot.analysis.outcome import Fill, Outcome
from bot.analysis.paper import Bar, Conditions, Paper
from bot.analysis.performance import measure
from bot.model.coins import shipped
from bot.model.decisions import Action, FairValues, Place, Pull
from bot.model.events import QuotesSeen
from bot.model.fees import listed
from bot.model.markets import DOLLAR, Asset, Candles, Market
from bot.model.orders import OrderEvent, OrderFilled, Side, VenueSeen
from bot.model.times import HOUR, MINUTE
from bot.strategy import fair_value
from bot.strategy.engine import State, step
from bot.strategy.fair_value import Pricing

from .falls_made import fallen, rules
from .markets_made import BEGAN, candles, made, part

CENT = Decimal("0.01")
CAPITAL = 1_000_000.0
seeds = st.integers(0, 2**32 - 1)


def run(histories: Sequence[Candles], *, skip: bool = True, conditions: Conditions | None = None) -> Outcome:
    """What came of it."""
    return replay.run(histories, shipped(), rules(), CAPITAL, skip=skip, conditions=conditions)


def said(outcome: Outcome) -> tuple[object, ...]:
    """All that was decided."""
    return outcome.fills, outcome.declined


@settings(max_examples=25, deadline=None)
@given(seeds, st.booleans())
def test_passing_over_calm_stretches_changes_no_decision(seed: int, back: bool) -> None:
    """The same fills, trades and refusals come of looking only where something is off as of looking everywhere."""
    some, every = run(fallen(seed, back=back)), run(fallen(seed, back=back), skip=False)

    assert said(some) == said(every)
    assert measure(some, shipped()).trades == measure(every, shipped()).trades


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_passing_over_changes_nothing_in_markets_with_wicks_and_silence(seed: int) -> None:
    """Also where venues err, prints stray and markets are silent."""
    assert said(run(made(seed, looks=300))) == said(run(made(seed, looks=300), skip=False))


def test_made_up_falls_are_traded() -> None:
    """The properties here speak of something: most of the histories made up are bought, sold, and refused in part."""
    outcomes = [run(fallen(seed)) for seed in range(12)]

    assert sum(bool(outcome.fills) for outcome in outcomes) >= 6
    assert {fill.side for outcome in outcomes for fill in outcome.fills} == set(Side)
    assert all(outcome.declined for outcome in outcomes)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(60, 390), st.floats(-0.3, 0.3))
def test_nothing_looks_ahead(seed: int, minutes: int, moved: float) -> None:
    """Whatever comes after a moment, no fill and no refusal up to it is another; nor if history ends there."""
    now, histories = BEGAN + minutes * MINUTE, fallen(seed)
    past = [part(one, one.opened + one.timeframe <= now) for one in histories]
    lived = until(run(histories), now)

    assert until(run([changed(one, now, moved) for one in histories]), now) == lived
    assert until(run(past), now) == lived


def until(outcome: Outcome, now: int) -> tuple[object, ...]:
    """What was decided and done up to a moment."""
    return [each for each in outcome.fills if each.at <= now], [each for each in outcome.declined if each.at <= now]


def changed(history: Candles, now: int, moved: float) -> Candles:
    """The same until now, and other prices and volumes in bars that end later."""
    later = history.opened + history.timeframe > now
    factor = np.where(later, np.exp(moved), 1.0)
    open_, high, low, close, volume = (
        column * factor for column in (history.open, history.high, history.low, history.close, history.volume)
    )
    return replace(history, open=open_, high=high, low=low, close=close, volume=volume)


def test_the_same_history_gives_the_same_outcome() -> None:
    """Twice the same, and whatever order the files come in."""
    histories = fallen(3)

    assert said(run(histories)) == said(run(histories)) == said(run(histories[::-1]))


@settings(max_examples=20, deadline=None)
@given(seeds, st.booleans(), st.sampled_from([0, MINUTE]), st.sampled_from([0, 3]))
def test_no_money_comes_from_nowhere(seed: int, back: bool, latency: int, refuse_every: int) -> None:
    """All is worth at the end what lay in the purses and every fill moved, at the values of the last look."""
    histories = fallen(seed, back=back)
    outages = {"a": ((BEGAN + 100 * MINUTE, BEGAN + 140 * MINUTE),)}
    outcome = run(histories, conditions=Conditions(latency, outages=outages, refuse_every=refuse_every))
    purses = placement.placed([one.market for one in histories], shipped(), CAPITAL)
    for fill in outcome.fills:
        venue, base, quote = fill.market
        sign, paid = (1 if fill.side is Side.BUY else -1), fill.amount * fill.price
        fee = Decimal(repr(fill.fee_usd / fill.quote_usd))
        purses[venue, base] = purses.get((venue, base), Decimal(0)) + sign * fill.amount
        purses[venue, quote] = purses.get((venue, quote), Decimal(0)) - sign * paid - fee
    values = last_values(histories)

    assert all(held > -CENT for held in purses.values())
    assert outcome.curve[-1].equity == pytest.approx(
        sum(float(held) * values[coin] for (_, coin), held in purses.items())
    )


def last_values(histories: Sequence[Candles]) -> dict[Asset, float]:
    """Dollars for one of each asset at the last look that priced it."""
    markets = bars.strips(histories)
    found = {DOLLAR: 1.0}
    for now in bars.looks(markets)[-60:].tolist():
        values = fair_value.solve(bars.quotes(markets, now), now, Pricing(shipped())).values
        found |= {asset: value.usd for asset, value in values.items()}
    return found


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_where_all_is_paid_in_dollars_equity_is_capital_and_what_trades_made(seed: int) -> None:
    """Equity at the end is the capital and the profit of every trade, those still open at the last close or value."""
    histories = [one for one in fallen(seed) if one.market.quote == DOLLAR]
    outcome = run(histories)
    trades = measure(outcome, shipped()).trades if outcome.looks else ()
    if all(trade.exit_time for trade in trades) and outcome.looks:
        profit = sum(trade.pnl_usd for trade in trades)
        assert outcome.curve[-1].equity == pytest.approx(CAPITAL + profit, abs=1.0)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_the_events_by_hand_through_step_give_the_same_fills(seed: int) -> None:
    """Look by look, as the live shell does it: quotes to `step`, orders to the exchange, its reports to `step`.

    Values are solved together: two offers that cost the same are told apart by the last digit of what they are paid in.
    """
    histories = fallen(seed, looks=300)

    assert [own(fill) for fill in run(histories).fills] == by_hand(histories)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_values_solved_together_are_those_solved_one_by_one(seed: int) -> None:
    """What `step` is told in a replay is what it would find, but for the last digits."""
    markets = bars.strips(fallen(seed, looks=60))
    for now, values in solved(markets).items():
        alone = fair_value.solve(bars.quotes(markets, now), now, Pricing(shipped()))
        assert {asset: value.anchored for asset, value in values.values.items()} == {
            asset: value.anchored for asset, value in alone.values.items()
        }
        for asset, value in alone.values.items():
            assert values.values[asset].usd == pytest.approx(value.usd, rel=1e-9)
            assert values.values[asset].sigma_bp == pytest.approx(value.sigma_bp, rel=1e-6)


def solved(markets: Sequence[bars.Strip]) -> dict[int, FairValues]:
    """The values at every look, all at once."""
    names, at = tuple(strip.market for strip in markets), bars.looks(markets)
    graph = valuation.described(names, shipped())
    answers = valuation.solved(names, graph, bars.grid(markets, at))
    return {now: fair_value.told_at(row, now, names, graph, answers) for row, now in enumerate(at.tolist())}


Filled = tuple[str, str, Decimal, Decimal, int]


def own(fill: Fill) -> Filled:
    """What an exchange says of it."""
    return fill.order_id, str(fill.market), fill.amount, fill.price, fill.at


def by_hand(histories: Sequence[Candles]) -> list[Filled]:
    """The fills of a loop of its own around `step`."""
    markets = bars.strips(histories)
    policy, terms = rules(), {strip.market: listed(strip.market) for strip in markets}
    assert policy.rules is not None
    values = solved(markets)
    policy = replace(
        policy,
        rules=replace(policy.rules, terms=terms),
        stale_after=2 * HOUR,
        solve=lambda _quotes, now, _pricing: values[now],
    )
    state, exchange, done = State(), Paper(terms), list[OrderEvent]()
    for (venue, asset), amount in placement.placed([one.market for one in histories], shipped(), CAPITAL).items():
        state, _ = step(state, VenueSeen(0, 0, venue, ready=True, balances=((asset, amount),)), policy)
    for venue in {one.market.venue for one in histories} - {venue for venue, _ in state.desk.account.balances}:
        state, _ = step(state, VenueSeen(0, 0, venue, ready=True), policy)
    standing: set[Market] = set()
    for now in bars.looks(markets).tolist():
        quotes = bars.quotes(markets, now)
        gone = tuple(standing - {quote.market for quote in quotes})
        standing = {quote.market for quote in quotes}
        heard = [report for bar in ended(histories, markets, now) for report in exchange.bar(*bar)]
        for event in (*heard, QuotesSeen(now, now, quotes, gone)):
            state, actions = step(state, event, policy)
            for action in actions:
                answers = answered(exchange, action, now)
                done += answers
                for answer in answers:
                    state, _ = step(state, answer, policy)
        done += heard
    market_of = {order.ticket.id: str(order.ticket.market) for order in state.desk.account.past.values()}
    fills = [each for each in done if isinstance(each, OrderFilled)]
    return [(each.order_id, market_of[each.order_id], each.amount, each.price, each.made_at) for each in fills]


def answered(exchange: Paper, action: Action, now: int) -> list[OrderEvent]:
    """What the exchange says to an action."""
    match action:
        case Place(approved):
            return exchange.place(approved.ticket, now)
        case Pull(order_id):
            return exchange.pull(order_id, now)
        case _:
            return []


def ended(histories: Sequence[Candles], markets: Sequence[bars.Strip], now: int) -> list[tuple[Market, Bar]]:
    """The bars that ended now, with the spread that their quotes have."""
    found = []
    for one in sorted(histories, key=lambda each: (each.market, each.timeframe)):
        (strip,) = (each for each in markets if each.market == one.market)
        for k in np.flatnonzero(one.opened + one.timeframe == now):
            spread = strip.spread[strip.end == now]
            prices = (float(column[k]) for column in (one.open, one.high, one.low, one.close, one.volume))
            found.append((one.market, Bar(int(one.opened[k]), now, *prices, *spread.tolist())))
    return found


@pytest.mark.parametrize("print_", [0.2, 0.51, 3.99, 999.0])
@pytest.mark.parametrize("names", [["a USDC/USD"], ["a USDC/USD", "b USDC/USD", "b USDC/USDT"]])
def test_single_prints_trade_nothing(print_: float, names: list[str]) -> None:
    """A wick, or one bar that closes anywhere, at one venue or at all, is bought by nobody."""
    rnd = np.random.default_rng(1)
    histories = [candles(name, 1 + rnd.normal(0, 1e-4, 300)) for name in names]
    for one in histories:
        for row in (90, 210):
            one.low[row], one.high[row] = min(print_, one.low[row]), max(print_, one.high[row])
        one.close[150] = print_
        one.low[150], one.high[150] = min(print_, one.low[150]), max(print_, one.high[150])

    assert run(histories).fills == ()
    assert run(histories, skip=False).fills == ()


def test_quiet_history_is_not_even_looked_at() -> None:
    """Where no price is 20 bp off nothing is decided, and next to nothing is looked at."""
    outcome = run([candles("a USDC/USD", 1 + np.random.default_rng(2).normal(0, 3e-4, 5_000))])

    assert said(outcome) == ((), ())
    assert outcome.events < 10 < outcome.looks


def gone_for_good(coin: Asset) -> list[Candles]:
    """A coin that falls as UST did: to 0.98, back to 0.995, to 0.65, to 0.8, and to nothing. Two days, in dollars."""
    corners = [0, 300, 400, 600, 900, 1100, 1300, 1500, 2000, 2880]
    price = np.interp(np.arange(2880), corners, [1, 1, 0.98, 0.995, 0.97, 0.65, 0.8, 0.5, 0.2, 0.1])
    noise = np.random.default_rng(5).normal(0, 1e-3, 2880)
    return [candles(f"{venue} {coin}/USD", price * np.exp(noise), 1, 1e6) for venue in "ab"]


def test_an_algorithmic_coin_is_never_bought() -> None:
    """Whatever UST promises on its way down."""
    assert run(gone_for_good("UST")).fills == ()


@pytest.mark.parametrize("coin", ["USDC", "USDT", "DAI"])
def test_a_coin_that_never_comes_back_costs_no_more_than_may_be_lost(coin: Asset) -> None:
    """The same end of a coin that is held when it falls: less is lost than the mandate risks."""
    outcome = run(gone_for_good(coin))
    policy = rules()
    assert policy.rules is not None

    assert min(each.equity for each in outcome.curve) > CAPITAL * (1 - policy.rules.mandate.risk)
