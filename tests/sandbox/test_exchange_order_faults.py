"""What goes wrong with orders at exchanges, as ccxt's own classes see it."""

from collections import Counter

import ccxt
import pytest
from exchange_clients import ready, soon, trading

from bot.sandbox.exchange_faults import Fault
from bot.sandbox.wire.orders import State
from bot.sandbox.wire.wires import ALL_DESKS

LIMITED = (ccxt.RateLimitExceeded, ccxt.DDoSProtection)
AGAIN = dict.fromkeys(["binance", "binanceusdm"], ccxt.OrderNotFound)  # the answer to aiohttp's second try
GONE = {"coinbase": ccxt.BadRequest}  # what ccxt makes of a cancellation of what is not there
COUNTED = {"sequence", "id", "creationTime"}  # what differs between a message and its repetition


@pytest.fixture(params=ALL_DESKS)
async def trader(request):
    """Each exchange that has accounts in turn, those that trade perpetual futures too."""
    async with ready(request.param) as trader:
        yield trader


async def test_an_order_may_stand_though_its_answer_was_lost(trader):
    """The client hears that the connection broke; the order is there, under the id the client gave it."""
    trader.exchanges.fault(trader.venue, Fault.ANSWER_LOST, times=1)
    with pytest.raises(ccxt.NetworkError):
        await trader.order("buy", 50, 0.99, clientOrderId="lost1")

    (found,) = await soon(trader.ccxt.fetch_open_orders(trader.symbol))
    assert found["clientOrderId"] == "lost1"
    await trader.order("buy", 50, 0.99)  # the next one is answered


async def test_an_answer_may_take_longer_than_its_client_waits(trader):
    """The client gives up; the order stands."""
    trader.exchanges.fault(trader.venue, Fault.ANSWER_LOST, seconds=0.3, times=1)
    trader.ccxt.timeout = 100
    with pytest.raises(ccxt.RequestTimeout):
        await trader.order("buy", 50, 0.99)

    assert len(trader.exchanges.account(trader.venue).open()) == 1


async def test_a_cancellation_may_be_done_though_its_answer_was_lost(trader):
    """The second try says that there is nothing to cancel. aiohttp makes it by itself where the request is a DELETE."""
    order = await trader.order("buy", 50, 0.99)
    trader.exchanges.fault(trader.venue, Fault.CANCEL_LOST, times=1)
    with pytest.raises(AGAIN.get(trader.venue, ccxt.NetworkError)):
        await trader.cancel(order)

    with pytest.raises(GONE.get(trader.venue, ccxt.OrderNotFound)):
        await trader.cancel(order)


async def test_a_fill_may_be_told_twice(hearing):
    """The same message comes again; it is one fill, with one id, all the same."""
    await hearing.listen()
    hearing.exchanges.fault(hearing.venue, Fault.FILL_TWICE, times=1)
    order = await hearing.order("buy", 50, 0.9993)
    again = await hearing.order("buy", 50, 0.9993)
    await hearing.until("trades", lambda each: each["order"] == again)

    heard = Counter(repr({name: each[name] for name in each if name not in COUNTED}) for each in hearing.heard)
    assert any(count == 2 and ("fill" in text or "trade" in text.lower()) for text, count in heard.items())
    assert {each["id"] for each in hearing.told["trades"] if each["order"] == order} == {
        each["id"] for each in await soon(hearing.ccxt.fetch_my_trades(hearing.symbol)) if each["order"] == order
    }
    assert len(hearing.exchanges.fills(hearing.venue)) == 2


async def test_a_fill_may_be_told_after_its_order_was_cancelled(hearing):
    """Half was filled ahead of the cancellation, which was answered well; the fill is told after all the rest."""
    await hearing.listen()
    order = await hearing.order("sell", 50, 1.01)
    hearing.exchanges.fault(hearing.venue, Fault.FILL_LATE, seconds=0.1, times=1)
    await hearing.cancel(order)
    assert not hearing.told["trades"]

    trade = await hearing.until("trades", lambda each: each["order"] == order)
    assert (trade["amount"], trade["price"]) == (25, 1.01)
    told = await hearing.asked(order)
    assert (told["filled"], told["status"] in {"canceled", "closed"}) == (25, True)
    assert hearing.exchanges.orders(hearing.venue)[0].state is State.CANCELLED


async def test_a_silent_socket_leaves_polling(hearing):
    """Nothing is pushed; whoever asks is told. Once it speaks again, what was in between is lost."""
    await hearing.listen()
    hearing.exchanges.fault(hearing.venue, Fault.PRIVATE_SILENT)
    order = await hearing.order("buy", 50, 0.9993)
    assert (await hearing.asked(order))["status"] == "closed"
    hearing.exchanges.mend(hearing.venue)
    next_one = await hearing.order("buy", 50, 0.9993)
    await hearing.until("trades", lambda each: each["order"] == next_one)

    assert {each["order"] for each in hearing.told["trades"]} == {next_one}


async def test_orders_may_be_refused(trader):
    """As often as it was set; then they are taken again. Nothing of a refused one is there."""
    trader.exchanges.fault(trader.venue, Fault.ORDERS_REFUSED, times=2)
    for _ in range(2):
        with pytest.raises(ccxt.ExchangeError):
            await trader.order("buy", 50, 0.99)
    assert not trader.exchanges.orders(trader.venue)

    await trader.order("buy", 50, 0.99)


@pytest.mark.parametrize("venue", ALL_DESKS)
async def test_a_share_of_orders_is_refused_the_same_ones_each_time(venue):
    """By chance, and the chance is the exchange's own."""
    runs = []
    for _ in range(2):
        async with trading(venue) as trader:
            trader.fund(quote="1000")
            trader.exchanges.fault(venue, Fault.ORDERS_REFUSED, 0.5)
            runs.append([await _taken(trader) for _ in range(12)])

    assert runs[0] == runs[1]
    assert 0 < sum(runs[0]) < 12


async def test_orders_may_be_too_many(trader):
    """The rate limit of orders is told as what it is, and other requests are answered."""
    trader.exchanges.fault(trader.venue, Fault.ORDERS_LIMITED, times=1)
    with pytest.raises(LIMITED):
        await trader.order("buy", 50, 0.99)

    assert (await trader.balance())[trader.paid]["free"] == 1000
    await trader.order("buy", 50, 0.99)


async def test_an_exchange_may_go_away_between_a_cancellation_and_the_next_order(trader):
    """The old order is gone, the new one is refused with 503, and what was promised is free."""
    order = await trader.order("buy", 50, 0.99)
    trader.exchanges.fault(trader.venue, Fault.OUTAGE_AFTER_CANCEL, times=1)
    await trader.cancel(order)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await trader.order("buy", 60, 0.99)

    balance = await trader.balance()
    assert (balance[trader.paid]["free"], balance[trader.paid]["used"]) == (1000, 0)
    await trader.order("buy", 60, 0.99)


async def test_a_closed_private_socket_can_be_opened_anew(hearing):
    """Who listened is told that the connection closed; the next try hears what happens from then on."""
    await hearing.listen()
    hearing.exchanges.fault(hearing.venue, Fault.DROP)
    (orders, trades) = hearing.listening
    with pytest.raises(ccxt.NetworkError):
        await soon(orders)
    with pytest.raises(ccxt.NetworkError):
        await soon(trades)
    hearing.exchanges.mend(hearing.venue)
    await hearing.listen()
    order = await hearing.order("buy", 50, 0.9993)

    await hearing.until("trades", lambda each: each["order"] == order)
    assert sum(each.amount for each in hearing.exchanges.fills(hearing.venue)) == 50


async def _taken(trader):
    """Whether an order is."""
    try:
        await trader.order("buy", 10, 0.99)
    except ccxt.ExchangeError:
        return False
    return True
