"""The commands on a chain that `repeg chain up` started, as a user has it."""

import json
import socket

import pytest

from bot.sandbox import cache, chain
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import GUARDIAN, OWNER, TREASURY
from bot.venues import keys
from bot.venues.registry import load

from .test_cli import repeg

pytestmark = pytest.mark.chain

SANDBOX = load("sandbox")


def free_port():
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lend_cache(home):
    """The chain that was built once, without what `up` remembers there."""
    with chain.running():
        pass
    own = home / "repeg" / "sandbox"
    own.mkdir(parents=True)
    for kept in cache.folder().glob("state-*.json"):
        (own / kept.name).symlink_to(kept)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A user with a chain, an executor, a key and settings; the chain is taken down by its own command."""
    home = tmp_path_factory.mktemp("home")
    lend_cache(home)
    up = repeg("chain", "up", "--port", str(free_port()), "--block-time", "1", "--json", home=home)
    assert up.returncode == 0, up.stderr
    url = json.loads(up.stdout)["url"]
    actor = Actor(url)
    operator = keys.create(home / "operator.json", home / "password")
    actor.rpc("anvil_setBalance", operator, hex(10**20))
    executor = actor.deploy_executor(OWNER, operator, GUARDIAN, TREASURY)
    (home / "repeg.toml").write_text(
        f"""
        armed = true
        state = "{home}/state"
        node.urls = ["{url}"]
        watch.registry = "sandbox"
        executor.address = "{executor}"
        wallet.keystore = "{home}/operator.json"
        wallet.password_file = "{home}/password"
        usd.WETH = 1600.0
        """
    )
    yield home
    actor.close()
    down = repeg("chain", "down", "--json", home=home)
    assert json.loads(down.stdout)["running"] is False


def run(home, *words):
    """A command with the user's settings, its JSON read."""
    ran = repeg(*words, "--config", str(home / "repeg.toml"), "--json", home=home)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def unbalance(home):
    """Somebody sells two million USDC for USDT in one pool; mined within a second, as everything here."""
    actor = Actor(run_status(home)["url"])
    coins = {coin.symbol: coin.address for coin in SANDBOX.coins.values()}
    wanted = {coins["USDC"], coins["USDT"]}
    pool = next(each for each in SANDBOX.pools.values() if each.family == "uniswap-v3" and set(each.coins) == wanted)
    actor.swap(pool, 0, 1, 2_000_000 * 10**6)
    actor.mine()
    actor.close()


def run_status(home):
    """Where the chain is."""
    return json.loads(repeg("chain", "status", "--json", home=home).stdout)


def test_the_chain_is_up(home):
    """Its status names the node, and a second `up` is refused in one line."""
    again = repeg("chain", "up", "--port", str(free_port()), home=home)

    assert run_status(home)["running"] is True
    assert again.returncode == 1
    assert "runs already" in again.stderr


def test_the_doctor_finds_nothing_broken(home):
    """Everything works on the sandbox; the state folder is made by the first run."""
    found = {each["what"]: each for each in run(home, "doctor")}

    assert {each["state"] for each in found.values()} <= {"works", "missing"}
    assert found["executor"]["state"] == "works"


def test_lenders_and_pools_are_listed(home):
    """With cash, fee and callback; with coins and rates; verified."""
    lenders, pools = run(home, "lenders"), run(home, "pools")

    assert {"onMorphoFlashLoan", "receiveFlashLoan", "executeOperation", "onFlashLoan"} <= {
        each["callback"] for each in lenders
    }
    assert all(each["verified"] for each in pools)
    assert any(each["coins"] == ["USDC", "USDT"] for each in pools)


def test_another_registry_says_what_it_dropped(home):
    """Mainnet's registry on the sandbox: what is not there is named, with the reason."""
    told = repeg("pools", "-c", str(home / "repeg.toml"), "--registry", "mainnet", "--json", home=home)
    dropped = [each for each in json.loads(told.stdout) if not each["verified"]]

    assert dropped
    assert all(each["why_not"] for each in dropped)


def test_a_dry_run_sends_nothing(home):
    """The bot sees the chance, asks the chain, and leaves it."""
    unbalance(home)
    ran = repeg("run", "-c", str(home / "repeg.toml"), "--blocks", "1", "--json", home=home)
    told = [json.loads(line) for line in ran.stdout.splitlines()]

    assert ran.returncode == 0, ran.stderr
    assert any(each["kind"] == "rejected" and "would pay" in each["reason"] for each in told)
    assert run(home, "tx", "list", "--dry-run")


def test_live_it_captures_and_the_books_tell(home):
    """`run --live` captures; `tx list`, `tx status` and `tx watch` tell the same of it."""
    unbalance(home)
    ran = repeg("run", "-c", str(home / "repeg.toml"), "--live", "--blocks", "4", "--json", home=home)
    assert ran.returncode == 0, ran.stderr
    captured = next(each for each in map(json.loads, ran.stdout.splitlines()) if each["kind"] == "mined")
    listed = {each["plan"]: each for each in run(home, "tx", "list")}[captured["plan_id"]]
    status = run(home, "tx", "status", captured["hash"])
    watched = run(home, "tx", "watch", captured["plan_id"])

    assert listed["state"] == status["state"] == watched["state"] == "mined"
    assert status["node"]["says"] == "succeeded"
    assert status["route"]
