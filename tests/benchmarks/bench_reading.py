"""Reading the sandbox's chain: one call, every pool and lender at a new block, and the ladders when they must be.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_reading.py

Nodes are timed by the wall clock on anvil, which does the work of the contracts meanwhile on the same machine. The
sheet of calls is laid out and taken apart beside eth_abi.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from eth_abi.abi import decode, encode
from harness import Work, measure, report, verdict

from bot.sandbox import chain
from bot.sandbox.addresses import DAI, USDC
from bot.sandbox.chain import Sandbox
from bot.venues import multicall, registry
from bot.venues.chain import ChainReader
from bot.venues.multicall import call
from bot.venues.rpc import Rpc

ROUNDS = 300
CALL_MS, READ_MS = 0.4, 8.0
CALLS = [call(coin, "balanceOf(address)", coin) for coin in (USDC, DAI)] * 50
TOLD = [(each.target, True, bytes.fromhex(each.data)) for each in CALLS]
ANSWER = encode(["(bool,bytes)[]"], [[(True, number.to_bytes(32)) for number in range(len(CALLS))]])


def laying_out() -> None:
    """A hundred reads, ours and eth_abi's."""
    there = Work("100 reads laid out", lambda: multicall.encode(CALLS))
    report("calldata", measure(there, Work("eth_abi", lambda: encode(["(address,bool,bytes)[]"], [TOLD]))))
    back = Work("100 answers taken apart", lambda: multicall.decode(ANSWER))
    report("answers", measure(back, Work("eth_abi", lambda: decode(["(bool,bytes)[]"], ANSWER))))


async def timed(rounds: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each round."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1e3)
    return taken


async def reading(url: str, name: str) -> tuple[float, float]:
    """Medians of a call and of a block's reading over one transport."""
    rpc = Rpc([url])
    verified = await registry.verify(registry.load("sandbox"), rpc)
    reader = ChainReader(rpc, verified.registry)
    opening = await timed(1, lambda: read(rpc, reader))
    calls = await timed(ROUNDS, lambda: rpc.call("eth_blockNumber"))
    blocks = [await mined(rpc, reader) for _ in range(ROUNDS)]
    ladders = [await again(rpc, reader) for _ in range(ROUNDS // 3)]
    await rpc.close()
    pools, loans = len(verified.registry.pools), sum(len(lender.tokens) for lender in verified.registry.lenders)
    print(f"\n{name}: {pools} pools, {loans} loans")
    print(f"  {'the first reading, contracts found out':<58} {opening[0]:10.2f} ms")
    tell("every ladder read again, as after a gap", ladders)
    return tell("one call", calls), tell("a new block read", blocks)


async def read(rpc: Rpc, reader: ChainReader) -> None:
    """The newest block."""
    await reader.read(await rpc.call("eth_getBlockByNumber", "latest", False))


async def mined(rpc: Rpc, reader: ChainReader) -> float:
    """Milliseconds to read a block that was just mined, its header known."""
    await rpc.call("evm_mine")
    head = await rpc.call("eth_getBlockByNumber", "latest", False)
    return (await timed(1, lambda: reader.read(head)))[0]


async def again(rpc: Rpc, reader: ChainReader) -> float:
    """The same after a block that nobody read."""
    await rpc.call("evm_mine")
    return await mined(rpc, reader)


def tell(what: str, milliseconds: list[float]) -> float:
    """Prints and gives the median."""
    cuts = statistics.quantiles(milliseconds, n=100)
    print(f"  {what:<58} p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms")
    return cuts[49]


async def over_each(sandbox: Sandbox) -> list[tuple[float, float]]:
    """Each transport in turn."""
    urls = (("HTTP", sandbox.url), ("WebSocket", sandbox.ws_url), ("IPC", str(sandbox.ipc)))
    return [await reading(url, name) for name, url in urls]


def main() -> None:
    """Times all, and judges."""
    laying_out()
    with chain.running() as sandbox:
        medians = asyncio.run(over_each(sandbox))
    verdict(
        (
            f"a call takes at most {CALL_MS} ms p50 on every transport",
            all(call_ms <= CALL_MS for call_ms, _ in medians),
        ),
        (f"a block is read within {READ_MS} ms p50 on every transport", all(ms <= READ_MS for _, ms in medians)),
    )


if __name__ == "__main__":
    main()
