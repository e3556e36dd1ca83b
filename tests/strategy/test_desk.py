"""Trading at exchanges through `step`: what is ordered, once; what is left, always; and that a restart knows it all."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.decisions import Action, Depeg, Halt, Loop, Plan, Pull
from bot.model.events import Command, Decided, Event, Reverted, Tick
from bot.model.markets import DOLLAR
from bot.model.orders import Purpose, Side, Style, Ticket
from bot.model.outlooks import Outlook, Stance
from bot.model.registry import LenderKind
from bot.model.times import SECOND
from bot.strategy import engine
from bot.strategy import outlook as outlooks
from bot.strategy.mandate import Mandate
from bot.strategy.risk import Limits
from strategy.desks import (
    ALPHA,
    BETA,
    PYUSD,
    USDC,
    UST,
    World,
    at,
    ended,
    fill,
    opened,
    outlook,
    placed,
    policy,
    refused,
    seen,
    told,
)

LOW = 0.9
BOLD: dict[str, Outlook] = {}  # what is thought of a coin: well, unless a test says otherwise


def _thinks(depeg: Depeg, *_: object) -> Outlook:
    return BOLD.get(depeg.coin, outlook(depeg.coin))


@pytest.fixture(autouse=True)
def thought(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Outlook]]:
    """What is thought of coins: the desk is tested here, not the outlook, and not even a reckless one may harm it."""
    BOLD.clear()
    monkeypatch.setattr(outlooks, "assess", _thinks)
    yield BOLD
    BOLD.clear()


def world(mandate: Mandate | None = None, **coins: float) -> World:
    """A hundred thousand dollars at each of two exchanges, and coins as told at the second."""
    made = World(policy(mandate))
    made.tell(seen(ALPHA, USD=100_000), seen(BETA, USD=100_000, **coins))
    return made


def held(made: World, part: Decimal = Decimal(1)) -> World:
    """The same after USDC fell to 0.90, was bought, and that was filled."""
    for each in placed(made.fall(USDC, LOW)):
        made.fill(each, part)
    assert made.account.trades
    return made


def both(price: float) -> dict[tuple[str, str], float]:
    """USDC at one price at both exchanges."""
    return {(ALPHA, USDC): price, (BETA, USDC): price}


def command(made: World, word: str) -> Command:
    """An operator's word."""
    return Command(made.now, made.now, word, "test")  # type: ignore[arg-type]


def test_what_ticks_ten_times_is_ordered_once() -> None:
    """While orders of a coin are open it is not ordered again, however often its price comes by."""
    made = world()
    orders = placed(made.fall(USDC, LOW))
    assert orders
    assert {each.coin for each in orders} == {USDC}
    assert len({each.market for each in orders}) == len(orders)
    assert len({each.trade for each in orders}) == 1

    assert not any(placed(made.look(both(LOW), SECOND // 10)) for _ in range(10))
    assert not placed(made.tell(Tick(made.now, made.now)))


def test_what_found_nobody_is_ordered_again() -> None:
    """An order that ended unfilled leaves nothing behind, and the next look decides anew."""
    made = world()
    for each in placed(made.fall(USDC, LOW)):
        made.fill(each, Decimal(0))
    assert (made.account.orders, made.account.trades) == ({}, {})

    assert placed(made.look(both(LOW)))


def test_a_halt_pulls_what_would_begin_something_and_lets_the_rest_go_on() -> None:
    """Open entries are taken back at once, none is made any more, and the stop sells all."""
    made = held(world(), Decimal("0.5"))
    entries = placed(made.look(both(LOW)))
    assert {each.purpose for each in entries} == {Purpose.ENTER}

    pulls = made.tell(command(made, "kill"))
    assert {each.order_id for each in pulls if isinstance(each, Pull)} == {each.id for each in entries}
    assert made.tell(command(made, "kill")) == []
    made.tell(*(ended(each, Decimal(0)) for each in entries))

    net = next(iter(made.account.trades.values())).net
    exits = placed(made.look(both(0.79)))
    assert {(each.purpose, each.side) for each in exits} == {(Purpose.EXIT, Side.SELL)}
    assert net - sum(each.amount for each in exits) < Decimal("0.02")
    for each in exits:
        made.fill(each)
    assert made.account.trades == {}
    assert placed(made.look(both(LOW))) == []

    assert "halted" in made.state.desk.passed[-1].reason
    made.tell(command(made, "clear"))
    assert placed(made.look(both(LOW)), Purpose.ENTER)


def test_failures_on_chain_halt_the_desk_too() -> None:
    """Too many reverted transactions stop all trading: entries at exchanges are taken back with it."""
    made = world()
    entries = placed(made.fall(USDC, LOW))
    made.policy = replace(made.policy, limits=Limits(max_failures=1))
    loop = Loop((), "0x1", "0x2", LenderKind.MORPHO_BLUE, 1, (1, 1), 0, 1, 1, 1.0, 1.0)
    made.tell(Decided(made.now, made.now, Plan("1", loop, 5, "", 1, 1, 1, 1, 1)))
    came = made.tell(Reverted(made.now, made.now, "1", "0x", 5, "0x", 1, 1, "x"))

    assert any(isinstance(each, Halt) for each in came)
    assert {each.order_id for each in came if isinstance(each, Pull)} == {each.id for each in entries}


def test_a_pause_begins_nothing_and_leaves_what_is_to_be_left() -> None:
    """Paused, no coin is bought; what is held is sold at its stop."""
    made = held(world())
    made.tell(command(made, "pause"))

    assert placed(made.look(both(LOW)), Purpose.ENTER) == []
    assert placed(made.look(both(0.79)), Purpose.EXIT)


def test_resting_entries_are_taken_back_when_they_are_old_or_no_longer_wanted(thought: dict[str, Outlook]) -> None:
    """An order waits for so long, and never for a coin that may not be held any more."""
    made = world()
    entries = {each.id for each in placed(made.fall(USDC, LOW))}
    life = Mandate().order_life
    assert not any(isinstance(each, Pull) for each in made.look(both(LOW), SECOND))
    assert {each.order_id for each in made.look(both(LOW), life) if isinstance(each, Pull)} == entries

    made = world()
    entries = {each.id for each in placed(made.fall(USDC, LOW))}
    thought[USDC] = outlook(stance=Stance.NO_TOUCH)
    assert {each.order_id for each in made.look(both(LOW)) if isinstance(each, Pull)} == entries


def test_a_stop_and_a_coin_not_to_be_touched_sell_everything(thought: dict[str, Outlook]) -> None:
    """All of it, where it lies, at prices that may be much worse than the one seen, but not at any."""
    for price, view in ((0.79, outlook()), (LOW, outlook(stance=Stance.NO_TOUCH))):
        thought.clear()
        made = held(world())
        (trade,) = made.account.trades.values()
        thought[USDC] = view
        exits = placed(made.look(both(price)))

        assert trade.net - sum(each.amount for each in exits) < Decimal("0.02")
        for each in exits:
            assert each.amount <= trade.held[each.market.venue]
            assert float(each.limit) >= each.seen_price * (1 - Mandate().urgent_bp / 1e4) - 1e-9
            assert each.style is Style.TAKE


def test_a_restart_throws_nothing_away() -> None:
    """After it the depeg is not known yet: what is held waits until it is, and is then stopped or kept."""
    made = held(world())
    again = World(made.policy, engine.resume(made.journal, made.policy), made.now)
    assert again.account == made.account

    assert placed(again.look(both(LOW)), Purpose.EXIT) == []
    assert placed(again.fall(USDC, LOW), Purpose.EXIT) == []
    assert placed(again.look(both(0.79)), Purpose.EXIT)


def test_a_coin_is_sold_on_its_way_back_in_steps() -> None:
    """Some at three quarters of the way, more at nine tenths, the rest at par; and it is told what came of it."""
    made, left = held(world()), []
    for price in (0.93, 0.977, 0.992, 0.9995):
        for each in placed(made.look(both(price))):
            made.fill(each)
        left.append(sum(float(trade.net) for trade in made.account.trades.values()))

    assert left == sorted(left, reverse=True)
    assert left[0] > left[1] > left[2] > left[3] == 0
    assert made.account.realised_usd > 0


def test_a_pair_fills_both_legs_or_is_made_even() -> None:
    """Bought here and sold there for the same amount; what one leg left over is traded away within the mandate."""
    made = world(USDC=50_000)
    made.look({(ALPHA, USDC): 0.9990, (BETA, USDC): 0.9990})
    buy, sell = placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}))
    assert (buy.side, buy.market.venue, sell.side, sell.market.venue) == (Side.BUY, ALPHA, Side.SELL, BETA)
    assert (buy.amount, buy.trade) == (sell.amount, sell.trade)
    assert buy.id != sell.id

    made.fill(buy)
    assert placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0})) == []
    came = made.fill(sell, Decimal(0))
    came += made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 0.9950})
    unwinding = placed(came, Purpose.UNWIND)
    assert {each.side for each in unwinding} == {Side.SELL}
    assert buy.amount - sum(each.amount for each in unwinding) < Decimal("0.05")
    for each in unwinding:
        assert "one-sided" in each.why
        assert float(each.limit) >= each.seen_price * (1 - 4 * Mandate().unwind_bp / 1e4) - 1e-9
        made.fill(each)
    assert made.account.trades == {}


def test_a_pair_is_as_large_as_the_purse() -> None:
    """Where money for the one leg is short, both are smaller: the chance is not missed."""
    made = World(policy())
    made.tell(seen(ALPHA, USD=5_000), seen(BETA, USDC=50_000))
    made.look({(ALPHA, USDC): 0.9990, (BETA, USDC): 0.9990})
    legs = placed(made.look({(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}))

    assert len({each.amount for each in legs}) == 1
    assert len(legs) == 2
    assert legs[0].amount > 4_900


def test_an_algorithmic_coin_is_never_held(thought: dict[str, Outlook]) -> None:
    """Whatever is thought of it, it is not bought, and it is said why not."""
    thought[UST] = outlook(UST, recovery_low=1.0, recovery=1.0, fair=1.0)
    made = world()

    assert placed(made.fall(UST, LOW)) == []
    assert made.state.desk.passed[-1].coin == UST


def test_an_exchange_that_is_not_ready_gets_nothing() -> None:
    """Not known, or not known any more: orders go elsewhere; exits too, until it is known again."""
    made = world()
    made.tell(seen(BETA, ready=False))
    assert {each.market.venue for each in placed(made.fall(USDC, LOW))} == {ALPHA}

    made = held(world())
    made.tell(seen(ALPHA, ready=False), seen(BETA, ready=False))
    assert placed(made.look(both(0.79))) == []


def test_a_desk_without_rules_trades_nothing() -> None:
    """Who set up no exchange to trade at sees depegs, and that is all."""
    made = World(replace(policy(), rules=None))
    made.tell(seen(ALPHA, USD=1e6))

    assert placed(made.fall(USDC, LOW)) == []
    assert made.state.watching.depegs


def test_limits_hold_over_both_coins_of_an_issuer() -> None:
    """However many orders it takes: a quarter of all in one issuer's coins, and no more than a fifth in one."""
    made, mandate = at(world(), risk=1.0, risk_per_bet=1.0, kelly=1.0, max_drawdown=1.0, share=1.0), Mandate()
    for coin in (USDC, PYUSD):
        for each in placed(made.fall(coin, LOW)):
            made.fill(each)
        for _ in range(20):
            for each in placed(made.look({(ALPHA, coin): LOW, (BETA, coin): LOW})):
                made.fill(each)

    cost = {trade.coin: trade.basis_usd for trade in made.account.trades.values()}
    assert 0.18 * 200_000 < cost[USDC] <= mandate.per_coin * 200_000
    assert sum(cost.values()) <= mandate.per_issuer * 200_000


PRICES = st.sampled_from((0.7, 0.79, 0.85, LOW, 0.93, 0.98, 0.995, 1.0, 1.01))
STEPS = st.one_of(
    st.tuples(st.just("look"), PRICES, PRICES),
    st.tuples(st.just("look"), st.just(LOW), st.just(LOW)),
    st.tuples(st.just("hear"), st.integers(0, 5), st.sampled_from(("0", "0.3", "1", "refused", "late"))),
    st.tuples(st.just("hear"), st.integers(0, 5), st.just("1")),
    st.tuples(st.just("late"), st.none(), st.none()),
    st.tuples(st.just("say"), st.sampled_from(("kill", "clear", "pause", "resume")), st.none()),
    st.tuples(st.just("venue"), st.sampled_from((ALPHA, BETA)), st.booleans()),
    st.tuples(st.just("think"), st.sampled_from(Stance), st.none()),
)


class Watched:
    """A world in which every order is held against what must never be."""

    def __init__(self) -> None:
        self.world = at(world(USDC=20_000, UST=5_000), share=1.0, risk=0.2, risk_per_bet=0.2, max_drawdown=0.5)
        self.before: Account = self.world.account
        self.names: set[str] = set()
        self.late: list[Event] = []
        self.hear(self.world.fall(USDC, LOW))

    def hear(self, came: list[Action]) -> None:
        """Nothing that comes of a look may do what is forbidden."""
        account = self.before
        for each in placed(came):
            assert each.id not in self.names
            self.names.add(each.id)
            assert account.ready(each.market.venue) is None
            needed, asset = (each.amount * each.limit, DOLLAR) if each.side is Side.BUY else (each.amount, each.coin)
            assert 0 < needed <= account.free(each.market.venue, asset)
            if each.purpose is Purpose.ENTER:
                self._may_begin(each, account)
            if each.purpose is Purpose.EXIT:
                asked = [order for order in account.orders.values() if order.ticket.trade == each.trade]
                assert sum(order.remaining for order in asked) + each.amount <= account.trades[each.trade].net
            account = told(account, [self._ordered(each)])
        self.before = self.world.account
        assert all(held >= 0 for held in self.before.balances.values())

    def _may_begin(self, of: Ticket, account: Account) -> None:
        standing = self.world.state.standing
        assert not standing.halted
        assert not standing.paused
        assert of.coin != UST or of.kind == "pair"
        alike = [order.ticket for order in account.orders.values() if order.ticket.kind == of.kind]
        assert {other.trade for other in alike if other.coin == of.coin} <= {of.trade}

    def _ordered(self, of: Ticket) -> Event:
        (found,) = (each for each in self.world.journal if getattr(each, "ticket", None) == of)
        return found

    def take(self, step: tuple[str, object, object]) -> None:
        """One thing that happens."""
        made = self.world
        match step:
            case ("look", float(one), float(other)):
                self.hear(made.look({(ALPHA, USDC): one, (BETA, USDC): other, (BETA, UST): one}, 15 * SECOND))
            case ("hear", int(which), str(what)):
                standing = [each.ticket for _, each in sorted(made.account.orders.items()) if each.final is None]
                if standing:
                    self._report(standing[which % len(standing)], what)
            case ("late", _, _):
                self.hear(made.tell(*self.late))
            case ("say", str(word), _):
                self.hear(made.tell(command(made, word)))
            case ("venue", str(venue), bool(ready)):
                now = replace(seen(venue, made.now, ready=ready), balances=None)
                self.hear(made.tell(now))
            case ("think", Stance() as stance, _):
                BOLD[USDC] = outlook(stance=stance)

    def _report(self, of: Ticket, what: str) -> None:
        match what:
            case "refused":
                self.hear(self.world.tell(refused(of, self.world.now)))
            case "late":
                amount = (of.amount / 2).quantize(Decimal("0.01"))
                self.late.append(fill(of, 9, amount))
                self.hear(self.world.tell(opened(of), ended(of, amount)))
            case _:
                self.hear(self.world.fill(of, Decimal(what)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_whatever_happens_nothing_forbidden_is_done_and_a_restart_knows_it_all(
    steps: list[tuple[str, object, object]],
) -> None:
    """No order over what is free or held, none to who is not ready, no name twice; the journal gives the same books."""
    BOLD.clear()
    watched = Watched()
    for each in steps:
        watched.take(each)
    watched.hear(watched.world.tell(*watched.late))

    made = watched.world
    assert engine.resume(made.journal, made.policy).desk.account == made.account
