"""Orders on chain from an own wallet, in real Curve pools."""

import asyncio
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.model.markets import Market
from bot.model.orders import OrderEnded, OrderFilled, OrderOpened, OrderRefused, Style, VenueSeen
from bot.sandbox import abi
from bot.sandbox.actor import Actor
from bot.venues import swap_log
from bot.venues.chain_orders import GAS
from bot.venues.rpc import Rpc

from .till import SIGNER
from .wallets import (
    BUY,
    COINS,
    ETHER_USD,
    POLICY,
    POOLS,
    SELL,
    SUSD,
    THREE,
    allowed,
    as_it_was,
    ether,
    funded,
    lies,
    ticket,
    trading,
)

pytestmark = pytest.mark.chain


@pytest.mark.parametrize("venue", [THREE, SUSD])
@pytest.mark.parametrize(("base", "quote"), [("USDC", "USDT"), ("USDT", "DAI"), ("DAI", "USDC")])
@pytest.mark.parametrize("side", [BUY, SELL])
async def test_a_fill_is_what_was_moved_to_the_last_unit(actor, tmp_path, venue, base, quote, side):
    """Coins, money and gas by the balances before and after; nothing stays allowed."""
    funded(actor)
    made = ticket("rp1", side, "1234.567891", "1.05" if side is BUY else "0.95", Market(venue, base, quote))
    before = {each: lies(actor, each) for each in (base, quote)}, ether(actor)
    async with trading(actor, tmp_path) as desk:
        opened, fill, end = await desk.place(made)
        told = desk.told()
    moved = {each: lies(actor, each) - held for each, held in before[0].items()}
    sign = 1 if side is BUY else -1

    assert isinstance(opened, OrderOpened)
    assert isinstance(fill, OrderFilled)
    assert isinstance(end, OrderEnded)
    assert moved == {base: sign * fill.amount, quote: -sign * fill.amount * fill.price}
    assert fill.fee == before[1] - ether(actor) > 0
    assert end.filled == fill.amount <= made.amount
    assert made.amount - fill.amount <= Decimal("0.000001")
    assert {each: told[each] for each in (base, quote)} == {each: lies(actor, each) for each in (base, quote)}
    assert told["ETH"] == ether(actor)
    assert allowed(actor, venue, quote if side is BUY else base) == 0


LIMITS = st.decimals("0.97", "1.1", places=6, allow_nan=False, allow_infinity=False)
AMOUNTS = st.integers(1, 3 * 10**12).map(lambda units: Decimal(units).scaleb(-6))
MOVES = st.integers(-9_000_000, 9_000_000)


@settings(max_examples=40)
@given(AMOUNTS, LIMITS, MOVES, st.sampled_from([BUY, SELL]), st.sampled_from([THREE, SUSD]))
def test_no_fill_is_worse_than_its_limit_or_larger_than_its_order(sandbox, amount, limit, moved, side, venue):
    """Whatever the pool's balance, amount and limit; a buyer may miss some of the amount, and nothing stays allowed."""
    actor = Actor(sandbox.url)
    with as_it_was(actor), TemporaryDirectory() as folder:
        funded(actor, coins=5_000_000)
        if moved:
            pool, (i, j) = POOLS[venue.removeprefix("chain:")], (1, 2) if moved > 0 else (2, 1)
            actor.swap(pool, i, j, abs(moved) * (10**6 if venue == THREE else 10**5))
        made = ticket("rp1", side, amount, limit, Market(venue, "USDC", "USDT"))
        had = lies(actor, "USDC"), lies(actor, "USDT")
        fill, told = asyncio.run(filled(actor, Path(folder), made))
        coins, money = lies(actor, "USDC") - had[0], lies(actor, "USDT") - had[1]
        left = allowed(actor, venue, "USDC") + allowed(actor, venue, "USDT")
    actor.close()

    event(f"{side} {fill is not None}")
    assert left == 0
    if fill is None:
        assert coins == money == 0
        assert told[-1].reason
    elif side is BUY:
        assert 0 < coins == fill.amount <= amount
        assert -money == fill.amount * fill.price <= coins * limit
    else:
        assert -coins == fill.amount == amount
        assert money == fill.amount * fill.price >= amount * limit


async def filled(actor, folder, made):
    """The fill of an order, and all that was said of it."""
    async with trading(actor, folder) as desk:
        await desk.place(made)
        return desk.fill(made), desk.of(made)


async def test_an_order_that_would_wait_takes_what_it_finds(actor, tmp_path):
    """In a pool nobody waits: within the limit it is filled at once, else it has found nobody, and cost nothing."""
    funded(actor)
    taken, missed = (ticket(f"rp{n}", SELL, "10", limit, style=Style.REST) for n, limit in ((1, "0.99"), (2, "1.01")))
    async with trading(actor, tmp_path) as desk:
        await desk.place(taken)
        had = ether(actor)
        await desk.place(missed)

    assert desk.fill(taken)
    (end,) = desk.of(missed)
    assert end.filled == 0
    assert end.reason == "for 10.000000 USDC the pool gives 9.998999 USDT, 10.100000 are asked"
    assert ether(actor) == had


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (ticket("rp1", BUY, "10", "1.01", Market("chain:Nowhere", "USDC", "USDT")), "no pool that is watched"),
        (
            ticket("rp1", BUY, "10", "1.01", Market("chain:Uniswap V3 USDC/USDT 1bp", "USDC", "USDT")),
            "Curve's pools only",
        ),
        (ticket("rp1", BUY, "10", "1.01", Market(THREE, "USDC", "SUSD")), "has no market USDC/SUSD"),
        (ticket("rp1", BUY, "10", "1.01", style=Style.MAKE), "nobody waits"),
        (ticket("rp1", SELL, "1000000.000001", "0.9"), "1000000.000001 USDC is asked of 1000000.000000 in the wallet"),
        (ticket("rp-1", SELL, "1", "0.9"), "letters and digits"),
    ],
)
async def test_what_cannot_be_traded_is_refused_in_words(actor, tmp_path, made, why):
    """Before anything is signed."""
    funded(actor)
    async with trading(actor, tmp_path) as desk:
        (refused,) = await desk.place(made)

    assert isinstance(refused, OrderRefused)
    assert why in refused.reason
    assert not list(tmp_path.glob("*.jsonl"))


async def test_without_ether_for_gas_nothing_is_begun(actor, tmp_path):
    """The reason says how much is wanted."""
    funded(actor)
    actor.rpc("anvil_setBalance", SIGNER.address, hex(10**12))
    async with trading(actor, tmp_path) as desk:
        (refused,) = await desk.place(ticket("rp1", SELL, "1", "0.9"))

    assert "no ether for gas" in refused.reason


async def test_less_than_a_unit_is_no_order(actor, tmp_path):
    """What rounds to nothing ends unfilled."""
    funded(actor)
    async with trading(actor, tmp_path) as desk:
        (end,) = await desk.place(ticket("rp1", SELL, "0.0000001", "0.9"))

    assert end.filled == 0
    assert "divided" in end.reason


@pytest.mark.parametrize(("sold", "other"), [("USDT", "USDC"), ("USDC", "USDT")])
async def test_what_was_allowed_before_is_replaced(actor, tmp_path, sold, other):
    """Also of Tether, which changes an allowance only from zero: the pool takes what it is to take, and no more."""
    funded(actor)
    pool = POOLS["Curve 3pool"].address
    actor.send(COINS[sold].address, abi.call("approve(address,uint256)", pool, 7), sender=SIGNER.address)
    made = ticket("rp1", SELL, "10", "0.9", Market(THREE, sold, other))
    async with trading(actor, tmp_path) as desk:
        await desk.place(made)

    assert desk.fill(made).amount == 10
    assert allowed(actor, THREE, sold) == 0


async def test_the_same_order_twice_is_one(actor, tmp_path):
    """Its id is its name, in this run and in the next."""
    funded(actor)
    made = ticket("rp1", SELL, "10", "0.9")
    async with trading(actor, tmp_path) as desk:
        await desk.place(made)
        assert await desk.trader.place(made) == []
    async with trading(actor, tmp_path, desk.known()) as again:
        assert await again.trader.place(made) == []

    assert lies(actor, "USDC") == 999_990


async def test_orders_are_carried_out_in_their_order(actor, tmp_path):
    """One after the other, each by what the one before it left."""
    funded(actor)
    orders = [ticket(f"rp{n}", SELL, "10", "0.9") for n in range(3)]
    async with trading(actor, tmp_path) as desk:
        for made in orders:
            desk.order(made)
            assert await desk.trader.place(made) == []
        await desk.done(orders[-1])

    ends = [each.order_id for each in desk.journal if isinstance(each, OrderEnded)]
    assert ends == [made.id for made in orders]
    assert all(desk.fill(made).amount == 10 for made in orders)


async def test_what_is_over_is_forgotten_by_the_next_start(actor, tmp_path):
    """The journal has it by then: its file goes."""
    funded(actor)
    async with trading(actor, tmp_path) as desk:
        await desk.place(ticket("rp1", SELL, "10", "0.9"))
    assert [each.name for each in tmp_path.glob("*.jsonl")] == ["rp1.jsonl"]
    async with trading(actor, tmp_path, desk.known()) as again:
        pass

    assert not list(tmp_path.glob("*.jsonl"))
    assert isinstance(again.journal[-1], VenueSeen)


async def test_terms_count_steps_and_gas_and_no_fee(actor, tmp_path):
    """The pool's fee is in its price, gas is a flat sum; none before the wallet is known, nor for other pools."""
    funded(actor)
    market = Market(SUSD, "SUSD", "USDC")
    async with trading(actor, tmp_path) as desk:
        terms = desk.trader.terms(market)
        wei = desk.trader._heads.next_base_fee + POLICY.priority_fee
        assert desk.trader.terms(Market("chain:Uniswap V3 USDC/USDT 1bp", "USDC", "USDT")) is None
        desk.trader._standing.ready = False
        assert desk.trader.terms(market) is None

    assert (terms.taker, terms.amount_step, terms.price_step) == (0, Decimal("1e-18"), Decimal("1e-6"))
    assert terms.flat_usd == pytest.approx(GAS * wei / 1e18 * ETHER_USD)


async def test_gas_is_no_more_than_terms_count(actor, tmp_path):
    """Of approval and swap in either pool; within a third above."""
    funded(actor)
    paid = []
    for number, venue in enumerate((THREE, SUSD)):
        made = ticket(f"rp{number}", SELL, "10", "0.9", Market(venue, "USDC", "USDT"))
        async with trading(actor, tmp_path) as desk:
            await desk.place(made)
        receipts = [actor.rpc("eth_getTransactionReceipt", each) for each in hashes(tmp_path, made.id)]
        paid.append(sum(int(each["gasUsed"], 16) for each in receipts if each))  # what was bid over is in no block

    assert GAS * 3 / 4 < max(paid) <= GAS


def hashes(folder, name):
    """Of all that was signed for an order."""
    return [each.hash for log in swap_log.kept(folder) if log.swap.order_id == name for each in log.attempts]


async def test_a_node_that_is_down_makes_the_wallet_unknown_and_no_order_lost(actor, tmp_path):
    """It is told why, and orders are refused until it is back."""
    funded(actor)
    rpc = Rpc(["http://127.0.0.1:9"], poll=0.01)
    async with trading(actor, tmp_path, rpc=rpc) as desk:
        (refused,) = await desk.trader.place(ticket("rp1", SELL, "10", "0.9"))

    (seen,) = desk.journal
    assert not seen.ready
    assert "no new orders on chain now" in refused.reason
