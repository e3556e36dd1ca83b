"""What perpetual futures say of coins: nothing. They promise a coin's price, and are not the coin."""

from hypothesis import given
from hypothesis import strategies as st

from bot.model.events import QuotesSeen
from bot.model.markets import perpetual
from bot.model.registry import Registry
from bot.strategy.depeg import Thresholds
from bot.strategy.engine import Policy, State, step
from bot.strategy.risk import Limits
from bot.strategy.routing import Atlas
from strategy.quoted import VENUES, market, moved, quote

SECOND = 10**9
REGISTRY = Registry(1, {}, {}, ())
POLICY = Policy(REGISTRY, Atlas.of(REGISTRY), "0x0", {}, Limits(), thresholds=Thresholds(hold=2 * SECOND))
OFTEN = 5  # looks

prices = st.floats(0.3, 3.0)
seeds = st.integers(0, 2**32)


def futures(usdc, usde, second):
    """A market each at an exchange that trades nothing else."""
    return [
        quote("binanceusdm", perpetual(coin), "USDT", price, seen_at=second * SECOND, size=1e6)
        for coin, price in (("USDC", usdc), ("USDE", usde))
    ]


def lived(spot, *costs):
    """What is known after some seconds in which only perpetuals, if any, have news; and all that was to be done."""
    state, actions = State(), []
    for second in range(OFTEN):
        told = (spot if second == 0 else []) + (futures(*costs, second) if costs else [])
        if told:
            state, more = step(state, QuotesSeen(second * SECOND, second * SECOND, tuple(told)), POLICY)
            actions += more
    return state, actions


@given(st.integers(2, len(VENUES)), seeds, st.floats(0.5, 1.5), prices, prices, st.booleans())
def test_perpetuals_change_the_value_of_no_coin(many, seed, factor, usdc, usde, dollars):
    """Each asset is worth what it was, as surely and as well anchored, whatever its perpetual costs."""
    spot = [each for each in moved(market(VENUES[:many], seed), "USDC", factor) if dollars or each.quote != "USD"]
    told = QuotesSeen(0, 0, tuple(spot)), QuotesSeen(0, 0, (*spot, *futures(usdc, usde, 0)))
    without, found = (step(State(), each, POLICY)[0].values.values for each in told)

    assert {asset: found[asset] for asset in without} == without
    assert found.keys() - without.keys() == {perpetual("USDC"), perpetual("USDE")}


@given(seeds, st.sampled_from(["USDC", "USDT"]), st.sampled_from([1.0, 0.95]), prices, prices)
def test_perpetuals_raise_no_alarm_and_confirm_none(seed, coin, factor, usdc, usde):
    """They are no coins that could fall, and no second witness of one that others showed once."""
    spot = moved(market(VENUES[:3], seed), coin, factor)
    state, actions = lived(spot, usdc, usde)

    assert actions == []
    assert state.watching.depegs == ()
