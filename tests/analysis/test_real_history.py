"""The documented depegs are found where they are, when they began, and nothing else is."""

from functools import cache

import pytest

from bot.analysis import history
from bot.analysis.history import Found
from bot.model.coins import shipped
from bot.model.decisions import Depeg, Severity
from bot.model.times import HOUR, moment
from bot.strategy.depeg import Thresholds

from . import documented

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not documented.CANDLES.is_dir(), reason=f"no candles at {documented.CANDLES}: set REPEG_DATA"),
]

DATASETS = (*documented.datasets(), "") if documented.CANDLES.is_dir() else ()


@cache
def found(dataset: str) -> Found:
    """What a dataset holds, all of them as one market where it is ""."""
    return history.find(documented.load(dataset), shipped(), Thresholds())


def coins(dataset: str) -> list[Depeg]:
    """The coin-wide ones."""
    return [one for one in found(dataset).episodes if one.scope == "coin"]


def alone(dataset: str, file: str) -> list[tuple[str, str, Severity]]:
    """Who is told of, which way and how bad, by one file alone."""
    venue, pair, _ = file.split("_")
    (only,) = [
        one
        for one in documented.load(dataset)
        if (one.market.venue, f"{one.market.base}-{one.market.quote}") == (venue, pair)
    ]
    return [(one.coin, one.direction, one.severity) for one in history.find([only], shipped(), Thresholds()).episodes]


@pytest.mark.parametrize("dataset", DATASETS)
def test_what_the_closes_show_is_found_on_the_right_coin_within_a_bar(dataset: str) -> None:
    """Every measured depeg that two closes in a row show is told within a bar of the second, its trough within 1 %."""
    for episode in documented.measured():
        shown = None if episode.is_trap else documented.shown(dataset, episode)
        if shown is None or (episode.sign > 0 and not documented.in_dollars(dataset, episode.coin)):
            continue  # a rise of what others are priced in cannot be told from their fall without dollars
        told = documented.answers(episode, found(dataset).episodes)
        bar = documented.closes(dataset, episode.coin)[2]

        assert told, episode.name
        assert min(one.alert for one in told) <= shown.crossing + bar, episode.name
        trough = max(told, key=lambda one: one.peak_bp).trough
        assert min(abs(trough / close - 1) for close in shown.troughs) < 0.01, episode.name


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_alarm_without_closes_that_bear_it_out(dataset: str) -> None:
    """No coin is blamed everywhere whose own markets show nothing."""
    assert [one for one in coins(dataset) if documented.is_false(dataset, one)] == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_prints_that_are_no_depegs_alarm_nobody(dataset: str) -> None:
    """At the traps nothing begins."""
    for trap in (one for one in documented.measured() if one.is_trap):
        about = range(trap.start, trap.start + HOUR + 1)
        assert not [one for one in coins(dataset) if one.coin == trap.coin and one.start in about], trap.name


@pytest.mark.parametrize("dataset", documented.QUIET)
def test_quiet_history_tells_of_nothing(dataset: str) -> None:
    """Where no close is 50 bp off every alarm would be false."""
    assert found(dataset).episodes == ()


def test_in_march_2023_usdc_fell_while_usdt_rose() -> None:
    """With dollar books at hand USDC loses 12 % and USDT gains at most 2; no other coin-wide depeg lasts then."""
    told = coins("usdc-2023-03")
    worst = {one.coin: one for one in sorted(told, key=lambda one: one.peak_bp)}

    assert {(one.coin, one.direction) for one in told} == {("USDC", "below"), ("USDT", "above")}
    assert worst["USDC"].severity is Severity.CRITICAL
    assert worst["USDC"].trough == pytest.approx(0.874, rel=0.01)
    assert worst["USDT"].trough < 1.02
    assert all(one.anchored for one in told)


def test_in_may_2022_usdt_fell_and_usdc_did_not_rise() -> None:
    """USDC at 1.10 USDT on 12 May 2022 is USDT, though no dollar book says so."""
    told = {(one.coin, one.direction) for one in coins("ust-2022-05") if one.start >= moment("2022-05-11")}

    assert told == {("USDT", "below")}


def test_ust_never_came_back() -> None:
    """The collapse is told by the first broken support on 9 May and has no end."""
    last = [one for one in coins("ust-2022-05") if one.coin == "UST"][-1]

    assert last.severity is Severity.CRITICAL
    assert last.end is None
    assert last.alert <= moment("2022-05-09T06:00")


def test_a_file_alone_tells_of_the_same_coin() -> None:
    """One pair without any other says of its coin what all together say."""
    assert {what[:2] for what in alone("ust-2022-05", "binance_USDC-USDT_1m")} == {("USDT", "below")}
    assert {what[:2] for what in alone("usdc-2023-03", "kraken_USDT-USD_1m")} == {("USDT", "above")}
    assert alone("usdc-2023-03", "kraken_USDC-USD_1m")[0] == ("USDC", "below", Severity.CRITICAL)
    assert ("USDC", "below", Severity.SEVERE) in alone("binance-2022-2023", "binance_USDC-USDT_15m")


def test_the_lone_wrong_quote_of_a_thin_venue_moves_no_coin() -> None:
    """At 15:29 on 11 March 2023 Binance.US printed half a dollar: USDC's own depeg knows nothing of it."""
    (usdc,) = [one for one in coins("usdc-2023-03") if one.coin == "USDC"]

    assert usdc.trough > 0.86
