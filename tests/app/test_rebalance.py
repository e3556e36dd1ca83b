"""`repeg rebalance`, as a user has it."""

import asyncio
import json
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from inspect import signature
from io import StringIO

import pytest

from bot.app import inventory, screen
from bot.app.cli import app
from bot.app.commands.rebalance import rebalance as command
from bot.app.settings import load
from bot.model.coins import shipped
from bot.model.errors import UserError
from bot.model.markets import Market
from bot.model.orders import Purpose, Side, Style, Ticket, VenueSeen
from bot.model.ways import Way
from bot.records.journal import Journal
from bot.sandbox.exchange import Exchanges
from bot.sandbox.wire.exchange import Transit
from bot.strategy.rebalancing import Bounds
from bot.venues import credentials
from bot.venues.trader import Trader

WAYS = """
[ways.binance]
USDC.ERC20 = 4
USDT.TRC20 = 1.5

[ways.okx]
USDC.ERC20 = 3.5
USDT.tron = 1
"""


@dataclass
class Ran:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def rebalance(tmp_path):
    """The command on a state folder of its own."""

    def run(*words):
        out, err, code = StringIO(), StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("HOME", str(tmp_path))
            patch.setattr(screen.out, "width", 200)
            try:
                code = app(("rebalance", "--state", str(tmp_path), *words), standalone_mode=False) or 0
            except UserError as error:
                code = screen.complain(str(error)) or 1
        return Ran(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def file(tmp_path):
    """A targets file."""

    def write(text):
        path = tmp_path / "targets.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def seen(venue, *, ready=True, **balances):
    held = tuple((asset, Decimal(amount)) for asset, amount in balances.items())
    return VenueSeen(1, 1, venue, ready=ready, reason="" if ready else "it fell silent", balances=held)


def keep(folder, *events, live=False):
    """A journal with these."""
    journal = Journal.open(folder / f"journal-1{'' if live else '-dry'}.sqlite")
    for event in events:
        journal.append(event)
    journal.close()


def drifted(folder, **more):
    """Pairs were traded: money is at okx now, coins at binance."""
    keep(
        folder,
        seen("binance", USDC="10000", USDT="10000"),
        seen("okx", USDC="10000", USDT="10000"),
        seen("binance", USDC="19000", USDT="1000"),
        seen("okx", USDC="1000", USDT="19020", **more),
    )


def test_inventory_goes_back_to_where_it_was_at_first(rebalance, file, tmp_path):
    """By the books, over the ways the user tells, at the cheapest fee; the amount holds the fee."""
    drifted(tmp_path)
    told = json.loads(rebalance("--json", "--targets", file(WAYS)).stdout)

    assert [{name: each[name] for name in ("from", "to", "asset", "amount", "arrives")} for each in told["moves"]] == [
        {"from": "binance", "to": "okx", "asset": "USDC", "amount": "9000.00", "arrives": "8996.00"},
        {"from": "okx", "to": "binance", "asset": "USDT", "amount": "9010.00", "arrives": "9009.00"},
    ]
    assert [(each["network"], each["minutes"]) for each in told["moves"]] == [("ERC20", 24.0), ("TRC20", 6.0)]
    assert told["fees"] == {"USDC": "4", "USDT": "1"}
    assert (told["stuck"], told["left_out"], told["silent"]) == ([], {}, {})


def test_a_wallet_alone_has_nowhere_to_move_to(rebalance, tmp_path):
    """That is not to be on target: there is no exchange, and one line says so."""
    keep(tmp_path, seen("chain", USDC="10000", ETH="1"))
    ran = rebalance()

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "no exchange in" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_people_see_a_table(rebalance, file, tmp_path):
    """A line a move, with its reason."""
    drifted(tmp_path)
    lines = rebalance("--targets", file(WAYS)).stdout.splitlines()

    assert lines[0].split() == ["from", "to", "asset", "amount", "network", "fee", "minutes", "why"]
    assert lines[1].split()[:7] == ["binance", "okx", "USDC", "9000.00", "ERC20", "4", "24.0"]
    assert "binance has 9,000.00 too many, okx 9,000.00 too few" in lines[1]


def test_what_coming_back_costs_a_pair_is_told(rebalance, file, tmp_path):
    """Both fees, on what gathers at the most: twenty thousand coins, as many as there are of either."""
    drifted(tmp_path)
    ran = rebalance("--json", "--targets", file(WAYS))
    told = json.loads(ran.stdout)["drift"]
    ways = {(each["coin"], each["bought_at"]): each["back_bp"] for each in told["ways"]}
    people = rebalance("--targets", file(WAYS))

    assert told["assumed_bp"] == 2.0
    assert {(each["money"], each["sold_at"]) for each in told["ways"] if each["coin"] == "USDC"} == {
        ("USDT", "okx"),
        ("USDT", "binance"),
    }
    assert ways["USDC", "binance"] == pytest.approx((4 + 1) / 20_000 * 1e4)
    assert ways["USDC", "okx"] == pytest.approx((3.5 + 1.5) / 20_000 * 1e4)
    assert "pairs pay 2 bp for it" in people.stderr
    assert "back bp" in people.stdout


def test_targets_of_ones_own_and_equal_parts(rebalance, file, tmp_path):
    """Only the proportions count; exchanges that are not named are left alone."""
    keep(tmp_path, seen("binance", USDC="80000"), seen("okx", USDC="0"), seen("kraken", USDC="0"))
    own = json.loads(rebalance("--json", "--targets", file(WAYS + "[targets]\nbinance.USDC = 1\nokx.USDC = 3")).stdout)
    equal = json.loads(rebalance("--json", "--equal", "--targets", file(WAYS)).stdout)

    assert [(each["to"], each["amount"]) for each in own["moves"]] == [("okx", "60000.00")]
    assert own["stuck"] == []
    assert [each["to"] for each in equal["moves"]] == ["okx"]
    assert {each["venue"]: each["why"].split(";")[0] for each in equal["stuck"]} == {
        "binance": "kraken does not say over which networks USDC goes",
        "kraken": "kraken does not say over which networks USDC goes",
    }


def test_what_is_worth_a_move_is_said_once():
    """Unless told otherwise the command asks for what the strategy thinks right."""
    told = {name: each.default for name, each in signature(command).parameters.items()}

    assert Bounds(told["tolerance"], told["most_bp"], told["least_usd"]) == Bounds()


def test_on_target_it_says_so(rebalance, tmp_path):
    """And needs no networks for it."""
    keep(tmp_path, seen("binance", USDC="8000"), seen("okx", USDC="500"))

    assert rebalance().stdout == "nothing to move: every exchange is on its target\n"


def test_an_exchange_that_is_not_known_well_enough_is_left_out(rebalance, file, tmp_path):
    """And told: what lies there now nobody knows."""
    drifted(tmp_path)
    keep(tmp_path, seen("okx", ready=False, USDC="1000", USDT="19020"))
    words = ("--targets", file(WAYS))

    assert json.loads(rebalance("--json", *words).stdout)["left_out"] == {"okx": "it fell silent"}
    assert "okx: it fell silent" in rebalance(*words).stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[targets", "is not TOML"),
        ("[goals]", "goals: only [targets.<exchange>]"),
        ("targets = 3", "targets: a table is wanted"),
        ("[targets]\nokx = 3", "okx: a table is wanted"),
        ("[targets.okx]\nQUSD = 3", "QUSD is not a coin repeg knows"),
        ("[targets.okx]\nUSDC = -3", "targets.okx.USDC: a number of coins is wanted"),
        ("[targets.okx]\nUSDC = nan", "targets.okx.USDC: a number of coins is wanted"),
        ("[targets.okx]\nUSDC = inf", "targets.okx.USDC: a number of coins is wanted"),
        ("[targets.okx]\nUSDC = true", "targets.okx.USDC: a number of coins is wanted"),
        ("[targets.okx]\nUSDC = 0", "no target is above zero"),
        ("[ways.okx]\nUSDC = 3", "USDC: a table is wanted"),
        ("ways.okx = 3", "okx: a table is wanted"),
        ("[ways.okx.USDC]\nAVAX = 3", "ways.okx.USDC.AVAX: no such network"),
        ("[ways.okx.USDC]\nERC20 = '3'", "ways.okx.USDC.ERC20: a number of coins is wanted"),
    ],
)
def test_a_wrong_file_is_one_line(rebalance, file, tmp_path, text, told):
    """With exit code 1 and nothing on stdout."""
    drifted(tmp_path)
    ran = rebalance("--targets", file(text))

    assert (ran.returncode, ran.stdout) == (1, "")
    assert told in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_without_books_there_is_nothing_to_tell(rebalance, file, tmp_path):
    """One line, also for a file that is not there, and for two targets at once."""
    assert "no exchange's books" in rebalance().stderr
    assert "cannot read the targets" in rebalance("--targets", str(tmp_path / "none")).stderr
    two = rebalance("--equal", "--targets", file("[targets.okx]\nUSDC = 1"))
    assert "not both" in two.stderr


@asynccontextmanager
async def exchanges_with_money(folder):
    """Two exchanges on this machine, keys for one of them and a third, and settings that name all three."""
    async with Exchanges(("binance", "okx"), markets=dict.fromkeys(("binance", "okx"), "USDC/USDT")) as exchanges:
        for venue, amount in (("binance", 19_000), ("okx", 1_000)):
            exchanges.fund(venue, "USDC", Decimal(amount))
            exchanges.quote(venue, "USDC", "USDT", 0.999, 1.001, 5_000.0, 5_000.0)
            exchanges.transit(venue, "USDC", Transit(deposits=True, withdrawals=True, fee=Decimal("1.5")))
            key = folder / f"{venue}.json"
            key.write_text('{"apiKey": "k3y-1", "secret": "c2VjcmV0LW9mLXNhbmRib3g=", "password": "pass"}')
            key.chmod(0o600)
        settings = folder / "repeg.toml"
        settings.write_text(
            f'[exchanges]\nthrough = "{exchanges.url}"\ncoins = ["USDC", "USDT"]\n'
            f'[desk]\nkeys = "{folder}"\nvenues = ["binance", "okx", "kraken"]\n'
        )
        yield exchanges, settings


async def stand(folder, url):
    """An order of the bot's, which rests far from the market and which no journal here knows."""
    made = Ticket(
        "rp1",
        "t1",
        "pair",
        "USDC",
        Market("okx", "USDC", "USDT"),
        Side.SELL,
        Decimal(100),
        Decimal("1.05"),
        Style.REST,
        Purpose.ENTER,
        1.0,
        1,
        1.0,
    )
    keys = [credentials.read("okx", folder)]
    async with Trader(keys, shipped(), ("USDC", "USDT"), url) as trader:
        await trader.start([])
        await trader.place(made)


async def test_exchanges_are_asked_and_nothing_is_changed_there(rebalance, tmp_path):
    """Balances and networks are as they say now; an order that stands goes on standing, whoever sent it."""
    async with exchanges_with_money(tmp_path) as (exchanges, settings):
        await stand(tmp_path, exchanges.url)
        answers = await inventory.ask(load(settings), shipped(), balances=True)
        words = ("-c", str(settings), "--live", "--equal", "--json")
        told = json.loads((await asyncio.to_thread(rebalance, *words)).stdout)

        assert answers.ways["okx"]["USDC"] == {"ERC20": Way(True, True, Decimal("1.5"))}
        assert {each.venue: dict(each.balances)["USDC"] for each in answers.seen} == {"binance": 19_000, "okx": 1_000}
        assert "no keys for kraken" in answers.silent["kraken"]
        assert [(each["from"], each["amount"], each["fee"]) for each in told["moves"]] == [
            ("binance", "9000.00", "1.5")
        ]
        assert exchanges.balance("binance")["USDC"] == 19_000
        assert [each.asked.client_id for each in exchanges.account("okx").open()] == ["rp1"]
