"""What detection finds in real history, held against the depegs that are documented.

    PYTHONPATH=tests uv run python tests/benchmarks/measure_detection.py

For every dataset, and for all of them as one market: each measured episode whose 50 bp the closes show (was it found,
how many bars after the crossing, how far is the trough from the closes'), each trap, and alarms that no closes bear
out. Ends with 1 where something was not as it should be.
"""

import sys
import time
from dataclasses import dataclass

from analysis import documented
from analysis.documented import Documented, Shown

from bot.analysis import history
from bot.analysis.history import Found
from bot.model.coins import shipped
from bot.model.decisions import Depeg
from bot.model.times import iso
from bot.strategy.depeg import Thresholds

ROW = "  {:<22} {:<5} {:>6} {:<17} {:<17} {:>5} {:>8} {:>8} {:>7}  {}"


@dataclass
class Tally:
    """What was counted over all datasets."""

    shown: int = 0
    found: int = 0
    late: int = 0
    shallow: int = 0
    trapped: int = 0
    false: int = 0


def main() -> None:
    """Print a table a dataset, then the sum."""
    tally = Tally()
    for dataset in (*documented.datasets(), ""):
        candles = documented.load(dataset)
        began = time.process_time()
        found = history.find(candles, shipped(), Thresholds())
        report(dataset, found, time.process_time() - began, tally)
    print(f"\nfound {tally.found} of {tally.shown}; late {tally.late}; troughs off by 1 % or more {tally.shallow};")
    print(f"traps that alarmed {tally.trapped}; coin-wide alarms without closes to bear them out {tally.false}")
    sys.exit(tally.found < tally.shown or bool(tally.late or tally.shallow or tally.trapped or tally.false))


def report(dataset: str, found: Found, seconds: float, tally: Tally) -> None:
    """One dataset."""
    rate = found.quotes / seconds / 1e6
    print(
        f"\n{dataset or 'all at once'}: {found.markets} markets, {found.quotes:,} bars, {seconds:.2f} s, {rate:.1f} M/s"
    )
    print(ROW.format("", "coin", "closes", "crossing", "alert", "bars", "trough", "closes'", "off", "severity, venues"))
    for episode in documented.measured():
        if episode.is_trap:
            trap(dataset, episode, found, tally)
        elif what := documented.shown(dataset, episode):
            line(dataset, episode, what, found, tally)
    alarms(dataset, found, tally)


def line(dataset: str, episode: Documented, what: Shown, found: Found, tally: Tally) -> None:
    """One documented depeg that the closes show."""
    told = documented.answers(episode, found.episodes)
    if not told and episode.sign > 0 and not documented.in_dollars(dataset, episode.coin):
        by_its_pairs(episode, found)
        return
    tally.shown += 1
    if not told:
        print(ROW.format(episode.name, episode.coin, what.bars, brief(what.crossing), "NOT FOUND", *("",) * 5))
        return
    bar = documented.closes(dataset, episode.coin)[2]
    first = min(told, key=lambda one: one.alert)
    worst = max(told, key=lambda one: one.peak_bp)
    late, trough = (first.alert - what.crossing) / bar, min(what.troughs, key=lambda one: abs(one - worst.trough))
    off = abs(worst.trough / trough - 1)
    tally.found += 1
    tally.late += late > 1
    tally.shallow += off >= 0.01
    facts = f"{late:.0f}", f"{worst.trough:.4f}", f"{trough:.4f}", f"{off:.2%}"
    name = f"{worst.severity.name.lower()}, {' '.join(worst.venues)}{'' if worst.anchored else ', unanchored'}"
    print(ROW.format(episode.name, episode.coin, what.bars, brief(what.crossing), brief(first.alert), *facts, name))


def by_its_pairs(episode: Documented, found: Found) -> None:
    """A coin that rose where no dollar book shows it: what is priced in it fell, which is all that can be seen."""
    told = {one.coin for one in found.episodes if one.start <= episode.back and (one.end or 0) >= episode.start}
    print(f"  {episode.name:<22} {episode.coin:<5} rose, but no dollar book is here: told of {', '.join(sorted(told))}")


def trap(dataset: str, episode: Documented, found: Found, tally: Tally) -> None:
    """A print that is no depeg: what was told of its coin, that way, within a bar of it."""
    at, _, bar = documented.closes(dataset, episode.coin)
    if not len(at) or not at[0] <= episode.start <= at[-1]:
        return
    about = range(episode.start, episode.start + 2 * bar + 1)
    coins = [one for one in found.episodes if one.coin == episode.coin and one.scope == "coin"]
    told = [one for one in coins if one.start in about]
    tally.trapped += sum(lasted(one, bar) for one in told)
    print(f"  {episode.name:<22} {episode.coin:<5} a trap: {'ALARM ' + brief(told[0].alert) if told else 'no alarm'}")


def lasted(told: Depeg, bar: int) -> bool:
    """Whether an alarm was more than one bar long."""
    return told.end is None or told.end - told.alert > bar


def alarms(dataset: str, found: Found, tally: Tally) -> None:
    """All that was told, and what of it no closes bear out."""
    coins = [one for one in found.episodes if one.scope == "coin"]
    wrong = [one for one in coins if documented.is_false(dataset, one)]
    tally.false += len(wrong)
    print(
        f"  {len(coins)} coin-wide, {len(found.episodes) - len(coins)} at a venue, {len(wrong)} borne out by no closes"
    )
    for one in wrong:
        print(f"    FALSE: {one.coin} {one.direction} {brief(one.start)} {one.peak_bp:.0f} bp")


def brief(moment: int) -> str:
    """To the minute."""
    return iso(moment)[:16].replace("T", " ")


if __name__ == "__main__":
    main()
