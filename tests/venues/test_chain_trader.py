"""Orders on chain from an own wallet, in real Curve pools."""

from decimal import Decimal

import pytest

from bot.model.markets import Market
from bot.model.orders import OrderEnded, OrderFilled, OrderOpened

from .wallets import BUY, SELL, SUSD, THREE, allowed, ether, funded, lies, ticket, trading

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
