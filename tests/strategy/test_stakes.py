"""How much of a coin is bought: never over any limit, never more when anything is worse."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.model.decisions import Hold
from bot.strategy import stakes
from bot.strategy.mandate import Mandate
from bot.strategy.stakes import Holdings, Stake
from strategy.desks import COINS, PYUSD, USDC, UST, hold

CAPITAL = 1e6
MANDATE = Mandate()
CENT = 1e-6 * CAPITAL

shares = st.floats(0, 0.5)
others = st.dictionaries(
    st.sampled_from(sorted(COINS.by_symbol)), st.builds(Stake, shares.map(lambda x: x * CAPITAL), st.floats(0, 3e4))
)
mandates = st.builds(
    Mandate,
    max_drawdown=st.floats(0.005, 0.5),
    risk=st.floats(0, 0.2),
    risk_per_bet=st.floats(0, 0.2),
    kelly=st.floats(0, 1),
    per_coin=shares,
    per_issuer=shares,
    per_mechanism=shares,
    exposure=shares,
)


@st.composite
def chances(draw: st.DrawFn, coin: str | None = None) -> Hold:
    """A coin above its stop, which is likely to come back."""
    worst = draw(st.floats(0.05, 0.98))
    price = worst + (1 - worst) * draw(st.floats(0.01, 0.99))
    symbol = coin or draw(st.sampled_from(sorted(COINS.by_symbol)))
    return hold(symbol, price, recovery_low=draw(st.floats(0, 1)), worst=worst)


def room(chance: Hold, holdings: Holdings, sellable: float = 1e9, mandate: Mandate = MANDATE) -> float:
    """Dollars that may be bought."""
    return stakes.room(chance, holdings, sellable, COINS, mandate).usd


@given(chances(), others, mandates, st.floats(0, 1e7), st.floats(0, 0.6))
def test_no_limit_is_crossed(
    chance: Hold, held: dict[str, Stake], mandate: Mandate, sellable: float, lost: float
) -> None:
    """Whatever is held and whatever is allowed: after buying all there is room for no limit is crossed."""
    holdings = Holdings(CAPITAL, lost * CAPITAL, held)
    usd = room(chance, holdings, sellable, mandate)
    assert usd >= 0
    if usd == 0:
        return
    own = held.get(chance.coin, Stake())
    after = replace(holdings, stakes={**held, chance.coin: Stake(own.cost + usd, own.risk + usd * chance.loss)})
    known = COINS.by_symbol[chance.coin]
    same = {
        trait: [name for name in after.stakes if getattr(COINS.by_symbol[name], trait) == getattr(known, trait)]
        for trait in ("issuer", "mechanism")
    }
    alike = stakes.together(chance.coin, after.stakes, COINS)
    left = max(1 - lost / mandate.max_drawdown, 0.0)

    assert after.cost([chance.coin]) <= min(mandate.per_coin * CAPITAL, sellable) + CENT
    assert after.cost(same["issuer"]) <= mandate.per_issuer * CAPITAL + CENT
    assert after.cost(same["mechanism"]) <= mandate.per_mechanism * CAPITAL + CENT
    assert after.cost(after.stakes) <= mandate.exposure * CAPITAL + CENT
    assert after.risk(after.stakes) <= mandate.risk * left * CAPITAL + CENT
    assert after.risk(alike) <= mandate.risk_per_bet * left * CAPITAL + CENT


@given(st.lists(chances(), max_size=12), mandates)
def test_all_falling_to_their_stops_lose_no_more_than_is_risked(bets: list[Hold], mandate: Mandate) -> None:
    """Buying everything there is room for, chance after chance, no more can be lost at all stops than `risk`."""
    holdings = Holdings(CAPITAL)
    for bet in bets:
        usd, own = room(bet, holdings, mandate=mandate), holdings.stakes.get(bet.coin, Stake())
        holdings = replace(
            holdings, stakes={**holdings.stakes, bet.coin: Stake(own.cost + usd, own.risk + usd * bet.loss)}
        )

    assert holdings.risk(holdings.stakes) <= mandate.risk * CAPITAL + CENT


@given(chances(), others, st.floats(0, 1), st.floats(0, 1), st.floats(1, 1e5), st.sampled_from(sorted(COINS.by_symbol)))
def test_nothing_that_is_worse_makes_it_more(
    chance: Hold, held: dict[str, Stake], by: float, lost: float, more: float, other: str
) -> None:
    """A likelier death, a deeper stop, a thinner market, more held, more lost: never is more bought."""
    lost *= MANDATE.max_drawdown * CAPITAL
    holdings, sellable = Holdings(CAPITAL, lost, held), 1e5
    now, view = room(chance, holdings, sellable), chance.outlook
    likelier = replace(chance, outlook=replace(view, recovery_low=view.recovery_low * by))
    deeper = replace(chance, outlook=replace(view, worst=view.worst * by))
    own = held.get(other, Stake())
    fuller = replace(holdings, stakes={**held, other: Stake(own.cost + more, own.risk + more * by)})

    assert room(likelier, holdings, sellable) <= now + CENT
    assert room(deeper, holdings, sellable) <= now + CENT
    assert room(chance, holdings, sellable * by) <= now
    assert room(chance, fuller, sellable) <= now
    assert room(chance, replace(holdings, lost=lost + more), sellable) <= now


@given(chances(USDC), st.floats(0.01, 0.5))
def test_a_related_coin_counts_as_the_same_bet(chance: Hold, by: float) -> None:
    """What is held of another coin of the issuer leaves less room; all of it, none."""
    alone = room(chance, Holdings(CAPITAL))
    assume(alone > CENT)
    staked = MANDATE.risk_per_bet * CAPITAL

    assert room(chance, Holdings(CAPITAL, 0, {PYUSD: Stake(alone, staked * by)})) <= alone
    assert room(chance, Holdings(CAPITAL, 0, {PYUSD: Stake(1.0, staked)})) == 0
    assert room(chance, Holdings(CAPITAL, 0, {PYUSD: Stake(MANDATE.per_issuer * CAPITAL, 0.0)})) == 0


def test_a_coin_that_does_not_pay_for_its_risk_is_not_bought() -> None:
    """UST at 0.68: it would have to come back more often than it could. Kelly says nothing, and so do we."""
    doomed = hold("USDE", 0.68, recovery_low=0.3, worst=0.30)

    assert stakes.kelly(0.3, doomed.gain, doomed.loss) == 0
    assert room(doomed, Holdings(CAPITAL)) == 0


def test_an_algorithmic_coin_is_not_bought_whatever_is_thought_of_it() -> None:
    """No outlook is good enough for a coin behind which nothing stands, nor for one that nobody knows."""
    assert room(hold(UST, 0.9, recovery_low=1.0), Holdings(CAPITAL)) == 0
    assert room(hold("NONE", 0.9, recovery_low=1.0), Holdings(CAPITAL)) == 0
    assert room(hold(USDC, 0.9, recovery_low=1.0), Holdings(CAPITAL)) > 0


def test_the_drawdown_that_is_allowed_is_never_staked_twice() -> None:
    """Who has lost all that may be lost stakes nothing more; half of it, half as much at most."""
    chance, most = hold(USDC, 0.9, recovery_low=1.0), MANDATE.max_drawdown * CAPITAL
    whole = room(chance, Holdings(CAPITAL))

    assert room(chance, Holdings(CAPITAL, most)) == 0
    assert room(chance, Holdings(CAPITAL, most / 2)) == pytest.approx(whole / 2, rel=0.01)


@given(st.floats(0, 1), st.floats(-1, 2), st.floats(-1, 2))
def test_kellys_share_wins_in_the_long_run(p: float, gain: float, loss: float) -> None:
    """A bet with no expected profit gets nothing; else at most what a loss of everything staked leaves."""
    share = stakes.kelly(p, gain, loss)

    assert share >= 0
    if share > 0:
        assert p * gain > (1 - p) * loss
        assert share * loss <= 1 + 1e-9


@given(chances())
def test_nobody_with_nothing_buys_anything(chance: Hold) -> None:
    """No capital, no stake."""
    assert room(chance, Holdings(0.0)) == 0
    assert room(chance, Holdings(0.0, 5.0, {USDC: Stake(1.0, 1.0)})) == 0
