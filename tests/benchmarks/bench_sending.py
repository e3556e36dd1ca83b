"""Laying out and signing an order beside eth_abi and eth-account, and a plan's way to disk and to a node.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_sending.py

Sending is timed by the wall clock on anvil, with a journal on this machine's disk: from `send` to the signed
transaction safe on disk, and to the node's answer that it took it. The contract it calls is the tests' till.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from eth_abi.registry import registry as abi
from eth_account import Account
from harness import Work, measure, report, verdict
from venues.till import CHAIN, REGISTRY, SIGNER, TILL, USDC, Till, approved

from bot.model.events import BlockSeen, Decided, Event, Tick
from bot.records.journal import Journal
from bot.sandbox import anvil
from bot.venues import calldata
from bot.venues.calldata import Guard, Leg, Loan, Tip, Venue
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.keys import FeeMarketTransaction, Signer
from bot.venues.rpc import Rpc

SENDS = 200
LIMIT_MS = 4.0
SECRET = bytes(31) + b"\7"
ORDER = (
    "((uint8,address,address,uint256),(uint256,uint256,uint256,bytes32),(uint256,address,uint256),"
    "(uint8,address,address,address,address,uint256,uint256,uint256,bytes)[])"
)


def laying_out() -> None:
    """Three legs, ours and eth_abi's with its codec cached."""
    loan, guard, tip = Loan(0, TILL, USDC, 10**12), Guard(10**6, 2**31), Tip()
    legs = [Leg(Venue.UNISWAP_V3, TILL, USDC, USDC)] * 3
    rows = [(leg.venue, TILL, TILL, USDC, USDC, leg.amount_in, 0, 0, b"") for leg in legs]
    told = ((0, TILL, USDC, 10**12), (10**6, 2**31, 0, bytes(32)), (0, TILL, 0), rows)
    encoder = abi.get_encoder(ORDER)
    ours = Work("an order of three legs laid out", lambda: calldata.encode_order(loan, guard, tip, legs))
    report("calldata", measure(ours, Work("eth_abi", lambda: encoder(told))))


def signing() -> None:
    """An order's transaction, ours and eth-account's with coincurve."""
    signer, account = Signer(SECRET), Account.from_key(SECRET)
    transaction = FeeMarketTransaction(1, 5, 10**9, 10**10, 700_000, TILL, bytes(1_500))
    told = {
        "type": 2,
        "chainId": 1,
        "nonce": 5,
        "maxPriorityFeePerGas": 10**9,
        "maxFeePerGas": 10**10,
        "gas": 700_000,
        "to": TILL,
        "data": bytes(1_500),
        "value": 0,
    }
    ours = Work("a transaction signed", lambda: signer.sign(transaction))
    report("signing", measure(ours, Work("eth-account", lambda: account.sign_transaction(told))))


def journalling(folder: Path) -> None:
    """Events appended in one group."""
    journal = Journal.open(folder / "events.sqlite")
    block = BlockSeen(1, 1, 1, "0x" + "ab" * 32, "0x" + "cd" * 32, 1, 1, 1, (), ())
    ticks = Work("a tick appended", lambda: journal.append(Tick(1, 1)))
    blocks = Work("a block without pools", lambda: journal.append(block))
    report("journal", measure(ticks, blocks))
    journal.close()


async def sending(url: str, folder: Path) -> tuple[list[float], list[float]]:
    """Milliseconds from `send` to the record on disk, and to the node's answer."""
    till, rpc, journal = Till.at(url), Rpc([url]), Journal.open(folder / "sent.sqlite")
    on_disk: list[float] = []

    def record(event: Event) -> None:
        journal.append(event)
        journal.flush()
        on_disk.append(time.perf_counter())

    executor = TransactionExecutor(rpc, SIGNER, TILL, REGISTRY, record, time.time_ns, SendingPolicy(chain_id=1))
    await executor.start([])
    signed, answered = [], []
    for number in range(SENDS):
        till.lay(1_000 + number, 50)
        plan = approved(str(number), 1_000 + number)
        began = time.perf_counter()
        journal.append(Decided(0, 0, plan.plan))
        await executor.send(plan)
        answered.append((time.perf_counter() - began) * 1e3)
        signed.append((on_disk[-1] - began) * 1e3)
        await executor.on_block(till.mine())
    await rpc.close()
    journal.close()
    return signed, answered


def tell(what: str, milliseconds: list[float]) -> float:
    """Prints and gives the median."""
    cuts = statistics.quantiles(milliseconds, n=100)
    print(f"  {what:<58} p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms")
    return cuts[49]


def main() -> None:
    """Times all, and judges the way to disk."""
    laying_out()
    signing()
    with tempfile.TemporaryDirectory() as folder, anvil.running(*CHAIN) as chain:
        journalling(Path(folder))
        signed, answered = asyncio.run(sending(chain.url, Path(folder)))
    print("\nsending")
    median = tell("simulated, signed, on disk", signed)
    tell("and taken by the node", answered)
    verdict((f"a plan is signed and on disk within {LIMIT_MS} ms p50", median <= LIMIT_MS))


if __name__ == "__main__":
    main()
