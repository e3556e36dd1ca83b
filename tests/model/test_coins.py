"""The coins that come with repeg, and coins of the user's own."""

import pytest

from bot.model.coins import Mechanism, parse, shipped
from bot.model.errors import UserError


def test_shipped_coins_cover_the_living_and_the_dead():
    """Every coin repeg has a history of is known, by any name venues give it."""
    coins = shipped()

    assert {"USDC", "USDT", "DAI", "UST", "USDP", "SUSD", "FDUSD", "TUSD", "MIM", "USDE"} <= coins.by_symbol.keys()
    assert coins.asset("pax") == "USDP"
    assert coins.asset("USDe") == "USDE"
    assert coins.peg("EURC") == "EUR"


def test_money_and_references_are_assets_that_promise_nothing():
    """Dollars, euros, bitcoin and ether are priced, and have no peg to leave."""
    coins = shipped()

    assert [coins.asset(name) for name in ("usd", "EUR", "XBT", "WETH")] == ["USD", "EUR", "BTC", "ETH"]
    assert [coins.peg(name) for name in ("USD", "BTC")] == [None, None]
    assert coins.asset("DOGE") is None


def test_a_name_belongs_to_one_coin():
    """No coin is taken for another."""
    names = [name.upper() for coin in shipped().by_symbol.values() for name in (coin.symbol, *coin.also)]

    assert len(names) == len(set(names))


def test_a_coin_of_ones_own():
    """The same table in a file of the user's."""
    coins = parse('[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"\nalso = ["ZED"]', "mine.toml")

    assert coins.by_symbol["ZUSD"].mechanism is Mechanism.ALGORITHMIC
    assert coins.asset("zed") == "ZUSD"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[ZUSD", "mine.toml"),
        ('[ZUSD]\nname = "Zed"', "ZUSD: 'mechanism' is missing"),
        ('[ZUSD]\nname = "Zed"\nmechanism = "magic"', "ZUSD: 'magic' is not a valid Mechanism"),
        ('[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"\ncolour = "red"', "ZUSD"),
        ('ZUSD = "a dollar"', "ZUSD"),
    ],
)
def test_a_bad_table_is_named(text, told):
    """One line says which file, which coin and what is wrong."""
    with pytest.raises(UserError) as refused:
        parse(text, "mine.toml")

    assert "mine.toml" in str(refused.value)
    assert told in str(refused.value)


def test_ones_own_coins_go_over_those_shipped():
    """A symbol told again is told anew, the others stay."""
    mine = parse('[USDC]\nname = "Mine"\nmechanism = "claim"\n[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"', "mine")
    coins = shipped().with_(mine)

    assert coins.by_symbol["USDC"].name == "Mine"
    assert coins.asset("zusd") == "ZUSD"
    assert coins.asset("PAX") == "USDP"


def test_a_strangers_name_comes_with_what_to_do():
    """The coin, the table and the flag are named."""
    told = shipped().stranger("qusd")

    assert all(word in told for word in ("qusd", "[QUSD]", "--coins"))
