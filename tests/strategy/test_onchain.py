"""A pool's quote is what the pool pays."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.amm.redemption import HALTED, Psm, Vault
from bot.model.coins import Coins, Mechanism, Stablecoin, shipped
from bot.model.events import BlockSeen
from bot.model.markets import Market
from bot.model.registry import Coin, Family, Pool, Registry
from bot.strategy import onchain
from bot.units import WAD

from .worlds import address, registry, state

BLOCK = BlockSeen(12, 13, 1, "0x01", "0x00", 0, 1, 1, (), ())
USDC, DAI, SHARE, WETH = (address(n) for n in range(1, 5))
COINS = {
    USDC: Coin("USDC", USDC, 6),
    DAI: Coin("DAI", DAI, 18),
    SHARE: Coin("sDAI", SHARE, 18, None),
    WETH: Coin("WETH", WETH, 18, None),
}
PSM = Pool("the PSM", address(10), Family.PSM, (USDC, DAI))
ROOM = 10**6


def listed(*pools):
    """The markets of these pools of USDC, DAI, a share of DAI, and ether."""
    return onchain.listing(Registry(1, COINS, {pool.address: pool for pool in pools}, ()), shipped())


def psm(tin=0, tout=0, dai=ROOM, gems=ROOM):
    """The PSM's quote with these fees and so many whole coins of room."""
    (quote,) = onchain.quotes(listed(PSM)[PSM.address], Psm(tin, tout, 10**12, dai * WAD, gems * 10**6), BLOCK)
    return quote


def ways(pair, quote, held):
    """Both ways through a market: the rate that is quoted in base units, the size in them, and the pool's side."""
    unit, ask = pair.base_unit / pair.quote_unit, quote.ask or 0.0
    yield (quote.bid or 0.0) / unit, quote.bid_size * pair.base_unit, held.side(pair.i, pair.j)
    yield ask and unit / ask, quote.ask_size * ask * pair.quote_unit, held.side(pair.j, pair.i)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_an_exact_swap_pays_what_is_quoted(seed):
    """All of the quoted size is paid for at the quoted price, but for the move."""
    rnd = Random(seed)
    book = registry(rnd, 8, 5)
    coins = Coins({name: Stablecoin(name, name, Mechanism.FIAT) for name in ("CENTS", *(f"C{n}" for n in range(5)))})
    for pool in book.pools.values():
        pairs = onchain.listing(book, coins)[pool.address]
        held = state(rnd, book, pool, dict.fromkeys(book.coins, 1.0), 0.01)
        for pair, quote in zip(pairs, onchain.quotes(pairs, held, BLOCK), strict=True):
            for rate, size, side in ways(pair, quote, held):
                got = side.out(min(int(size), side.cap)) or 0
                assert got >= rate * (1 - onchain.MOVE) * (size - 4) - 2  # some base units are lost to rounding


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_a_market_is_not_crossed_with_itself(seed):
    """A pool buys for no more than it sells."""
    rnd = Random(seed)
    book = registry(rnd, 8, 5)
    coins = Coins({name: Stablecoin(name, name, Mechanism.FIAT) for name in ("CENTS", *(f"C{n}" for n in range(5)))})
    for pool in book.pools.values():
        held = state(rnd, book, pool, dict.fromkeys(book.coins, 1.0), 0.01)
        for quote in onchain.quotes(onchain.listing(book, coins)[pool.address], held, BLOCK):
            assert not (quote.bid and quote.ask) or quote.bid <= quote.ask * (1 + 1e-9)


def test_a_psm_is_a_tight_market_while_it_has_room():
    """Par less the fee on either side, for as much as it can still pay."""
    quote = psm(tin=10**15, tout=10**15)

    assert quote.market == Market("chain:the PSM", "USDC", "DAI")
    assert (quote.bid, quote.ask) == (pytest.approx(0.999), pytest.approx(1.001))
    assert quote.bid_size == pytest.approx(ROOM / 0.999)
    assert quote.ask_size == pytest.approx(ROOM)


@pytest.mark.parametrize(
    ("how", "bid", "ask"),
    [
        ({"tin": HALTED}, None, 1.0),
        ({"dai": 0}, None, 1.0),
        ({"gems": 0}, 1.0, None),
        ({"dai": 0, "gems": 0}, None, None),
    ],
    ids=["halted", "no DAI left", "no gems left", "drained"],
)
def test_a_redemption_that_does_not_redeem_is_no_quote(how, bid, ask):
    """The way that is closed has nobody standing on it."""
    quote = psm(**how)

    assert (quote.bid, quote.ask) == (bid and pytest.approx(bid), ask and pytest.approx(ask))


def test_shares_and_liquidity_tokens_are_no_market():
    """What a vault's share is worth in its coin says nothing about the coin."""
    vault = Pool("vault", address(11), Family.ERC4626, (DAI, SHARE))
    pairs = listed(vault)[vault.address]

    assert onchain.quotes(pairs, Vault(11, 10, 10**20, 10**20), BLOCK) == ()


def test_ether_is_priced_in_coins():
    """Whatever the pool's own order, ether is what is priced."""
    pool = Pool("pair", address(12), Family.UNISWAP_V2, (USDC, WETH))

    assert [pair.market for pair in listed(pool)[pool.address]] == [Market("chain:pair", "ETH", "USDC")]


def test_a_quote_is_of_its_block():
    """It was made by the chain, and seen when the block was."""
    quote = psm()

    assert (quote.made_at, quote.seen_at) == (BLOCK.made_at, BLOCK.seen_at)
