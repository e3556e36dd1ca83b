"""web3.py, which shares no code with our own way to the chain, sees the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import HTTPProvider, Web3

from bot.sandbox.addresses import GUARDIAN, OPERATOR, OWNER, TREASURY
from bot.venues import calldata
from bot.venues.calldata import ARTIFACT, Guard, Leg, Loan, Tip, Venue

ABI = json.loads(ARTIFACT.read_text())["abi"]
ADDRESSES = st.binary(min_size=20, max_size=20).map(Web3.to_checksum_address)
WORDS = st.integers(0, 2**256 - 1)
LOANS = st.builds(Loan, st.integers(0, 4), ADDRESSES, ADDRESSES, WORDS)
GUARDS = st.builds(Guard, WORDS, WORDS, WORDS, st.binary(min_size=32, max_size=32))
TIPS = st.builds(Tip, WORDS, ADDRESSES, WORDS)
LEGS = st.lists(
    st.builds(
        Leg,
        venue=st.sampled_from(Venue),
        target=ADDRESSES,
        spender=ADDRESSES,
        token_in=ADDRESSES,
        token_out=ADDRESSES,
        amount_in=WORDS,
        i=WORDS,
        j=WORDS,
        data=st.binary(max_size=100),
    ),
    max_size=4,
)


@given(LOANS, GUARDS, TIPS, LEGS)
def test_an_order_is_laid_out_as_web3_does(loan, guard, tip, legs):
    """Any order, byte by byte."""
    contract = Web3().eth.contract(abi=ABI)
    told = [
        (leg.venue, leg.target, leg.spender, leg.token_in, leg.token_out, leg.amount_in, leg.i, leg.j, leg.data)
        for leg in legs
    ]
    loaned = (int(loan.kind), loan.source, loan.token, loan.amount)
    guarded = (guard.min_profit, guard.deadline, guard.max_base_fee, guard.parent_hash)
    theirs = contract.encode_abi("execute", [loaned, guarded, (tip.share_bps, tip.pool, tip.min_wei), told])

    assert "0x" + calldata.encode_order(loan, guard, tip, legs).hex() == theirs


@pytest.mark.chain
def test_the_executor_says_its_roles(sandbox, executor):
    """What was deployed is asked through web3."""
    contract = Web3(HTTPProvider(sandbox.url)).eth.contract(address=executor, abi=ABI)
    roles = [contract.functions[name]().call() for name in ("owner", "operator", "guardian", "treasury")]

    assert roles == [Web3.to_checksum_address(role) for role in (OWNER, OPERATOR, GUARDIAN, TREASURY)]
