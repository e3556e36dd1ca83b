"""The coins that come with repeg, and coins of the user's own."""

import tomllib
from importlib.resources import files

import pytest
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from bot.model.coins import Mechanism, Opens, Redeemer, parse, shipped
from bot.model.errors import UserError
from bot.model.markets import REFERENCES
from bot.model.times import moment

SYMBOLS = st.sampled_from(sorted(shipped().by_symbol))
ZUSD = '[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"\n'


def test_shipped_coins_cover_the_living_and_the_dead():
    """Every coin repeg has a history of is known, by any name venues give it."""
    coins = shipped()

    assert {"USDC", "USDT", "DAI", "UST", "USDP", "SUSD", "FDUSD", "TUSD", "MIM", "USDE"} <= coins.by_symbol.keys()
    assert coins.asset("pax") == "USDP"
    assert coins.asset("USDe") == "USDE"
    assert coins.peg("EURC") == "EUR"


def test_of_every_shipped_coin_it_is_told_who_issues_it_and_where_that_is_written():
    """More than 35 coins; no fact without a source."""
    coins = shipped().by_symbol.values()

    assert len(coins) >= 35
    assert all(coin.issuer and coin.sources for coin in coins)


def test_shipped_addresses_are_checksummed_and_belong_to_one_coin():
    """An address with a wrong digit is found by its capitals."""
    told = [(chain, each) for coin in shipped().by_symbol.values() for chain, each in coin.addresses.items()]

    assert all(address == to_checksum_address(address) for _, address in told)
    assert len(told) == len(set(told))


def test_shipped_addresses_are_those_of_the_mainnet_registry():
    """A coin that both know is one contract."""
    registry = tomllib.loads(files("bot.model").joinpath("data/mainnet.toml").read_text(encoding="utf-8"))
    coins = shipped()
    known = {coins.asset(coin["symbol"]): coin["address"] for coin in registry["coins"]}
    both = known.keys() & coins.by_symbol.keys()

    assert len(both) > 15
    for symbol in both:
        assert coins.by_symbol[symbol].addresses["ethereum"] == known[symbol]


def test_shipped_terms_follow_each_other():
    """At no time do two hold, and none hold before a coin is out."""
    for coin in shipped().by_symbol.values():
        for before, after in zip(coin.redemption, coin.redemption[1:], strict=False):
            assert before.until is not None, coin.symbol
            assert before.until <= after.since, coin.symbol
        assert not any(each.since and coin.unborn(each.since) for each in coin.redemption), coin.symbol


def test_nobody_redeems_what_never_opens():
    """The two say the same."""
    for coin in shipped().by_symbol.values():
        for each in coin.redemption:
            assert (each.who is Redeemer.NOBODY) == (each.opens is Opens.NEVER), coin.symbol


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


@pytest.mark.parametrize(
    "together",
    [{"USDP", "BUSD", "PYUSD", "USDG"}, {"USDE", "USDTB"}, {"USDC", "EURC", "DAI", "FRAX", "MIM"}, {"XUSD", "DEUSD"}],
    ids=["Paxos", "Ethena", "Circle and what rests on USDC", "loops"],
)
def test_coins_of_one_issuer_or_one_backing_are_one_bet(together):
    """What takes one of them down takes the others down."""
    coins = shipped()

    assert all(together - {each} <= coins.akin(each) for each in together)


@given(SYMBOLS, SYMBOLS)
def test_to_be_one_bet_is_mutual(one, other):
    """Whichever is asked, and nobody is his own kin."""
    coins = shipped()

    assert (one in coins.akin(other)) == (other in coins.akin(one))
    assert one not in coins.akin(one)


@given(SYMBOLS)
def test_what_a_coin_rests_on_rests_on_its_backing(symbol):
    """Down to the ground, without bitcoin and ether."""
    coins = shipped()
    found = coins.rests_on(symbol)

    assert symbol in found
    assert not found & REFERENCES
    assert all(coins.rests_on(each) <= found for each in coins.by_symbol[symbol].backing)


def test_usdt_and_usdc_are_two_bets():
    """They have nothing in common but what they promise."""
    assert "USDT" not in shipped().akin("USDC")


def test_a_coin_of_ones_own():
    """The same table in a file of the user's; only name and mechanism are needed."""
    coins = parse(ZUSD + 'also = ["ZED"]', "mine.toml")

    assert coins.by_symbol["ZUSD"].mechanism is Mechanism.ALGORITHMIC
    assert coins.asset("zed") == "ZUSD"
    assert coins.by_symbol["ZUSD"].terms(0) is None
    assert coins.akin("ZUSD") == frozenset()


def test_all_of_a_coin_of_ones_own():
    """Every field can be told, and dates as TOML writes them."""
    text = f"""{ZUSD}
        peg = "EUR"
        issuer = "Zed AG"
        backing = ["USDC"]
        freeze = false
        addresses = {{ ethereum = "0xdAC17F958D2ee523a2206206994597C13D831ec7" }}
        born = 2021-03-04
        died = "2023-05"
        sources = ["zed.example"]
        [[ZUSD.redemption]]
        who = "anyone on chain"
        opens = "always"
        pays = "USDC"
        hours = 1
        fee_bp = 2.5
        least = 10
        most = 1_000
        hindrance = "by lot"
        since = 2021-03-04
        until = 2023-05-01T12:00:00Z
        [[ZUSD.redemption]]
        who = "nobody"
        since = "2023-05-01T12:00"
    """
    coin = parse(text, "mine.toml").by_symbol["ZUSD"]
    then = coin.terms(moment("2022-01-01"))

    assert (coin.born, coin.died, coin.freeze, coin.peg) == ("2021-03-04", "2023-05", False, "EUR")
    assert (then.who, then.fee_bp, then.most) == (Redeemer.ANYONE, 2.5, 1_000)
    assert coin.terms(moment("2023-05-01T12:00")).who is Redeemer.NOBODY
    assert coin.terms(moment("2021-03-03")) is None
    assert [coin.unborn(moment(day)) for day in ("2021-03-03", "2021-03-04")] == [True, False]
    assert [coin.dead(moment(day)) for day in ("2023-05-31", "2023-06-01")] == [False, True]
    assert hash(coin) == hash(parse(text, "mine.toml").by_symbol["ZUSD"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[ZUSD", "mine.toml"),
        ('[ZUSD]\nname = "Zed"', "ZUSD: 'mechanism' is missing"),
        ('[ZUSD]\nmechanism = "claim"', "ZUSD: 'name' is missing"),
        ('[ZUSD]\nname = "Zed"\nmechanism = "magic"', "ZUSD: 'magic' is not a valid Mechanism"),
        (ZUSD + 'colour = "red"', "ZUSD: 'colour' is no field"),
        ('ZUSD = "a dollar"', "ZUSD: expected a table"),
        (ZUSD + 'also = "ZED"', "expected a list, got 'ZED' (also)"),
        (ZUSD + 'issuer = "a\\u001bb"', "expected text on one line"),
        (ZUSD + 'freeze = "no"', "expected true or false, got 'no' (freeze)"),
        (ZUSD + "addresses = [1]", "expected a table of texts, got [1] (addresses)"),
        (ZUSD + 'born = "March"', "expected a year, month or day like 2018-09-26, got 'March' (born)"),
        (ZUSD + 'died = "2022-13"', "(died)"),
        (ZUSD + 'redemption = "none"', "(redemption)"),
        (ZUSD + '[[ZUSD.redemption]]\nopens = "always"', "'who' is missing (redemption)"),
        (ZUSD + '[[ZUSD.redemption]]\nwho = "me"', "'me' is not a valid Redeemer"),
        (ZUSD + '[[ZUSD.redemption]]\nwho = "nobody"\nfee_bp = -1', "not negative, got -1 (fee_bp)"),
        (ZUSD + '[[ZUSD.redemption]]\nwho = "nobody"\nmost = nan', "not negative, got nan (most)"),
        (ZUSD + '[[ZUSD.redemption]]\nwho = "nobody"\nleast = true', "not negative, got True (least)"),
        (ZUSD + '[[ZUSD.redemption]]\nwho = "nobody"\nsince = "soon"', "(since)"),
        (ZUSD + '[[ZUSD.redemption]]\nwho = "nobody"\nsince = 2022-01-02\nuntil = 2022-01-01', "until after since"),
    ],
)
def test_a_bad_table_is_named(text, told):
    """One line says which file, which coin, which field and what is wrong."""
    with pytest.raises(UserError) as refused:
        parse(text, "mine.toml")

    assert "mine.toml" in str(refused.value)
    assert told in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_ones_own_coins_go_over_those_shipped():
    """A symbol told again is told anew, the others stay."""
    mine = parse('[USDC]\nname = "Mine"\nmechanism = "claim"\n[ZUSD]\nname = "Zed"\nmechanism = "algorithmic"', "mine")
    coins = shipped().with_(mine)

    assert coins.by_symbol["USDC"].name == "Mine"
    assert coins.asset("zusd") == "ZUSD"
    assert coins.asset("PAX") == "USDP"


def test_a_strangers_name_comes_with_what_to_do():
    """The coin, the table and the setting are named: not every command has a flag for it."""
    told = shipped().stranger("qusd")

    assert all(word in told for word in ("qusd", "[QUSD]", "setting `coins`"))
