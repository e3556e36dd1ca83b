"""The feeds under load: 23 exchanges x 12 coins, 2,000 messages a second through real sockets and ccxt's own classes.

    scripts/load                          a minute
    scripts/load --seconds 600            ten

The exchanges run in a process of their own, on the same machine. Each quote carries the time it was set, so that
"quote to decision" is the time from there until `step` returned on the event that held it: through the exchange's
wire format, the socket, ccxt's parsing, the mailbox, fair values of all assets and the detection of depegs.
"""

import argparse
import asyncio
import gc
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from crowd import COINS, since
from harness import verdict

from bot.model.coins import shipped
from bot.model.events import QuotesSeen
from bot.sandbox.wire.wires import WIRES
from bot.strategy.engine import Policy, State, step
from bot.strategy.routing import Atlas
from bot.venues import registry
from bot.venues.exchange import Feeds
from bot.venues.health import FeedState, quantile
from bot.venues.patience import Patience

RATE = 2_000.0  # messages a second
P99_MS = 50.0
GROWTH_MB = 10.0  # from the first minute on, or the first third of a shorter run
SETTLING = 90.0  # seconds until all are connected


@dataclass
class Log:
    """What was seen since the measuring began."""

    lags: list[float] = field(default_factory=list)  # ms, since the last report
    worst: list[tuple[float, float]] = field(default_factory=list)  # p50 and p99 of each report
    steps: list[float] = field(default_factory=list)  # ms of processor time
    stepping: float = 0.0  # seconds of it in all
    cpu: float = 0.0  # seconds of it for everything
    wall: float = 0.0  # seconds
    backlog: int = 0
    rss: list[float] = field(default_factory=list)  # MB
    rates: list[float] = field(default_factory=list)
    looks: int = 0


def policy() -> Policy:
    """The sandbox's pools; the dollars are for gas, which nobody burns here."""
    known = registry.load("sandbox")
    weth = next(coin.address for coin in known.coins.values() if coin.symbol == "WETH")
    return Policy(known, Atlas.of(known), weth, {weth: 1600.0})


@contextmanager
def crowd(rate: float) -> Iterator[str]:
    """Where the exchanges answer, in their own process."""
    command = [sys.executable, str(Path(__file__).with_name("crowd.py")), str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def resident() -> float:
    """MB of memory this process has."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def settle(feeds: Feeds) -> None:
    """Waits until every market of every exchange is heard of."""
    async with asyncio.timeout(SETTLING):
        while any(  # noqa: ASYNC110 - health changes with time, not only with events
            told.state is not FeedState.LIVE or told.fresh < len(COINS) for told in feeds.health()
        ):
            await asyncio.sleep(0.1)


async def decide(feeds: Feeds, log: Log) -> None:
    """The bot's own loop, without the journal."""
    state, rules = State(), policy()
    async for seen in feeds.looks():
        began = time.thread_time()
        state, _ = step(state, seen, rules)
        log.steps.append((time.thread_time() - began) * 1e3)
        log.stepping += log.steps[-1] / 1e3
        log.looks += 1
        log.backlog = max(log.backlog, feeds.backlog)
        note(seen, log)


def note(seen: QuotesSeen, log: Log) -> None:
    """How old each quote is now that it was decided on."""
    now = time.time_ns()
    log.lags += [since(quote.bid_size, now) for quote in seen.quotes]


def report(feeds: Feeds, log: Log, seconds: float) -> None:
    """A line now and then."""
    health = feeds.health()
    lags, steps = sorted(log.lags), sorted(log.steps)
    p50, p99 = quantile(lags, 0.5) or 0.0, quantile(lags, 0.99) or 0.0
    log.worst.append((p50, p99))
    log.rss.append(resident())
    log.rates.append(sum(told.rate for told in health))
    print(
        f"{seconds:5.0f} s   {log.rates[-1]:7,.0f} messages/s   quote to decision p50 {p50:5.1f} ms  p99 {p99:5.1f} ms"
        f"   step p50 {quantile(steps, 0.5) or 0:4.1f} ms of processor   {log.looks:5} looks   backlog {log.backlog:3}"
        f"   RSS {log.rss[-1]:6.1f} MB",
        flush=True,
    )
    log.lags.clear()
    log.steps.clear()
    log.looks = 0


async def load(url: str, seconds: float, every: float) -> tuple[Log, Counter[str]]:
    """Runs it. What was seen, and in which states the exchanges ended."""
    coins, log = shipped(), Log()
    async with Feeds(tuple(WIRES), coins, COINS, url, patience=Patience()) as feeds:
        deciding = asyncio.create_task(decide(feeds, log))
        await settle(feeds)
        await asyncio.sleep(10.0)  # rates are of the last ten seconds
        log.lags.clear()
        report(feeds, log, 0)
        log.worst.clear()
        log.backlog, log.stepping = 0, 0.0
        cpu, began = time.process_time(), time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            await asyncio.sleep(min(every, seconds - passed))
            report(feeds, log, time.monotonic() - began)
        log.cpu, log.wall = time.process_time() - cpu, time.monotonic() - began
        states = Counter(str(told.state) for told in feeds.health())
        states.update(reconnected=sum(told.reconnects for told in feeds.health()))
        deciding.cancel()
    return log, states


def judge(log: Log, states: Counter[str], rate: float) -> None:
    """Prints what it comes to."""
    after = log.rss[max(len(log.rss) // 3, 1)] if len(log.rss) < 20 else log.rss[len(log.rss) // 10]
    grown = log.rss[-1] - after
    arrived = statistics.mean(log.rates)
    p99 = max(p99 for _, p99 in log.worst)
    median = statistics.median(p50 for p50, _ in log.worst)
    receiving = (log.cpu - log.stepping) / log.wall
    print(f"\n{dict(states)}; p50 {median:.1f} ms, worst p99 {p99:.1f} ms")
    print(
        f"processor: {receiving:.0%} of a core to receive, {receiving / arrived * 1e6:.0f} us a message;"
        f" {log.stepping / log.wall:.0%} to decide"
    )
    verdict(
        (f"{arrived:,.0f} messages a second arrived of {rate:,.0f}", arrived > 0.95 * rate),
        (f"quote to decision within {P99_MS:.0f} ms at the 99th percentile of every report", p99 < P99_MS),
        (f"no more than one quote a market ever waited: {log.backlog}", log.backlog <= len(WIRES) * len(COINS)),
        (f"memory grew by {grown:.1f} MB after the beginning, less than {GROWTH_MB:.0f}", grown < GROWTH_MB),
    )


def main() -> None:
    """Reads the flags, runs, judges."""
    flags = argparse.ArgumentParser(description="The feeds under load.")
    flags.add_argument("--seconds", type=float, default=60.0)
    flags.add_argument("--rate", type=float, default=RATE, help="messages a second")
    flags.add_argument("--every", type=float, default=0.0, help="seconds between reports: a tenth, at most a minute")
    told = flags.parse_args()
    every = told.every or min(told.seconds / 10, 60.0)
    print(f"{len(WIRES)} exchanges x {len(COINS)} coins, each in its own wire format, {told.rate:,.0f} messages/s")
    gc.set_threshold(700, 10, 1_000)  # as the command `repeg` sets it
    with crowd(told.rate) as url:
        log, states = uvloop.run(load(url, told.seconds, every))
    judge(log, states, told.rate)


if __name__ == "__main__":
    main()
