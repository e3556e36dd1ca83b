"""Settings: a file, over it the environment; what is wrong is named in one line."""

import pytest
from typer.testing import CliRunner

from bot.app import cli, coins
from bot.app.settings import Settings, load
from bot.model.errors import UserError
from bot.strategy.planning import Bidding
from bot.strategy.risk import Limits
from bot.strategy.thresholds import Thresholds

RUNNER = CliRunner()


@pytest.fixture
def written(tmp_path):
    """Writes a settings file."""

    def write(text):
        file = tmp_path / "repeg.toml"
        file.write_text(text)
        return file

    return write


def test_the_example_is_what_repeg_takes_without_a_file(written):
    """Every key of the example stands at its default."""
    example = RUNNER.invoke(cli.app, ["config", "example"]).stdout

    assert load(written(example)) == Settings()


def test_defaults_are_the_strategys_own():
    """Limits, bidding and thresholds are said once, in the strategy."""
    assert Settings().risk.limits() == Limits()
    assert Settings().fees.bidding() == Bidding()
    assert Settings().detection.thresholds() == Thresholds()


def test_environment_goes_over_the_file(written, monkeypatch):
    """A variable replaces one key and leaves its neighbours."""
    monkeypatch.setenv("REPEG__RISK__MIN_NET_USD", "7")
    settings = load(written("[risk]\nmin_net_usd = 5.0\nper_block = 3\n"))

    assert (settings.risk.min_net_usd, settings.risk.per_block) == (7.0, 3)


def test_flags_go_over_the_environment(monkeypatch, tmp_path):
    """What the command line says is last."""
    monkeypatch.setenv("REPEG__NODE__URLS", '["http://a"]')
    settings = load(None, node="http://b", state=tmp_path)

    assert settings.node.urls == ["http://b"]
    assert settings.folder == tmp_path


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[node]\nchain_id = 'one'\n", "node.chain_id"),
        ("[node]\nurls = []\n", "node.urls"),
        ("[risk]\nmax_loan = 5\n", "risk.max_loan"),
        ("armd = true\n", "armd"),
        ("[fees]\ntip_bps = 9_500\n", "fees.tip_bps"),
        ("[usd]\nUSDC = -1.0\n", "usd.USDC"),
        ("[node\n", "TOML"),
        ("[executor]\naddress = '0x1234'\n", "executor.address"),
        ("[executor]\ntip_pool = '0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f564a'\n", "executor.tip_pool"),
        ("[node]\nurls = ['localhost:8545']\n", "node.urls.0"),
        ("[node]\nurls = ['http://[::1']\n", "node.urls.0"),
        ("[risk]\nmax_loan_usd = inf\n", "risk.max_loan_usd"),
        ("[risk]\nmax_gas_eth = inf\n", "risk.max_gas_eth"),
        ("[fees]\npriority_gwei = inf\n", "fees.priority_gwei"),
        ("[exchanges]\nvenues = 'kraken'\n", "exchanges.venues"),
        ("[exchanges]\nthrough = 'localhost:8600'\n", "exchanges.through"),
        ("[detection]\nbegins_bp = 0\n", "detection.begins_bp"),
        ("[detection]\nseverities_bp = [20, 50, 200]\n", "detection.severities_bp"),
        ("[detection]\nseverities_bp = [20, 50, 500, 200, 1000]\n", "detection.severities_bp"),
        ("journal_days = 0\n", "journal_days"),
    ],
)
def test_a_wrong_setting_is_named(written, text, named):
    """One line names the key and the file."""
    with pytest.raises(UserError, match=named.replace(".", r"\.")) as caught:
        load(written(text))

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("most", "refused"), [(1.125, True), (1.126, False)])
def test_a_wallet_that_could_never_send_is_refused(written, most, refused):
    """What takes a swap back must fit under the bound as well, an eighth dearer; without a wallet nothing is bid."""
    table = f"[desk.chain]\nmax_fee_gwei = {most}\n"
    load(written(table))
    wallet = written(f"{table}keystore = 'wallet.json'\n")
    if not refused:
        load(wallet)
        return
    with pytest.raises(
        UserError, match=r"desk\.chain\.max_fee_gwei 1\.125 .* fees\.priority_gwei 1: nothing"
    ) as caught:
        load(wallet)

    assert "\n" not in str(caught.value)


def test_a_url_with_a_key_in_it_is_not_repeated(written):
    """Complaints name the setting, never its value."""
    with pytest.raises(UserError) as caught:
        load(written("[node]\nurls = 'https://node.example/v3/s3cr3t'\n"))

    assert "s3cr3t" not in str(caught.value)


def test_a_list_in_the_environment_that_is_not_json_is_explained(monkeypatch):
    """The line tells how to write it, and not what was written."""
    monkeypatch.setenv("REPEG__NODE__URLS", "https://node.example/v3/s3cr3t")
    with pytest.raises(UserError, match="lists are JSON") as caught:
        load(None)

    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_missing_file_says_how_to_make_one(tmp_path):
    """The way out is in the message."""
    with pytest.raises(UserError, match="repeg config example"):
        load(tmp_path / "none.toml")


def test_an_address_is_known_by_its_checksum(written):
    """Lower case is as good."""
    told = load(written("[executor]\ntip_pool = '0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640'\n"))

    assert told.executor.tip_pool == "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640"


def test_coins_of_ones_own_go_over_those_known(tmp_path):
    """A file adds coins; what it does not name stays."""
    file = tmp_path / "coins.toml"
    file.write_text('[MINE]\nname = "Mine"\nmechanism = "fiat-backed"\nalso = ["OURS"]\n')
    known = coins.known(file)

    assert coins.chosen(["ours", "usdc"], known) == ["MINE", "USDC"]
    assert coins.chosen([], known) == list(known.by_symbol)


@pytest.mark.parametrize("text", [None, "[MINE", '[MINE]\nname = "Mine"\n'], ids=["missing", "not TOML", "incomplete"])
def test_a_coins_file_that_cannot_be_read_is_named(tmp_path, text):
    """One line."""
    file = tmp_path / "coins.toml"
    if text:
        file.write_text(text)
    with pytest.raises(UserError, match=r"coins\.toml"):
        coins.known(file)


def test_a_stranger_is_named():
    """And how to add it."""
    with pytest.raises(UserError, match="nobody is not a coin"):
        coins.chosen(["nobody", "USDC"], coins.known(None))
