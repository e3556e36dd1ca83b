"""What `step` makes of prices: values, alerts, and what profit counts for."""

from dataclasses import replace

import pytest

from bot.model.decisions import Depeg, FairValues, Send, Severity, Value, Warn
from bot.model.events import BlockSeen, LenderSeen, Quote, QuotesSeen, ReservesSeen, Tick
from bot.model.markets import DOLLAR, Market
from bot.model.registry import Coin, Family, LenderKind, Pool, Registry
from bot.model.times import MINUTE
from bot.strategy import alerts, worth
from bot.strategy.depeg import Thresholds
from bot.strategy.engine import Policy, State, step
from bot.strategy.risk import Limits
from bot.strategy.routing import Atlas

WETH, USDC, DAI, LEFT, RIGHT, BANK = ("0x" + digit * 40 for digit in "123456")
SECOND = 10**9
WHOLE = 10**18
REGISTRY = Registry(
    1,
    {WETH: Coin("WETH", WETH, 18, None), USDC: Coin("USDC", USDC, 6), DAI: Coin("DAI", DAI, 18)},
    {
        LEFT: Pool("left", LEFT, Family.UNISWAP_V2, (USDC, DAI), fee=3000),
        RIGHT: Pool("right", RIGHT, Family.UNISWAP_V2, (USDC, DAI), fee=3000),
    },
    (),
)
POLICY = Policy(
    REGISTRY,
    Atlas.of(REGISTRY),
    WETH,
    {WETH: 1600.0, USDC: 1.0, DAI: 1.0},
    Limits(max_loan_usd=1e9),
    thresholds=Thresholds(hold=2 * SECOND, settle=10 * SECOND),
)
VENUES = ("kraken", "coinbase", "bitstamp")


def look(seconds, venues=VENUES, **usd):
    """What some exchanges say at once, in dollars."""
    at = seconds * SECOND
    quotes = (
        Quote(at, at, venue, asset, DOLLAR, price * 0.99995, price * 1.00005, 1e6, 1e6)
        for venue in venues
        for asset, price in usd.items()
    )
    return QuotesSeen(at, at, tuple(quotes))


def block(number, pools=((LEFT, 1.0), (RIGHT, 1.0)), gone=()):
    """Two pools of a million USDC and so many million DAI."""
    return BlockSeen(
        made_at=number * 12 * SECOND,
        seen_at=number * 12 * SECOND,
        number=number,
        hash=f"0x{number:064x}",
        parent_hash=f"0x{number - 1:064x}",
        timestamp=number * 12,
        base_fee=SECOND,
        next_base_fee=SECOND,
        pools=tuple(ReservesSeen(pool, 10**12, int(dai * 10**6) * WHOLE) for pool, dai in pools),
        lenders=(LenderSeen(BANK, LenderKind.MORPHO_BLUE, USDC, 10**14, 0),),
        gone=gone,
    )


def lived(*events, policy=POLICY):
    """The state, and all that was to be done."""
    state, actions = State(), []
    for event in events:
        state, more = step(state, event, policy)
        actions += more
    return state, actions


def test_a_coin_that_falls_everywhere_is_told_with_the_evidence_and_again_when_it_is_back():
    """One warning when it begins, one when it is over, and between them the depeg is held."""
    falling = [look(seconds, USDC=0.97) for seconds in range(1, 10)]
    rising = [look(seconds, USDC=1.0) for seconds in range(10, 30)]
    fallen, begun = lived(look(0, USDC=1.0), *falling)
    over, told = lived(look(0, USDC=1.0), *falling, *rising)
    first, last = told[0].depeg, told[-1].depeg

    assert [depeg.coin for depeg in fallen.watching.depegs] == ["USDC"]
    assert all(isinstance(action, Warn) for action in told)
    assert (first.coin, first.scope, first.direction, first.end) == ("USDC", "coin", "below", None)
    assert first.evidence
    assert "noise" not in told[0].text  # of its own nothing is known so soon
    assert begun[0].text.startswith("USDC is below its peg")
    assert last.end is not None
    assert "is back at its peg" in told[-1].text
    assert over.watching.depegs == ()


def looked(number):
    """A look right after a block."""
    return Tick(number * 12 * SECOND, number * 12 * SECOND)


def test_pools_are_markets_among_the_others():
    """Each watched pool is quoted at its block, and no longer when it cannot be read."""
    blocks = [block(1), looked(1), block(2, pools=(), gone=(LEFT,)), looked(2), block(3, pools=()), looked(3)]
    seeing, blind, again = (lived(*blocks[:upto])[0].book.latest for upto in (2, 4, 6))
    left, right = (Market(f"chain:{name}", "USDC", "DAI") for name in ("left", "right"))

    assert seeing.keys() == again.keys() == {left, right}
    assert blind.keys() == {right}
    assert {quote.seen_at for quote in again.values()} == {3 * 12 * SECOND}


def test_pools_that_changed_are_quoted_anew():
    """Also those that changed a block before the last; the others keep their price."""
    one, other = block(2, pools=((LEFT, 2.0),)), block(3, pools=())
    state, _ = lived(block(1), looked(1), one, other, looked(3))
    left, right = (state.book.latest[Market(f"chain:{name}", "USDC", "DAI")] for name in ("left", "right"))

    assert left.bid == pytest.approx(2 * 0.997, rel=1e-3)
    assert right.bid == pytest.approx(0.997, rel=1e-3)


def test_a_block_waits_for_no_price():
    """It is decided on at the values that are known; what it says of prices is for the next look."""
    state, _ = lived(block(1))

    assert state.book.latest == {}


def test_time_alone_ends_what_is_old():
    """When all are silent a tick is enough: what they said last no longer counts."""
    young, _ = lived(look(0, USDC=0.97), Tick(MINUTE, MINUTE))
    old, _ = lived(look(0, USDC=0.97), Tick(MINUTE + 1, MINUTE + 1))

    assert "USDC" in young.values.values
    assert old.values.values == {}
    assert old.book.latest == {}


def test_time_never_runs_back():
    """A block that was on its way longer than a quote is judged at the quote's time."""
    state, _ = lived(look(30, USDC=1.0), block(1))

    assert state.values.made_at == 30 * SECOND


def test_what_gas_costs_comes_from_the_exchanges():
    """Where the user told nothing, ether is worth what it is quoted at, and without any price nothing is sent."""
    policy = replace(POLICY, usd={USDC: 1.0, DAI: 1.0})
    chance = block(1, pools=((LEFT, 1.1), (RIGHT, 1.0)))
    ignorant, nothing = lived(chance, policy=policy)
    _, sent = lived(look(11, USDC=1.0, ETH=1600.0), chance, policy=policy)

    assert nothing == []
    assert "ether" in ignorant.refused[-1].reason
    assert [type(action) for action in sent] == [Send]


def test_ether_is_believed_of_two_venues_that_agree():
    """One exchange alone, ten times too cheap, would make gas look like nothing: what the user told stands."""
    alone, _ = lived(look(11, venues=("kraken",), ETH=160.0))
    agreed, _ = lived(look(11, venues=("kraken", "coinbase"), ETH=2000.0))
    counts = [worth.dollars({WETH: "ETH"}, POLICY.usd, state.values, ())[WETH] for state in (alone, agreed)]

    assert counts == [1600.0, pytest.approx(2000.0, rel=1e-3)]


def test_profit_in_a_coin_that_fell_counts_for_less():
    """What it is lent by the dollar and what it earns are both counted at its value."""
    chance = block(2, pools=((LEFT, 1.1), (RIGHT, 1.0)))
    _, (dear, *_) = lived(look(23, USDC=1.0, DAI=1.0), chance)
    _, (cheap, *_) = lived(look(23, USDC=0.5, DAI=0.5), chance)

    assert cheap.approved.plan.loop.profit_usd == pytest.approx(dear.approved.plan.loop.profit_usd / 2, rel=1e-3)


def usd(value, told=1.0, depegs=()):
    """What a USDC counts for."""
    return worth.dollars({USDC: "USDC"}, {USDC: told}, FairValues(1, {"USDC": value}), depegs)[USDC]


def fallen(coin="USDC", scope="coin", direction="below"):
    """A coin off its peg."""
    return Depeg(coin, scope, direction, 1, 2, Severity.MAJOR, 2, 0.9, 1000.0, True, ("kraken",))


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        (Value(0.98, 2.0, 1.0, anchored=True), 0.98),
        (Value(0.98, 2.0, 0.0, anchored=False), 1.0),
        (Value(0.98, 2 * worth.SURE_BP, 1.0, anchored=True), 1.0),
        (Value(1.05, 2.0, 1.0, anchored=True), 1.05),
        (Value(10.0, 2.0, 1.0, anchored=True), 1.0),
    ],
    ids=["known", "no dollars behind it", "unsure", "dearer", "beyond belief"],
)
def test_a_coin_counts_at_its_value_where_that_is_known(value, counts):
    """Else at what the user takes it for."""
    assert usd(value) == counts


def test_a_fallen_coin_counts_for_no_more_than_its_value():
    """However unsure the value, and whatever the user takes it for; a venue that is wrong changes nothing."""
    doubtful = Value(0.9, 500.0, 0.0, anchored=False)

    assert usd(doubtful, depegs=[fallen()]) == 0.9
    assert usd(doubtful, told=0.5, depegs=[fallen()]) == 0.5
    assert usd(doubtful, depegs=[fallen(scope="venue:kraken"), fallen(direction="above"), fallen("DAI")]) == 1.0


def test_a_warning_names_what_is_wrong():
    """The coin or the venue, the depth, and whether dollars were behind it."""
    told = "USDC is below its peg, major, 0.9000 at the farthest (1,000 bp), seen at kraken"
    over = replace(fallen(), end=90 * SECOND + 1)

    assert alerts.warning(fallen()).text == told
    assert alerts.warning(replace(fallen(), evidence=("3 looks", "x" * 200))).text == f"{told} (3 looks)"
    assert alerts.warning(over).text.startswith("USDC is back at its peg after 90 s, 0.9000")
    assert "seen at 4 venues" in alerts.warning(replace(fallen(), venues=tuple("abcd"))).text
    assert alerts.warning(fallen(scope="venue:kraken")).text.startswith("USDC at kraken is below its peg")
    assert "no dollar market" in alerts.warning(replace(fallen(), anchored=False)).text
