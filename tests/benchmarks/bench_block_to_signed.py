"""From a block's header to a signed transaction on disk, through the whole bot on the sandbox chain.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_block_to_signed.py

Wall clock: the header arrives, every pool and lender is read, `step` decides, the plan is simulated on the pending
block, signed, and flushed to the journal. Traders move the pools before every block;
blocks without a chance are left out.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from bot.app import rehearsal, wiring
from bot.app.settings import Wallet
from bot.model.events import Signed
from bot.sandbox import chain, market
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import GUARDIAN, OWNER, TREASURY
from bot.units import WAD
from bot.venues import keys

BLOCKS = 300
P50_MS, P99_MS = 20.0, 60.0


@contextmanager
def armed() -> Iterator[tuple[Actor, rehearsal.Settings]]:
    """A chain, somebody who moves it, and settings to capture on it."""
    with tempfile.TemporaryDirectory() as name, chain.running(mining=False) as sandbox:
        folder, actor = Path(name), Actor(sandbox.url)
        wallet = Wallet(keystore=folder / "operator.json", password_file=folder / "password")
        operator = keys.create(folder / "operator.json", folder / "password")
        actor.rpc("anvil_setBalance", operator, hex(1000 * WAD))
        executor = actor.deploy_executor(OWNER, operator, GUARDIAN, TREASURY)
        yield actor, rehearsal.settings_for(folder, sandbox.url, executor, wallet)


async def latencies() -> list[float]:
    """Milliseconds of every block that had a chance."""
    taken: list[float] = []
    with armed() as (actor, settings):
        async with wiring.bot(settings, live=True, say=print) as (bot, reader):
            began, random = 0.0, Random(1)
            bot.witness = lambda happened, _: (
                taken.append((time.perf_counter() - began) * 1e3) if isinstance(happened, Signed) else None
            )
            now = actor.timestamp()
            for number in range(BLOCKS):
                now += rehearsal.SECONDS
                actor.mine(timestamp=now)
                head = actor.rpc("eth_getBlockByNumber", "latest", False)
                began = time.perf_counter()
                await bot.on_block(await reader.read(head))
                usd = market.values(bot.policy.registry, number % 60 / 60)
                for trade in market.trades(bot.policy.registry, bot.state.pools, usd, random):
                    actor.swap(trade.pool, trade.i, trade.j, trade.amount)
    return taken


def main() -> None:
    """Print the distribution beside what it must stay under."""
    taken = sorted(asyncio.run(latencies()))
    p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    print(
        f"header -> signed, {len(taken)} transactions: p50 {p50:.1f} ms (at most {P50_MS}), p99 {p99:.1f} ms ({P99_MS})"
    )


if __name__ == "__main__":
    main()
