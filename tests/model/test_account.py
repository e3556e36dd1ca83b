"""Books of exchanges: what reports say, whatever their order, counted once."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategy.desks import (
    ALPHA,
    BETA,
    USDC,
    ended,
    fill,
    filled,
    opened,
    ordered,
    pulled,
    refused,
    seen,
    ticket,
    told,
)

from bot.model import account as books
from bot.model.account import Account
from bot.model.markets import DOLLAR, Market
from bot.model.orders import Order, OrderEnded, OrderEvent, OrderFilled, Purpose, Side, Ticket, VenueSeen
from bot.model.trade import Trade

RICH = told(Account(), [seen(ALPHA, USD=1e6, USDC=1e6, BNB=10), seen(BETA, USD=1e6, USDC=1e6)])
NONE = Decimal(0)

cents = st.integers(1, 10_000).map(lambda n: Decimal(n) / 100)
prices = st.integers(5_000, 11_000).map(lambda n: Decimal(n) / 10_000)


@st.composite
def orders(draw: st.DrawFn, name: str = "rp1", trade: str = "t1") -> tuple[Ticket, list[OrderFilled]]:
    """An order, and how it was filled in the end."""
    amounts = draw(st.lists(cents, max_size=4))
    asked = ticket(
        id=name,
        trade=trade,
        side=draw(st.sampled_from(Side)),
        purpose=draw(st.sampled_from((Purpose.ENTER, Purpose.EXIT))),
        amount=sum(amounts, NONE) + draw(st.sampled_from((NONE, Decimal(5)))) + (NONE if amounts else Decimal(1)),
        limit=draw(prices),
    )
    paid = st.tuples(st.integers(0, 50), st.sampled_from((DOLLAR, USDC, "BNB")))
    fills = [
        fill(asked, n, amount, amount * fee / 10_000, asset)
        for n, amount in enumerate(amounts)
        for fee, asset in [draw(paid)]
    ]
    return asked, [replace(each, price=draw(prices)) for each in fills]


def reports(asked: Ticket, fills: list[OrderFilled], *, gone: bool = False) -> list[OrderEvent]:
    """All that is heard of an order: it was opened, filled, and it ended, perhaps because it was taken back."""
    total = sum((each.amount for each in fills), NONE)
    return [opened(asked), *fills, *([pulled(asked)] if gone else []), ended(asked, total)]


def known(account: Account) -> Account:
    """The books without what depends on who was first: floats, to their last bit, and names of a refused order."""
    rounded = {name: _rounded(trade) for name, trade in account.trades.items()}
    closed = {name: _rounded(trade) for name, trade in account.closed.items()}
    past = {name: replace(order, pulled=False) for name, order in account.past.items()}
    past = {name: replace(order, exchange_id="") for name, order in past.items()}
    earned = {name: round(getattr(account, name), 6) for name in ("realised_usd", "best_usd")}
    return replace(account, trades=rounded, closed=closed, past=past, **earned)  # type: ignore[arg-type]


def _rounded(trade: Trade) -> Trade:
    dollars = {name: round(getattr(trade, name), 12) for name in ("spent_usd", "got_usd", "fees_usd")}
    return replace(trade, **dollars)  # type: ignore[arg-type]


@given(orders(), st.booleans(), st.data())
def test_reports_may_come_in_any_order_and_twice(
    life: tuple[Ticket, list[OrderFilled]], gone: bool, data: st.DataObject
) -> None:
    """However the reports of an order are mixed and repeated, the books are the same."""
    asked, fills = life
    straight = reports(asked, fills, gone=gone)
    again = data.draw(st.lists(st.sampled_from(straight), max_size=5))
    mixed = data.draw(st.permutations([*straight, *again]))

    after = [told(RICH, [ordered(asked), *events, ordered(asked)]) for events in (straight, mixed)]
    assert known(after[0]) == known(after[1])
    assert after[1].tickets == 1


@given(orders("rp1"), orders("rp2"), st.data())
def test_orders_of_one_trade_may_be_heard_of_in_any_order(
    one: tuple[Ticket, list[OrderFilled]], other: tuple[Ticket, list[OrderFilled]], data: st.DataObject
) -> None:
    """A trade of two orders is the same, open or closed, however their reports are mixed; so is what was earned."""
    straight = [*reports(*one), *reports(*other)]
    mixed = data.draw(st.permutations(straight))
    begun = [ordered(one[0]), ordered(other[0])]

    after = [told(RICH, [*begun, *events]) for events in (straight, mixed)]
    assert known(after[0]) == known(after[1])
    assert after[1].orders == {}


@given(orders(), st.data())
def test_balances_change_by_fills_and_fees(life: tuple[Ticket, list[OrderFilled]], data: st.DataObject) -> None:
    """What lies there is what lay there, and what was bought and sold, less fees: to the last digit."""
    asked, fills = life
    after = told(RICH, [ordered(asked), *data.draw(st.permutations(reports(asked, fills)))])
    sign = 1 if asked.side is Side.BUY else -1

    for asset in (USDC, DOLLAR, "BNB"):
        fees = sum((each.fee for each in fills if each.fee_asset == asset), NONE)
        coins = sum((each.amount for each in fills), NONE) if asset == USDC else NONE
        money = sum((each.amount * each.price for each in fills), NONE) if asset == DOLLAR else NONE
        before = RICH.balances.get((ALPHA, asset), NONE)
        assert after.balances.get((ALPHA, asset), NONE) == before + sign * (coins - money) - fees
    assert {purse: held for purse, held in after.balances.items() if purse[0] == BETA} == {
        purse: held for purse, held in RICH.balances.items() if purse[0] == BETA
    }


@given(orders(), st.data())
def test_what_is_promised_falls_with_every_report(life: tuple[Ticket, list[OrderFilled]], data: st.DataObject) -> None:
    """An order promises less the more is heard of it, and nothing when it is over; no more is free than is held."""
    asked, fills = life
    account = told(RICH, [ordered(asked)])
    asset = DOLLAR if asked.side is Side.BUY else USDC
    promised = books.reserved(account.orders[asked.id], asset)
    assert promised >= asked.amount * (asked.limit if asked.side is Side.BUY else 1)

    for event in data.draw(st.permutations(reports(asked, fills))):
        account = told(account, [event])
        order = account.orders.get(asked.id) or account.past[asked.id]
        assert books.reserved(order, asset) <= promised
        promised = books.reserved(order, asset)
        for venue, each in account.balances:
            assert NONE <= account.spare(venue, each) <= account.free(venue, each)
            assert account.free(venue, each) <= max(account.balances[venue, each], NONE)
    assert promised == 0
    assert account.free(ALPHA, asset) == account.balances[ALPHA, asset]


def test_a_refused_order_never_was() -> None:
    """It promises nothing, and leaves no trade behind that is open."""
    asked = ticket()
    after = told(RICH, [ordered(asked), refused(asked), opened(asked), refused(asked)])

    assert after.balances == RICH.balances
    assert after.free(ALPHA, DOLLAR) == RICH.free(ALPHA, DOLLAR)
    assert (after.orders, after.trades, after.realised_usd) == ({}, {}, 0.0)


@given(orders())
def test_an_order_that_nobody_gave_changes_nothing(life: tuple[Ticket, list[OrderFilled]]) -> None:
    """What is heard of an order of somebody else, or of another journal, is not ours."""
    assert told(RICH, reports(*life)) == RICH


def test_a_fill_counts_however_late() -> None:
    """A fill heard of after its order was over, and its trade closed, is counted once, and the trade is open again."""
    asked = ticket(amount=Decimal(1000))
    late = fill(asked, 1, Decimal(400))
    over = told(RICH, [ordered(asked), ended(asked, NONE)])
    assert (over.trades, set(over.closed)) == ({}, {"t1"})

    after = told(over, [late, late])
    assert after.balances[ALPHA, USDC] == RICH.balances[ALPHA, USDC] + 400
    assert after.trades["t1"].net == 400
    assert "t1" not in after.closed


@given(prices, prices, st.integers(1, 400))
def test_profit_is_counted_once(bought: Decimal, sold: Decimal, late: int) -> None:
    """A trade that opens again because of a late fill, and closes again, has earned what its fills say: no more."""
    buy = ticket(id="rp1", limit=bought)
    sell = ticket(id="rp2", limit=sold, side=Side.SELL, purpose=Purpose.EXIT)
    over = filled(filled(RICH, buy), sell)
    assert over.realised_usd == pytest.approx(float(1000 * (sold - bought)))

    heard = told(over, [fill(buy, 7, Decimal(late))])
    rest = ticket(id="rp3", limit=sold, side=Side.SELL, purpose=Purpose.EXIT, amount=Decimal(late))
    again = filled(heard, rest) if heard.trades else heard
    counted = sum(trade.earned_usd for trade in again.closed.values())
    assert again.realised_usd == pytest.approx(counted)
    if heard.trades:
        assert heard.realised_usd == pytest.approx(0)
        assert counted == pytest.approx(float((1000 + late) * (sold - bought)))
    assert again.trades == {}


def test_what_is_too_little_to_be_sold_ends_a_trade_that_was_left() -> None:
    """Ten dollars that remain of what was sold are over; the same just bought are held."""
    buy, few = ticket(id="rp1"), ticket(id="rp2", trade="t2", amount=Decimal(5))
    most = ticket(id="rp3", side=Side.SELL, purpose=Purpose.EXIT, amount=Decimal(995))

    assert set(filled(RICH, few).trades) == {"t2"}
    assert filled(filled(RICH, buy), most).trades == {}


def test_memory_is_bounded_and_what_is_forgotten_breaks_nothing() -> None:
    """A late fill of an order whose trade is long forgotten begins it anew."""
    account, first = RICH, ticket(id="first", trade="first")
    account = told(account, [ordered(first), ended(first, NONE)])
    for n in range(2 * books.REMEMBERED):
        other = ticket(id=f"o{n}", trade=f"t{n}")
        account = told(account, [ordered(other), ended(other, NONE)])
    assert len(account.past) == len(account.closed) == books.REMEMBERED

    kept = replace(account, past={**account.past, "first": Order(first, final=ended(first, NONE))})
    assert told(kept, [fill(first, 1, Decimal(100))]).trades["first"].net == 100


def test_an_exchange_that_is_seen_is_believed() -> None:
    """Its balances take the place of those known; what is not ready, or was never seen, takes no orders."""
    after = told(RICH, [seen(ALPHA, USD=5)])
    assert {purse for purse in after.balances if purse[0] == ALPHA} == {(ALPHA, DOLLAR)}
    assert after.ready(ALPHA) is None

    shut = told(after, [seen(ALPHA, ready=False)])
    assert shut.ready(ALPHA)
    assert shut.balances == after.balances
    assert told(shut, [seen(ALPHA, USD=5)]).ready(ALPHA) is None
    assert Account().ready(ALPHA)


@given(st.floats(1, 1000), st.booleans())
def test_what_a_hold_holds_is_not_spare(amount: float, elsewhere: bool) -> None:
    """Coins of a hold are not for a pair to sell, where they lie."""
    after = told(Account(), [seen(ALPHA, USD=1e4, USDC=50), seen(BETA, USDC=50)])
    after = filled(after, ticket(amount=Decimal(str(round(amount, 2)))))

    assert after.spare(BETA if elsewhere else ALPHA, USDC) == 50


def test_what_a_failed_order_cost_is_a_loss_of_its_trade() -> None:
    """Gas of a transaction that came to nothing leaves the purse once, and what was earned is so much less."""
    asked = ticket(market=Market("chain:pool", "USDC", "USDT"), flat_usd=3.0)
    purse = VenueSeen(1, 1, "chain", ready=True, balances=(("ETH", Decimal(1)), ("USDT", Decimal(1000))))
    over = OrderEnded(2, 2, asked.id, Decimal(0), "reverted", Decimal("0.002"), "ETH")
    account = told(Account(), [purse, ordered(asked), over, over])

    assert account.balances["chain", "ETH"] == Decimal("0.998")
    assert not account.trades
    assert account.realised_usd == -3.0
