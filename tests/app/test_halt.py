"""`repeg halt`, `resume` and `limits`, as an operator runs them beside a bot."""

import json
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError
from strategy.desks import ended, fill, market, opened, ordered, seen, ticket
from typer.testing import CliRunner

from bot.app import limits, wiring_desk
from bot.app.cli import app
from bot.app.desk_settings import Desk
from bot.app.killswitch import KillSwitch
from bot.app.settings import Exchanges, Settings, load
from bot.model.errors import UserError
from bot.model.events import Command
from bot.model.orders import Side
from bot.model.times import DAY, HOUR
from bot.records.journal import Journal

REPEG = str(Path(sys.executable).with_name("repeg"))
NOW = time.time_ns()


def told(folder, *words):
    """What a command prints as JSON."""
    ran = CliRunner().invoke(app, [*words, "--state", str(folder), "--json"], catch_exceptions=False)
    assert ran.exit_code == 0
    return json.loads(ran.stdout)


def written(folder, *events, live=False):
    """A journal of these, still open for writing."""
    journal = Journal.open(Settings(state=folder).journal(live=live))
    for event in events:
        journal.append(event)
    journal.flush()
    return journal


def bought(name="rp1", amount=1_000, venue="kraken", **told):
    """An order for USDC at 0.90 that was filled."""
    made = ticket(id=name, trade=name, amount=Decimal(amount), market=market(venue), **told)
    return [ordered(made), opened(made), fill(made, 1, made.amount), ended(made, made.amount)]


def sold(name="rp2", trade="rp1", limit="0.8", amount=1_000):
    """It was sold again at a loss."""
    made = ticket(
        id=name, trade=trade, side=Side.SELL, amount=Decimal(amount), limit=Decimal(limit), market=market("kraken")
    )
    return [ordered(made), opened(made), fill(made, 1, made.amount), ended(made, made.amount)]


def test_a_halt_is_on_disk_and_lasts_until_it_is_resumed(tmp_path):
    """Its reason is told to whoever looks, and a second time changes nothing but the reason."""
    written(tmp_path).close()
    assert told(tmp_path, "halt", "lunch")["state"] == "halted"
    assert (tmp_path / "HALT").read_text() == "lunch\n"
    assert told(tmp_path, "limits")["reason"] == "lunch"
    assert told(tmp_path, "resume")["was"] == "lunch"
    assert told(tmp_path, "limits")["state"] == "active"
    assert told(tmp_path, "resume")["was"] is None


def test_a_dry_run_and_a_live_one_both_hear_that_it_goes_on(tmp_path):
    """Whoever looks first does not take the word from the other; a new halt takes it from both."""
    written(tmp_path).close()
    told(tmp_path, "halt")
    told(tmp_path, "resume")
    switch, bots = KillSwitch(tmp_path / "HALT"), [Settings().journal(live=live).stem for live in (True, False)]
    assert [switch.resumed(bot) for bot in bots] == [True, True]
    assert [switch.resumed(bot) for bot in bots] == [False, False]
    told(tmp_path, "resume")
    told(tmp_path, "halt")
    assert [switch.resumed(bot) for bot in bots] == [False, False]


def test_a_bot_that_halted_itself_is_halted_though_no_file_says_so(tmp_path):
    """The journal remembers; once it is resumed the bot will hear of it."""
    written(tmp_path, Command(NOW, NOW, "kill", "three failures")).close()
    assert told(tmp_path, "limits")["reason"] == "three failures"
    told(tmp_path, "resume")
    assert told(tmp_path, "limits")["state"] == "active"


def test_what_cannot_be_read_is_halted(tmp_path):
    """A folder in its place."""
    written(tmp_path).close()
    (tmp_path / "HALT").mkdir()
    assert told(tmp_path, "limits")["state"] == "halted"


def test_limits_are_read_while_another_process_writes(tmp_path):
    """State, limits, what is used of them, open trades and venues, from what it has flushed."""
    journal = written(tmp_path, seen("kraken", USD=100_000), *bought())
    ran = subprocess.run(
        [REPEG, "limits", "--json", "--state", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    journal.append(Command(NOW, NOW, "pause", "not flushed"))
    found = json.loads(ran.stdout)
    journal.close()

    assert found["state"] == "active"
    assert found["books"] == "dry run"
    assert found["capital_usd"] == pytest.approx(100_000)
    assert found["venues"] == {"kraken": "ready"}
    assert [(each["coin"], each["cost_usd"]) for each in found["open"]] == [("USDC", 900.0)]
    assert found["limits"].keys() == found["used"].keys()
    assert told(tmp_path, "limits")["reason"] == "not flushed"


def test_what_is_used_is_in_the_unit_of_its_limit(tmp_path):
    """Dollars at cost, of what is held and of what orders may still buy; by coin, issuer, mechanism and exchange."""
    waiting = ordered(ticket(id="rp9", trade="rp9", amount=Decimal(500), market=market("okx")))
    written(tmp_path, seen("kraken", USD=100_000), seen("okx", USD=100_000), *bought(), waiting).close()
    found = told(tmp_path, "limits")

    assert found["by"]["per_coin"] == {"USDC": 1350.0}
    assert found["by"]["per_issuer"] == {"Circle": 1350.0}
    assert list(found["by"]["per_mechanism"].values()) == [1350.0]
    assert found["by"]["per_venue"] == {"kraken": 900.0, "okx": 450.0}
    assert found["used"]["per_venue"] == 900.0
    assert found["used"]["exposure"] == 1350.0
    assert found["used"]["most_usd"] == 450.0
    assert found["limits"]["exposure"] == pytest.approx(found["shares"]["exposure"] * 200_000)
    assert found["used"]["risk"] is None


def test_losses_are_those_of_today_and_those_since_the_best(tmp_path):
    """What was lost yesterday is no loss of today."""
    settings = Settings(state=tmp_path)
    events = [seen("kraken", USD=100_000), *bought(), *sold()]
    written(tmp_path, *events).close()
    at = events[-1].seen_at
    on_the_day, later = (limits.told(settings, now, live=False)["used"] for now in (at + HOUR, at + 2 * DAY))

    assert on_the_day["max_daily_loss"] == pytest.approx(100.0)
    assert later["max_daily_loss"] == 0.0
    assert on_the_day["max_drawdown"] == later["max_drawdown"] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "no books of dry runs in {}: `repeg run` writes them"),
        (("--live",), "no live books in {}: `repeg run --live`"),
    ],
)
def test_without_books_nothing_is_known(tmp_path, flags, said):
    """Books of the other kind are none, and no folder is made for them."""
    written(tmp_path, live=not flags).close()
    for folder in (tmp_path, tmp_path / "none"):
        ran = CliRunner().invoke(app, ["limits", "--state", str(folder), *flags])

        assert (ran.exit_code, ran.stdout) == (1, "")
        assert str(ran.exception).startswith(said.format(folder))
        assert not (tmp_path / "none").exists()


def test_where_no_bot_ever_ran_a_halt_says_so(tmp_path):
    """It halts all the same and names the file: the bot that is meant may have another folder."""
    nowhere, here = tmp_path / "nowhere", tmp_path / "here"
    here.mkdir()
    written(here, live=True).close()
    strange, known = (CliRunner().invoke(app, ["halt", "--state", str(folder)]) for folder in (nowhere, here))

    assert (strange.exit_code, known.exit_code) == (0, 0)
    assert str(nowhere / "HALT") in strange.stderr
    assert f"no bot has ever run from {nowhere}" in strange.stderr
    assert (nowhere / "HALT").read_text() == "by hand\n"
    assert "no bot has ever run" not in known.stderr


def test_where_no_bot_ever_ran_nothing_is_resumed(tmp_path):
    """No folder is made, a halt stays, and nobody is told that it may go on."""
    nowhere = tmp_path / "nowhere"
    for _ in range(2):
        ran = CliRunner().invoke(app, ["resume", "--state", str(nowhere)])

        assert ran.exit_code == 1
        assert str(ran.exception) == f"no bot has ever run from {nowhere}: nothing was resumed"
        assert [each.name for each in nowhere.glob("*")] == ["HALT"] * nowhere.exists()
        told(nowhere, "halt")


def test_people_see_a_table(tmp_path):
    """Every limit, its share, dollars and use on a line."""
    written(tmp_path, seen("kraken", USD=100_000), *bought()).close()
    shown = CliRunner().invoke(app, ["limits", "--state", str(tmp_path)]).stdout
    (line,) = [each for each in shown.splitlines() if "exposure" in each]

    assert line.split() == ["exposure", "50.0%", "50,000", "900"]
    assert "active" in shown


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("edge = 1.5", "desk.edge"),
        ("edge = nan", "desk.edge"),
        ("share = 0", "desk.share"),
        ("most_usd = inf", "desk.most_usd"),
        ("paper_usd = 1e300", "desk.paper_usd"),
        ("least_usd = 1000\nmost_usd = 100", "least_usd"),
        ("venues = ['kraken', 'kraken']", "desk.venues"),
        ("venues = 'kraken'", "desk.venues"),
        ("apiKey = 's3cr3t'", "desk.apiKey"),
        ("venues = [{apiKey = 's3cr3t'}]", "desk.venues"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path, wrong, named):
    """And does not repeat what stood there: it may be a key."""
    (tmp_path / "repeg.toml").write_text(f"[desk]\n{wrong}\n")
    with pytest.raises(UserError, match=named) as caught:
        load(tmp_path / "repeg.toml")

    assert "\n" not in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("venues", "heard", "named"),
    [
        (["kraken"], [], "listened to"),
        (["kraken", "okx"], ["kraken"], "okx must be listened to"),
        (["nowhere"], ["nowhere"], "cannot be sent to nowhere"),
        (["bitstamp"], ["bitstamp"], "cannot be sent to bitstamp"),
    ],
)
def test_orders_go_only_where_they_can(venues, heard, named):
    """An exchange that is not listened to, one that takes no orders from us, one that is not there."""
    with pytest.raises(UserError, match=named):
        wiring_desk.check(Settings(desk=Desk(venues=venues), exchanges=Exchanges(venues=heard)))


def test_keys_that_are_missing_or_open_to_others_are_one_line(tmp_path):
    """The file is named, and what to do."""
    settings = Settings(desk=Desk(venues=["kraken"], keys=tmp_path), exchanges=Exchanges(venues=["kraken"]))
    with pytest.raises(UserError, match="no keys for kraken"):
        wiring_desk.trader(settings, time.time_ns)
    (tmp_path / "kraken.json").write_text('{"apiKey": "s3cr3t-key", "secret": "s3cr3t"}')
    (tmp_path / "kraken.json").chmod(0o644)
    with pytest.raises(UserError, match="chmod 600") as caught:
        wiring_desk.trader(settings, time.time_ns)

    assert "s3cr3t" not in str(caught.value)


def test_no_key_is_ever_shown(tmp_path):
    """`config check` shows the folder and never what lies there."""
    (tmp_path / "kraken.json").write_text('{"apiKey": "s3cr3t-key", "secret": "s3cr3t"}')
    heard = "[exchanges]\nvenues = ['kraken']\n"
    (tmp_path / "repeg.toml").write_text(f"{heard}[desk]\nvenues = ['kraken']\nkeys = '{tmp_path}'\n")
    shown = CliRunner().invoke(app, ["config", "check", str(tmp_path / "repeg.toml")]).stdout

    assert str(tmp_path) in shown
    assert "s3cr3t" not in shown


def test_what_an_order_may_be_has_a_least_and_a_most():
    """One over the other is no mandate."""
    with pytest.raises(ValidationError):
        Desk(least_usd=10.0, most_usd=5.0)
