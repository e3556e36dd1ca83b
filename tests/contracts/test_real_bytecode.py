"""The executor against the protocols' own bytecode: every lender, every kind of leg."""

import pytest

from bot.model.registry import LenderKind
from bot.sandbox import abi
from bot.sandbox import addresses as at
from bot.sandbox.addresses import DAI, OWNER, USDC, USDT
from bot.sandbox.node import NodeError
from bot.venues import calldata
from bot.venues.calldata import Guard, Leg, Tip, Venue

from .desk import GUARD, Desk
from .routes import BORROWED, LOAN_NAMES, LOANS, LOOPS, ROUTES, Route, loan, whole

pytestmark = pytest.mark.chain

MORPHO = (LenderKind.MORPHO_BLUE, at.MORPHO)
BUILDER = at.nobody("builder")
ROUTER_SWAP = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
NEVER = 2**40


def spenders(route: Route, *others: str) -> tuple[str, ...]:
    return (*others, *(leg.target for leg in route.legs))


@pytest.mark.parametrize(("kind", "source", "token"), LOANS, ids=LOAN_NAMES)
def test_every_lender_lends_every_token(desk: Desk, kind, source, token):
    """The loop pays from each lender, the profit is the treasury's, and nothing is held or allowed afterwards."""
    route = LOOPS[token]
    desk.push(route.push)

    captured = desk.captured(desk.execute(loan(kind, source, token), route.legs))

    assert captured.amount == whole(token, BORROWED)
    assert captured.profit == desk.profit(token) > 0
    desk.assert_empty(spenders(route, source))


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_every_kind_of_leg_is_walked(desk: Desk, route: Route):
    """The loop pays through each venue, spending all that the leg before brought in."""
    desk.push(route.push)

    captured = desk.captured(desk.execute(loan(*MORPHO, route.token), route.legs))

    assert captured.profit == desk.profit(route.token) > 0
    desk.assert_empty(spenders(route, at.MORPHO))


def test_a_call_the_owner_allowed_is_made(desk: Desk):
    """A generic leg goes through Uniswap's own router, once it is on the list and not before."""
    cheap, back = LOOPS[USDC].legs
    wanted = (USDC, DAI, 100, desk.executor, NEVER, whole(USDC, BORROWED), 0, 0)
    data = abi.call(ROUTER_SWAP, wanted)
    generic = Leg(Venue.GENERIC, at.UNISWAP_V3_ROUTER, cheap.token_in, cheap.token_out, data=bytes.fromhex(data[2:]))
    desk.push(LOOPS[USDC].push)

    with pytest.raises(NodeError) as refused:
        desk.execute(loan(*MORPHO, USDC), (generic, back))
    assert "CallNotAllowed" in calldata.explained(refused.value.data)

    desk.actor.send(
        desk.executor,
        abi.call("allowCall(address,bytes4,bool)", at.UNISWAP_V3_ROUTER, generic.data[:4], True),
        sender=OWNER,
    )
    desk.execute(loan(*MORPHO, USDC), (generic, back))
    assert desk.profit(USDC) > 0
    desk.assert_empty((at.MORPHO, at.UNISWAP_V3_ROUTER, back.target))


@pytest.mark.parametrize("share_bps", [1, 5_000, 9_000])
def test_the_builder_is_paid_in_ether(desk: Desk, share_bps: int):
    """The tip is swapped on the real WETH pool, unwrapped, and reaches the block's builder; the rest is the profit."""
    desk.actor.rpc("anvil_setCoinbase", BUILDER)
    desk.push(LOOPS[USDC].push)
    before = int(desk.actor.rpc("eth_getBalance", BUILDER, "latest"), 16)

    receipt = desk.execute(loan(*MORPHO, USDC), LOOPS[USDC].legs, Tip(share_bps, at.V3_USDC_WETH_5BP))

    captured = desk.captured(receipt)
    got = int(desk.actor.rpc("eth_getBalance", BUILDER, "latest"), 16) - before
    assert captured.tip > 0
    assert got >= captured.tip
    assert captured.profit == desk.profit(USDC)
    desk.assert_empty((at.MORPHO, at.V3_USDC_WETH_5BP))


def test_a_loop_that_lost_its_profit_moves_nothing(desk: Desk):
    """With the pools in balance the loop loses the fees, and all of it is undone."""
    with pytest.raises(NodeError) as refused:
        desk.execute(loan(*MORPHO, USDC), LOOPS[USDC].legs)

    assert refused.value.data
    assert desk.profit(USDC) == 0


def test_a_profit_below_the_one_asked_for_is_undone(desk: Desk):
    """The least profit is held to the unit."""
    route = LOOPS[USDT]
    desk.push(route.push)
    before = desk.actor.snapshot()
    profit = desk.captured(desk.execute(loan(*MORPHO, USDT), route.legs)).profit
    desk.actor.revert(before)

    with pytest.raises(NodeError) as refused:
        desk.execute(loan(*MORPHO, USDT), route.legs, guard=Guard(profit + 1, NEVER))
    assert "ProfitTooSmall" in calldata.explained(refused.value.data)

    desk.execute(loan(*MORPHO, USDT), route.legs, guard=Guard(profit, NEVER))
    assert desk.profit(USDT) == profit


@pytest.mark.parametrize(
    "signature",
    ["flashLoanSimple(address,address,uint256,bytes,uint16)", "flashLoan(address,address[],uint256[],bytes)"],
)
def test_nobody_else_borrows_in_its_name(desk: Desk, signature: str):
    """Aave and Balancer lend to whoever is named: named by a stranger, with a true order, the executor declines."""
    order = calldata.encode_order(loan(*MORPHO, USDC), GUARD, Tip(), LOOPS[USDC].legs)[4:]
    one = whole(USDC, 1)
    aave = signature.startswith("flashLoanSimple")
    args = (desk.executor, USDC, one, order, 0) if aave else (desk.executor, [USDC], [one], order)
    call = {"from": at.TRADER, "to": at.AAVE_POOL if aave else at.BALANCER_VAULT, "data": abi.call(signature, *args)}

    with pytest.raises(NodeError) as refused:
        desk.actor.rpc("eth_call", call, "latest")
    assert "UnexpectedCallback" in calldata.explained(refused.value.data)
