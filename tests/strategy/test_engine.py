"""`step` is the whole judgement: the same events give the same state and the same actions."""

from dataclasses import replace

import pytest

from bot.model.coins import Coins, Mechanism, Stablecoin
from bot.model.decisions import Approved, Cancel, Halt, Replace, Send
from bot.model.events import (
    BlockSeen,
    Command,
    Event,
    Expired,
    LenderSeen,
    Mined,
    Quote,
    QuotesSeen,
    ReservesSeen,
    Reverted,
    Signed,
    Unmined,
)
from bot.model.ledger import Ledger
from bot.model.markets import DOLLAR
from bot.model.registry import Coin, Family, Lender, LenderKind, Pool, Registry
from bot.strategy import risk
from bot.strategy.engine import Policy, State, step
from bot.strategy.fair_value import Pricing
from bot.strategy.risk import Limits, Standing
from bot.strategy.routing import Atlas
from bot.units import to_float

WETH, ONE, TWO = ("0x" + digit * 40 for digit in "123")
LEFT, RIGHT = ("0x" + digit * 40 for digit in "45")
BANK = "0x" + "6" * 40
MILLION = 10**12

REGISTRY = Registry(
    chain_id=1,
    coins={
        WETH: Coin("WETH", WETH, 18, None),
        ONE: Coin("ONE", ONE, 6),
        TWO: Coin("TWO", TWO, 6),
    },
    pools={
        LEFT: Pool("left", LEFT, Family.UNISWAP_V2, (ONE, TWO), fee=3000),
        RIGHT: Pool("right", RIGHT, Family.UNISWAP_V2, (ONE, TWO), fee=3000),
    },
    lenders=(Lender("bank", BANK, LenderKind.MORPHO_BLUE, (ONE,)),),
)
POLICY = Policy(
    registry=REGISTRY,
    atlas=Atlas.of(REGISTRY),
    weth=WETH,
    usd={WETH: 1600.0, ONE: 1.0, TWO: 1.0},
    limits=Limits(max_failures=2, failure_window=10, max_loan_usd=1e9),
    pricing=Pricing(Coins({name: Stablecoin(name, name, Mechanism.FIAT) for name in ("ONE", "TWO")})),
)
OFFER = LenderSeen(BANK, LenderKind.MORPHO_BLUE, ONE, 100 * MILLION, 0)


def block(number: int, left: int, right: int = MILLION, *, gone: tuple[str, ...] = ()) -> BlockSeen:
    """Two pools of ONE against TWO, with so much TWO each for a million ONE."""
    return BlockSeen(
        made_at=number * 12 * 10**9,
        seen_at=number * 12 * 10**9 + 1,
        number=number,
        hash=f"0x{number:064x}",
        parent_hash=f"0x{number - 1:064x}",
        timestamp=number * 12,
        base_fee=10**9,
        next_base_fee=10**9,
        pools=(ReservesSeen(LEFT, MILLION, left), ReservesSeen(RIGHT, MILLION, right)),
        lenders=(OFFER,),
        gone=gone,
    )


def signed(plan: str, attempt: int = 1) -> Signed:
    """Somebody signed a transaction for the plan."""
    return Signed(1, 1, plan, 0, f"0x{attempt:064x}", "0x", 10**9, 10**9)


def mined(plan: str, number: int = 2) -> Mined:
    """It brought a hundred ONE."""
    return Mined(1, 1, plan, "0x01", number, "0x02", 100_000, 10**9, ONE, 100_000_000)


def reverted(plan: str, number: int = 2) -> Reverted:
    """It failed."""
    return Reverted(1, 1, plan, "0x01", number, "0x02", 50_000, 10**9, "ProfitTooSmall(0, 1)")


def priced(at: int, venue: str, usd: float) -> QuotesSeen:
    """Somebody quotes ONE in dollars."""
    return QuotesSeen(at, at, (Quote(at, at, venue, "ONE", DOLLAR, usd, usd),))


def after(*events: Event) -> tuple[State, tuple[object, ...]]:
    """State and the last event's actions."""
    state, actions = State(), ()
    for event in events:
        state, actions = step(state, event, POLICY)
    return state, actions


def test_balanced_pools_are_left_alone():
    """Where nothing pays, nothing is sent."""
    state, actions = after(block(1, MILLION))

    assert actions == ()
    assert state.ledger.promised == {}


def test_a_gap_is_sent_once():
    """Approval reserves: a chance in flight is not sent again while it waits in the same block."""
    first, actions = after(block(1, 2 * MILLION))
    again, more = step(first, block(1, 2 * MILLION), POLICY)

    assert [type(action) for action in actions] == [Send]
    assert more == ()
    assert again.ledger.promised.keys() == {"1"}


def test_the_loop_sent_earns_what_it_says():
    """The plan asks the chain for nearly all of the profit, never for none."""
    _, (send,) = after(block(1, 2 * MILLION))
    plan = send.approved.plan

    assert plan.loop.flow[-1] - plan.loop.amount - plan.loop.fee == plan.loop.profit
    assert 0 < plan.min_profit <= plan.loop.profit
    assert plan.made_for == 1


def test_a_pool_that_could_not_be_read_gives_no_quote():
    """What is gone is not traded, and comes back when it can be read."""
    _, blind = after(block(1, 2 * MILLION, gone=(LEFT,)))
    _, seeing = after(block(1, 2 * MILLION, gone=(LEFT,)), block(2, 2 * MILLION))

    assert blind == ()
    assert [type(action) for action in seeing] == [Send]


def test_an_unmined_transaction_bids_more_while_the_chance_lasts():
    """A later block with the same gap replaces the transaction under its nonce, by more than a tenth."""
    state, actions = after(block(1, 2 * MILLION), signed("1"), block(2, 2 * MILLION))
    (replaced,) = actions

    assert isinstance(replaced, Replace)
    assert replaced.approved.plan.priority_fee > 1.1 * POLICY.bidding.priority_fee
    assert state.ledger.promised["1"].plan == replaced.approved.plan


def test_a_passed_chance_is_taken_back_until_it_is():
    """When the gap has closed the transaction is cancelled, and insisted on in every block that does not do it."""
    state, actions = after(block(1, 2 * MILLION), signed("1"), block(2, MILLION))
    state, more = step(state, block(3, MILLION), POLICY)
    _, nothing = step(step(state, Expired(1, 1, "1", "cancelled"), POLICY)[0], block(4, MILLION), POLICY)

    assert actions == (Cancel("1", "the chance has passed"),)
    assert more == (Cancel("1", "not taken back yet"),)
    assert nothing == ()


def test_a_capture_is_booked_and_frees_its_pools():
    """After the final report nothing is promised and the profit is in the books."""
    state, _ = after(block(1, 2 * MILLION), signed("1"), mined("1"))
    _, actions = step(state, block(2, 2 * MILLION), POLICY)

    assert state.ledger.promised == {}
    assert state.ledger.earned == {ONE: 100_000_000}
    assert [type(action) for action in actions] == [Send]


def test_a_reorg_undoes_the_books():
    """What a reorg throws out is no longer earned and is in flight again."""
    state, _ = after(block(1, 2 * MILLION), signed("1"), mined("1"), Unmined(1, 1, "1", "0x01"))

    assert state.ledger.earned == {ONE: 0}
    assert state.ledger.gas_spent == 0
    assert state.ledger.promised.keys() == {"1"}


def test_news_heard_twice_counts_once():
    """A restart may learn of the same capture again."""
    once, _ = after(block(1, 2 * MILLION), signed("1"), mined("1"))
    twice, _ = step(once, mined("1"), POLICY)

    assert twice == once


def test_failures_halt_everything_until_cleared():
    """Too many reverts stop all sending; only a clear word starts it again, with the failures forgiven."""
    failing = [block(1, 2 * MILLION), reverted("1"), block(2, 2 * MILLION), reverted("2", 3)]
    halted, actions = after(*failing)
    still, nothing = step(halted, block(3, 2 * MILLION), POLICY)
    cleared, _ = step(still, Command(1, 1, "clear"), POLICY)
    _, sends = step(cleared, block(4, 2 * MILLION), POLICY)

    assert [type(action) for action in actions] == [Halt]
    assert nothing == ()
    assert [type(action) for action in sends] == [Send]


@pytest.mark.parametrize("word", ["pause", "kill"])
def test_a_word_stops_sending(word):
    """Paused or killed, nothing is sent; what was passed up while paused is remembered with the reason."""
    state, actions = after(Command(1, 1, word, "lunch"), block(1, 2 * MILLION))

    assert actions == ()
    assert word == "kill" or "lunch" in state.refused[-1].reason


def test_a_reorg_may_throw_out_a_failure_already_forgiven():
    """The failure counted no more when its block went, and the transaction is in flight again."""
    forgiven = (Command(1, 1, "clear"), Unmined(1, 1, "1", "0x01"))
    state, _ = after(block(1, 2 * MILLION), signed("1"), reverted("1"), *forgiven)

    assert state.ledger.failures == ()
    assert state.ledger.promised.keys() == {"1"}


def test_bids_end_where_they_would_eat_the_profit():
    """However long a transaction waits, gas at the fee that is bid leaves the least that must be earned."""
    state, _ = after(block(1, MILLION + 10**10), signed("1"))
    bids = []
    for number in range(2, 100):
        state, actions = step(state, block(number, MILLION + 10**10), POLICY)
        bids += [action.approved.plan for action in actions if isinstance(action, Replace)]

    assert bids
    for bid in bids:
        gas_usd = bid.loop.gas * (10**9 + bid.priority_fee) / 1e18 * POLICY.usd[WETH]
        assert bid.loop.profit_usd - gas_usd >= POLICY.limits.min_net_usd
    assert state.ledger.promised["1"].withdrawn


@pytest.mark.parametrize("usd", [0.7, 0.87, 0.9371, 1.0, 1.113])
def test_a_loan_of_all_that_is_allowed_is_sent_and_bid_for_again(usd):
    """A chance too large for the limit is taken up to the limit, whatever the coin is worth, while it waits too."""
    policy = replace(POLICY, limits=Limits(max_loan_usd=1_000.0), usd={**POLICY.usd, ONE: usd})
    state, (send,) = step(State(), block(1, 2 * MILLION), policy)
    state, _ = step(state, signed("1"), policy)
    _, actions = step(state, block(2, 2 * MILLION), policy)

    assert isinstance(send, Send)
    assert [type(action) for action in actions] == [Replace]
    assert actions[0].approved.plan.loop.amount * usd / 1e6 == pytest.approx(1_000.0)


def test_rounding_dollars_to_coins_and_back_refuses_no_loan():
    """What `within` lets be borrowed, `review` does not call too much."""
    for cents in range(50, 150):
        usd = cents / 100
        registry = replace(REGISTRY, coins={ONE: Coin("ONE", ONE, 18)})
        (offer,) = risk.within((replace(OFFER, cash=10**30),), {ONE: usd}, registry, Limits())
        plan = after(block(1, 2 * MILLION))[0].ledger.promised["1"].plan
        verdict = risk.review(plan, to_float(offer.cash, 18) * usd, Ledger(), Standing(), Limits())
        assert isinstance(verdict, Approved), usd


def test_a_coin_is_worth_what_it_is_quoted_at():
    """A coin that fell counts for less: the loan's ceiling is in dollars, so more of it may be borrowed."""
    cheap, _ = after(priced(1, "kraken", 0.5), block(1, 2 * MILLION))
    dear, _ = after(block(1, 2 * MILLION))

    assert cheap.ledger.promised["1"].plan.loop.profit_usd < dear.ledger.promised["1"].plan.loop.profit_usd
