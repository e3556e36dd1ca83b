"""What the rehearsal rests on: accounts counted to the last unit, keys in private, a judgement no weekday changes."""

import stat
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import rehearsal_accounts as accounts
from bot.app.rehearsal_prices import hastened
from bot.app.rehearsal_trades import Dealings
from bot.model import account as books
from bot.model.account import Account
from bot.model.coins import shipped
from bot.model.decisions import Depeg, Severity
from bot.model.markets import Market
from bot.model.orders import Ordered, OrderEnded, OrderFilled, Purpose, Side, Style, Ticket
from bot.model.outlooks import Stance
from bot.model.redeeming import access
from bot.model.times import SECOND
from bot.records import catalogue
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_market import Scenario, Traders
from bot.sandbox.market import usdc_at
from bot.sandbox.wire.orders import Asked, DeniedError
from bot.strategy import outlook
from bot.strategy.deviation import COIN
from bot.strategy.mandate import Mandate
from bot.strategy.memory import Memory
from bot.venues import credentials

COINS = shipped()
PAST = Memory(tuple(catalogue.parse(catalogue.shipped())))
HERE = Market("okx", "USDC", "USDT")


def ticket(name, side=Side.BUY, market=HERE, purpose=Purpose.ENTER, kind="hold", why="cheap"):
    """An order of trade t."""
    return Ticket(
        name, "t", kind, market.base, market, side, Decimal(100), Decimal(1), Style.TAKE, purpose, 1.0, 1, 1.0, why
    )


def fill(name, amount, price, number="1"):
    """Some of it, at a fee of a dime."""
    return OrderFilled(1, 1, name, number, Decimal(amount), Decimal(price), Decimal("0.1"), "USDT")


def orders():
    """Orders that cross the book or rest in it, at exchanges that take fees of either side."""
    places = st.sampled_from([("kraken", "USDC", "USD"), ("okx", "USDC", "USDT"), ("binance", "USDC", "USDT")])
    return st.tuples(places, st.sampled_from(Side), st.integers(1, 4_000_000), st.sampled_from(["0.99", "1.0", "1.01"]))


@settings(max_examples=50, deadline=None)
@given(st.lists(orders(), max_size=8), st.integers(0, 9))
def test_accounts_hold_what_was_put_in_and_the_fills_less_fees(asked, seed):
    """To the last unit, whatever was traded; and a unit more or less is told."""
    exchanges = Exchanges(list(accounts.MONEY))
    ours = accounts.open_accounts(exchanges, Scenario(seed, dear=accounts.dear(exchanges, seed)))
    Traders(exchanges, Scenario(seed)).open()
    tickets, fills = {}, []
    for (venue, base, quote), side, cents, limit in asked:
        account = exchanges.account(venue)
        listing = next(each for each in exchanges.listings(venue) if (each.base, each.quote) == (base, quote))
        try:
            placed = account.place(Asked(listing, side, Style.REST, Decimal(cents) / 100, Decimal(limit)))
        except DeniedError:
            continue
        name = f"{venue}{placed.number}"
        tickets[name] = ticket(name, side, Market(venue, base, quote))
    Traders(exchanges, Scenario(seed)).open(0.1)  # fills what rests
    for venue in accounts.MONEY:
        for each in exchanges.fills(venue):
            name = f"{venue}{each.order}"
            fills.append(OrderFilled(1, 1, name, str(each.number), each.amount, each.price, each.fee, each.fee_asset))

    assert ours.money(tickets, fills)["exact"]
    exchanges.fund("kraken", "USD", "0.00000001")
    assert ours.money(tickets, fills)["off"] == {"kraken": {"USD": "0.00000001"}}


def test_keys_are_such_as_a_live_run_takes(tmp_path):
    """One file an exchange, which its owner alone can read, and none like another."""
    folder = accounts.write_keys(tmp_path / "keys")
    read = [credentials.read(venue, folder, {}) for venue in accounts.MONEY]

    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in folder.iterdir())
    assert len({each.secret.get_secret_value() for each in read}) == len(accounts.MONEY)


@given(st.integers(0, 1_000))
def test_what_will_be_dear_lies_where_it_will_be(seed):
    """Each coin that keeps its peg is in stock where more will be paid for it, and can be bought elsewhere."""
    exchanges = Exchanges(list(accounts.MONEY))
    dear = accounts.dear(exchanges, seed)
    ours = accounts.open_accounts(exchanges, Scenario(seed, dear=dear))

    assert {each.base for each in dear} == accounts.CALM
    for each in dear:
        others = [venue for venue in accounts.MONEY if venue != each.venue]
        assert ours.funded[each.venue, each.base] == accounts.STOCK
        assert any(listing.base == each.base for venue in others for listing in exchanges.listings(venue))


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),
    st.floats(0.1, 0.6).map(usdc_at),
    st.floats(0.3, 1.0),
    st.integers(0, 120),
)
def test_usdc_of_the_story_may_be_held_whenever_the_demo_runs(moment, price, share, seconds):
    """By day and by night, on weekdays, weekends and holidays, whatever part of its pools it has become."""
    now = round(moment.replace(tzinfo=UTC).timestamp()) * 10**9
    start = now - seconds * 10**9
    venues = ("binance", "kraken", "okx", "bybit")
    fall = Depeg("USDC", COIN, "below", start, start, Severity.CRITICAL, start, price, (1 - price) * 1e4, True, venues)
    coin, shown = COINS.by_symbol["USDC"], outlook.Evidence(pool_share=share)
    view = outlook.assess(fall, coin, access(coin, now), price, now, PAST.before(start), shown)

    assert view.stance is Stance.HOLD
    assert view.worst < 0.874 < price + 0.01 < view.fair


def test_the_mandate_is_everybodys_but_for_the_hour_before_banks_close():
    """Whoever sees the demo on a Friday evening sees what others see on a Monday."""
    ours = hastened(Mandate())

    assert ours.closing <= SECOND
    assert replace(ours, closing=Mandate().closing) == Mandate()


def test_a_trade_is_told_when_it_begins_and_when_it_is_over():
    """Once each, however often its fills are heard of; what it earned is after fees."""
    lines, account = [], Account()
    dealings = Dealings(lines.append)
    out = ticket("b", Side.SELL, purpose=Purpose.EXIT, why="back at par")
    bought, sold = fill("a", 100, "0.9"), fill("b", 100, "0.99")
    ended = [OrderEnded(1, 1, name, Decimal(100)) for name in "ab"]
    for event in (Ordered(1, 1, ticket("a")), bought, bought, ended[0], Ordered(1, 1, out), sold, ended[1], sold):
        account = books.post(account, event)
        dealings.note(event, account)
    told = dealings.told(account)

    assert [line.partition(":")[0] for line in lines] == ["hold USDC at okx", "hold USDC"]
    assert "back at par" in lines[1]
    assert told[0]["venues"] == ["okx"]
    assert told[0]["exit_reason"] == "back at par"
    assert told[0]["pnl_usd"] == pytest.approx(100 * (0.99 - 0.9) - 0.2)
    assert told[0]["fees_usd"] == pytest.approx(0.2)


def test_what_is_still_held_is_told_honestly():
    """It has earned nothing that was not sold, and it says that it was not left."""
    account = books.post(Account(), Ordered(1, 1, ticket("a")))
    account = books.post(account, fill("a", 100, "0.9"))
    told = Dealings(lambda _: None).told(account)

    assert told[0]["exit_reason"] == "not left: 100 USDC still held"
    assert told[0]["exit_price"] is None
    assert told[0]["pnl_usd"] == 0


def test_a_hedge_was_left_for_what_left_it_first():
    """The last of it is crumbs, which say no more than that they are; a hold is told by its last sale."""
    future, told = Market("binanceusdm", "USDC-PERP", "USDT"), {}
    for kind in ("hedged", "hold"):
        dealings, account = Dealings(lambda _: None), Account()
        orders = [
            ticket("a", kind=kind),
            ticket("b", Side.SELL, purpose=Purpose.EXIT, kind=kind, why="the two have met"),
            ticket("c", Side.SELL, purpose=Purpose.EXIT, kind=kind, why="too little is left"),
            ticket("d", Side.SELL, future, Purpose.UNWIND, kind, "unfilled"),
        ]
        for each, amount in zip(orders, (100, 99, 1, 0), strict=True):
            for event in (Ordered(1, 1, each), *([fill(each.id, amount, "1")] if amount else [])):
                account = books.post(account, event)
                dealings.note(event, account)
        (told[kind],) = dealings.told(account)

    assert told["hedged"]["exit_reason"] == "the two have met"
    assert told["hold"]["exit_reason"] == "too little is left"
