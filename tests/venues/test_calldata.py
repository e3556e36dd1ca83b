"""Orders as the executor reads them, and its answers as a person does."""

import json

import pytest
from eth_abi.abi import encode as abi_encode
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from bot.model.decisions import Hop, Loop, Plan
from bot.model.registry import Family, LenderKind, Pool, Registry
from bot.units import MAX_UINT256
from bot.venues import calldata
from bot.venues.calldata import ALL, Guard, Leg, Loan, Tip, Venue

SIGNATURE = (
    "((uint8,address,address,uint256),(uint256,uint256,uint256,bytes32),(uint256,address,uint256),"
    "(uint8,address,address,address,address,uint256,uint256,uint256,bytes)[])"
)
TYPES = [
    "(uint8,address,address,uint256)",
    "(uint256,uint256,uint256,bytes32)",
    "(uint256,address,uint256)",
    "(uint8,address,address,address,address,uint256,uint256,uint256,bytes)[]",
]

addresses = st.binary(min_size=20, max_size=20).map(to_checksum_address)
amounts = st.integers(0, MAX_UINT256)
loans = st.builds(Loan, st.sampled_from(LenderKind), addresses, addresses, amounts)
guards = st.builds(Guard, amounts, amounts, amounts, st.binary(min_size=32, max_size=32))
tips = st.builds(Tip, amounts, addresses, amounts)
legs = st.builds(
    Leg, st.sampled_from(Venue), addresses, addresses, addresses, amounts, amounts, amounts, addresses, st.binary()
)


def address(number: int) -> str:
    return to_checksum_address(number.to_bytes(20, "big"))


A, B, C, POOL, JOIN, LENDER = (address(number) for number in range(1, 7))


@given(loans, guards, tips, st.lists(legs, max_size=5))
def test_an_order_is_what_the_abi_says(loan, guard, tip, program):
    """The hand-laid order equals eth_abi's, byte for byte."""
    arguments = [
        (loan.kind, loan.source, loan.token, loan.amount),
        (guard.min_profit, guard.deadline, guard.max_base_fee, guard.parent_hash),
        (tip.share_bps, tip.pool, tip.min_wei),
        [
            (leg.venue, leg.target, leg.spender, leg.token_in, leg.token_out, leg.amount_in, leg.i, leg.j, leg.data)
            for leg in program
        ],
    ]

    assert calldata.encode_order(loan, guard, tip, program) == calldata.EXECUTE + abi_encode(TYPES, arguments)


def test_the_selector_and_the_event_are_the_compiled_contracts():
    """The constants are those of the artefact that is deployed."""
    artifact = json.loads(calldata.ARTIFACT.read_text())

    assert artifact["methodIdentifiers"]["execute" + SIGNATURE] == calldata.EXECUTE.hex()
    assert artifact["methodIdentifiers"]["operator()"] == calldata.OPERATOR[2:]
    assert topic_of(artifact["abi"], "Captured") == calldata.CAPTURED


def topic_of(abi, name):
    return "0x" + event_abi_to_log_topic(next(entry for entry in abi if entry.get("name") == name)).hex()


def plan_through(*hops: Hop, tip_bps: int = 0, min_tip: int = 0, parent_hash: str = "0x" + "11" * 32) -> Plan:
    flow = tuple(range(1_000, 1_001 + len(hops)))
    loop = Loop(hops, A, LENDER, LenderKind.AAVE_V3, 1_000, flow, 0, len(hops), 500_000, 1.0, 0.5)
    return Plan("1", loop, 7, parent_hash, 1, 1_700_000_000, 2, 1, 750_000, tip_bps, min_tip)


def registry_of(pool: Pool) -> Registry:
    return Registry(1, {}, {pool.address: pool}, ())


def test_the_first_leg_spends_the_loan_and_the_others_all():
    """A wei of drift between simulation and inclusion does not break the route."""
    plan = plan_through(Hop(POOL, 0, 1, A, B), Hop(POOL, 1, 0, B, A))
    pool = Pool("pool", POOL, Family.CURVE, (A, B))

    expected = calldata.encode_order(
        Loan(LenderKind.AAVE_V3, LENDER, A, 1_000),
        Guard(1, 1_700_000_000, parent_hash=bytes.fromhex("11" * 32)),
        Tip(),
        [Leg(Venue.CURVE_INT128, POOL, A, B, 1_000, 0, 1), Leg(Venue.CURVE_INT128, POOL, B, A, ALL, 1, 0)],
    )

    assert calldata.encode(plan, registry_of(pool), None) == expected


def test_a_tip_names_the_pool_that_pays_it():
    """The tip's share, its pool and the least it may be sold for travel together; without a share all are left out."""
    hop = Hop(POOL, 0, 1, A, A)
    registry = registry_of(Pool("pool", POOL, Family.UNISWAP_V3, (A, B)))

    paid = calldata.encode(plan_through(hop, tip_bps=300, min_tip=12_345), registry, JOIN)

    assert (
        b"".join([(300).to_bytes(32, "big"), bytes(12), bytes.fromhex(JOIN[2:]), (12_345).to_bytes(32, "big")]) in paid
    )
    assert calldata.encode(plan_through(hop), registry, JOIN) == calldata.encode(plan_through(hop), registry, None)


def test_a_plan_without_a_parent_may_follow_any_block():
    """No parent hash in the plan is zero in the guard."""
    registry = registry_of(Pool("pool", POOL, Family.UNISWAP_V3, (A, B)))
    order = calldata.encode(plan_through(Hop(POOL, 0, 1, A, A), parent_hash=""), registry, None)

    assert order[4 + 7 * 32 : 4 + 8 * 32] == bytes(32)


@pytest.mark.parametrize(
    ("family", "forward", "backward"),
    [
        (Family.CURVE, Leg(Venue.CURVE_INT128, POOL, A, B, 5, 0, 1), Leg(Venue.CURVE_INT128, POOL, B, A, 5, 1, 0)),
        (Family.CURVE_NG, Leg(Venue.CURVE_INT128, POOL, A, B, 5, 0, 1), Leg(Venue.CURVE_INT128, POOL, B, A, 5, 1, 0)),
        (Family.CURVE_META, Leg(Venue.CURVE_INT128, POOL, A, B, 5, 0, 1), Leg(Venue.CURVE_INT128, POOL, B, A, 5, 1, 0)),
        (Family.UNISWAP_V3, Leg(Venue.UNISWAP_V3, POOL, A, B, 5), Leg(Venue.UNISWAP_V3, POOL, B, A, 5)),
        (Family.UNISWAP_V2, Leg(Venue.UNISWAP_V2, POOL, A, B, 5, 30), Leg(Venue.UNISWAP_V2, POOL, B, A, 5, 30)),
        (Family.PSM, Leg(Venue.PSM_SELL_GEM, POOL, A, B, 5, spender=JOIN), Leg(Venue.PSM_BUY_GEM, POOL, B, A, 5)),
        (Family.ERC4626, Leg(Venue.ERC4626_DEPOSIT, POOL, A, B, 5), Leg(Venue.ERC4626_REDEEM, POOL, B, A, 5)),
    ],
)
def test_each_family_is_called_its_own_way(family, forward, backward):
    """Every family has a call for each direction; only a PSM's gems go through another contract."""
    pool = Pool("pool", POOL, family, (A, B), fee=3_000, spender=JOIN if family is Family.PSM else None)

    assert calldata.leg(Hop(POOL, 0, 1, A, B), pool, 5) == forward
    assert calldata.leg(Hop(POOL, 1, 0, B, A), pool, 5) == backward


def test_an_error_of_the_executor_is_readable():
    """A custom error shows its name and its arguments."""
    artifact = json.loads(calldata.ARTIFACT.read_text())
    error = next(entry for entry in artifact["abi"] if entry.get("name") == "ProfitTooSmall")
    small = function_abi_to_4byte_selector(error)

    assert calldata.decode_error(small + abi_encode(["uint256"] * 2, [3, 5])) == "ProfitTooSmall(profit=3, minProfit=5)"


def test_solidity_errors_are_readable():
    """A require's message and a panic's code are shown."""
    said = bytes.fromhex("08c379a0") + abi_encode(["string"], ["LOK"])
    panic = bytes.fromhex("4e487b71") + abi_encode(["uint256"], [0x11])

    assert calldata.decode_error(said) == "Error(message=LOK)"
    assert calldata.decode_error(panic) == "Panic(code=17)"
    assert calldata.decode_error(b"") == "reverted without a reason"
    assert calldata.explained("0x" + panic.hex()) == "Panic(code=17)"
    assert calldata.explained(None) == calldata.explained("0x") == ""


@given(st.binary(min_size=1))
def test_any_revert_data_can_be_shown(data):
    """Whatever a contract reverts with, there is something to read."""
    assert calldata.decode_error(data)


def test_a_capture_is_read_from_its_log():
    """Token, loan, profit and tip come back as the contract wrote them."""
    log = {
        "address": C,
        "topics": [calldata.CAPTURED, "0x" + abi_encode(["address"], [A]).hex()],
        "data": "0x" + abi_encode(["uint256"] * 3, [1_000, 7, 2]).hex(),
    }

    assert calldata.decode_captured(log) == calldata.Captured(A, 1_000, 7, 2)
    assert calldata.decode_captured({**log, "topics": ["0x" + "00" * 32]}) is None
    assert calldata.decode_captured({**log, "topics": []}) is None
