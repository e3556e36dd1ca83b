"""What `repeg limits` and `resume` say of books, of damaged ones, and of what books do not tell."""

import sqlite3
import time
from decimal import Decimal

import pytest
from strategy.desks import fill, market, opened, ordered, seen, ticket
from typer.testing import CliRunner

from bot.app import limits
from bot.app.cli import app
from bot.app.desk_settings import Desk
from bot.app.killswitch import KillSwitch
from bot.app.settings import Settings
from bot.model.decisions import Loop, Plan
from bot.model.errors import UserError
from bot.model.events import Command, Decided, Marked
from bot.model.markets import perpetual
from bot.model.orders import Side
from bot.model.registry import LenderKind
from bot.model.times import DAY
from bot.records.journal import Journal
from bot.strategy.mandate import Mandate

NOW = time.time_ns()


def written(folder, *events, live=False):
    """The file of a journal of these."""
    journal = Journal.open(Settings(state=folder).journal(live=live))
    for event in events:
        journal.append(event)
    journal.close()
    return journal.path


def told(folder, **desk):
    """What `repeg limits` tells of dry runs there."""
    return limits.told(Settings(state=folder, desk=Desk(**desk)), NOW, live=False)


def complaint(*words):
    """The one line of a command that fails."""
    ended = CliRunner().invoke(app, [str(word) for word in words])
    assert ended.exit_code == 1
    assert isinstance(ended.exception, UserError)
    assert "\n" not in str(ended.exception)
    return str(ended.exception)


def bought(name="rp1", kind="hold", **told):
    """An order for a thousand USDC at 0.90 that was filled."""
    made = ticket(id=name, trade=name, kind=kind, **({"market": market("kraken")} | told))
    return [ordered(made), opened(made), fill(made, 1, made.amount)]


def no_file(path):
    path.write_text("x" * 5_000)


def no_pages(path):
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)


def no_event(path):
    with sqlite3.connect(path) as outside:
        outside.execute("UPDATE events SET body = '{}'")
    outside.close()


def no_table(path):
    with sqlite3.connect(path) as outside:
        outside.execute("DROP TABLE events")
    outside.close()


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("damage", [no_file, no_pages, no_event, no_table])
def test_with_a_damaged_journal_nothing_is_resumed(tmp_path, damage, *, live):
    """It is named, the halt stays, no bot hears that it may go on, and limits are not told as though none were used."""
    file = written(tmp_path, Command(NOW, NOW, "kill", "three failures"), live=live)
    damage(file)
    switch = KillSwitch(tmp_path / "HALT")
    switch.pull("three failures")

    said = complaint("resume", "--state", tmp_path)
    assert str(file) in said
    assert said.endswith("nothing was resumed")
    assert switch.reason() == "three failures"
    assert not list(tmp_path.glob("RESUME*"))
    assert str(file) in complaint("limits", "--state", tmp_path, *(["--live"] if live else []))


def test_resumed_it_says_why_a_bot_had_stopped_itself(tmp_path):
    """By its journal, where no file says so."""
    written(tmp_path, Command(NOW, NOW, "kill", "three failures"), live=True)

    assert "it was halted: three failures" in CliRunner().invoke(app, ["resume", "--state", str(tmp_path)]).stderr


@pytest.mark.parametrize("below", ["", "folder"])
def test_a_state_folder_that_is_a_file_is_one_line(tmp_path, below):
    """There are no books in a file, and none below it."""
    file = tmp_path / "file"
    file.touch()

    assert complaint("limits", "--state", file / below).endswith(f"{file} is not a folder")
    assert "state folder" in complaint("resume", "--state", file / below)


def test_a_venue_that_nobody_knows_is_told(tmp_path):
    """Whether the settings name it or the books; so is one that the settings name no longer."""
    written(tmp_path, seen("nowhere", USD=1.0), seen("okx", USD=1.0), seen("kraken", USD=1.0))
    found = told(tmp_path, venues=["kraken", "krakn", "bybit"])["venues"]
    (tmp_path / "repeg.toml").write_text("[desk]\nvenues = ['krakn']\n")
    shown = CliRunner().invoke(app, ["limits", "--state", str(tmp_path), "-c", str(tmp_path / "repeg.toml")]).stdout

    assert found["kraken"] == "ready"
    assert found["nowhere"] == found["krakn"]
    assert "no exchange of that name" in found["krakn"]
    assert "any more" in found["okx"]
    assert "not reconciled" in found["bybit"]
    assert [line for line in shown.splitlines() if line.startswith("krakn: repeg knows no exchange")]


def test_what_a_hold_may_lose_is_at_most_what_it_cost(tmp_path):
    """Its stop is known to the bot that runs: the books say what is held, and what orders may still buy."""
    waiting = ordered(ticket(id="rp9", trade="rp9", coin="DAI", market=market("okx", "DAI")))
    written(tmp_path, seen("kraken", USD=100_000), *bought(), waiting)
    found = told(tmp_path)
    shown = CliRunner().invoke(app, ["limits", "--state", str(tmp_path)]).stdout

    assert found["used"]["risk"] is found["used"]["risk_per_bet"] is None
    assert found["at_most"] == {"risk": 1800.0, "risk_per_bet": 1800.0}  # DAI rests on USDC: they are one bet
    assert "DAI, USDC" in found["unknown"][0]
    assert "at most 1,800" in shown
    assert found["unknown"][0] in shown


def test_what_a_hedged_coin_may_lose_is_known(tmp_path):
    """What it and its perpetual may part by; the perpetual itself is nothing that is held."""
    short = ticket(
        id="rp2",
        trade="rp1",
        kind="hedged",
        side=Side.SELL,
        market=market("binanceusdm", perpetual("USDC"), "USDT"),
        limit=Decimal("0.95"),
    )
    dollars = seen("kraken", USD=100_000), seen("binanceusdm", USDT=1_000)
    written(tmp_path, *dollars, *bought(kind="hedged"), ordered(short), opened(short), fill(short, 1, short.amount))
    found = told(tmp_path)

    assert found["used"]["risk"] == found["used"]["risk_per_bet"] == pytest.approx(900 * Mandate().parted)
    assert found["unknown"] == []
    assert found["by"]["per_venue"] == {"kraken": 900.0}
    assert found["capital_usd"] == pytest.approx(101_000)  # what was sold short is owed, at its price


def test_what_is_borrowed_is_that_of_the_plans_in_flight(tmp_path):
    """At what their profit was thought to be worth."""
    loop = Loop((), "0x1", "0x2", LenderKind.MORPHO_BLUE, 5_000 * 10**6, (1, 1), 0, 2 * 10**6, 1, 1.99, 1.0)
    written(tmp_path, Decided(NOW, NOW, Plan("1", loop, 5, "", 1, 1, 1, 1, 1)))

    assert told(tmp_path)["used"]["max_loan_usd"] == pytest.approx(4_975)


def test_losses_are_a_share_of_what_the_bot_wrote_down(tmp_path):
    """The peak for good, the morning as long as it is that day; before any mark of what the books hold."""
    written(tmp_path)
    assert told(tmp_path)["peak_usd"] is None
    written(tmp_path, seen("kraken", USD=100_000), Marked(NOW, NOW, NOW // DAY, 110_000.0, 120_000.0))
    found = told(tmp_path, max_drawdown=0.03, max_daily_loss=0.02)
    later = limits.told(Settings(state=tmp_path), NOW + DAY, live=False)

    assert (found["morning_usd"], found["peak_usd"]) == (110_000.0, 120_000.0)
    assert (found["limits"]["max_daily_loss"], found["limits"]["max_drawdown"]) == pytest.approx((2_200, 3_600))
    assert (later["morning_usd"], later["peak_usd"]) == (None, 120_000.0)
    assert later["limits"]["max_daily_loss"] == pytest.approx(2_000)
