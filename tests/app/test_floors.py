"""Exchanges and a wallet on chain as one floor, and the settings of that wallet."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner
from venues.wallets import (
    BUY,
    MARKET,
    SELL,
    THREE,
    ether,
    funded,
    lies,
    ticket,
)

from bot.app import wiring, wiring_chain
from bot.app.cli import app
from bot.app.floors import Floors
from bot.app.paper_floor import PaperFloor
from bot.app.settings import Settings
from bot.model.decisions import ApprovedOrder, Place
from bot.model.errors import UserError
from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.orders import Ordered, OrderEnded, OrderFilled, VenueSeen
from bot.sandbox.addresses import GUARDIAN, OWNER, TREASURY
from bot.venues import keys

from .pretending import WALLET, pretending

pytestmark = pytest.mark.chain

KRAKEN = Market("kraken", "USDC", "USD")


def exchange() -> PaperFloor:
    """Kraken, where a thousand USDC stand at a dollar."""
    quote = Quote(1, 1, *KRAKEN, 0.999, 1.0, 1_000.0, 1_000.0)
    return PaperFloor(["kraken"], 1_000.0, lambda: 7, lambda: {KRAKEN: quote}, look=0.01)


async def test_an_order_goes_where_its_market_is(actor):
    """At the exchange by its book, on chain by the pool; terms and pulls too."""
    funded(actor, WALLET.address)
    async with pretending(actor) as (paper, _):
        floors = Floors({"chain": paper}, exchange())
        there = await floors.place(ticket("rp1", BUY, "10", "1.01", KRAKEN))
        here = await floors.place(ticket("rp2", BUY, "10", "1.01"))

        assert [each.fee_asset for each in (*there, *here) if isinstance(each, OrderFilled)] == ["USD", "ETH"]
        assert floors.terms(KRAKEN).flat_usd == 0 < floors.terms(MARKET).flat_usd
        assert await floors.pull("rp2", "why") == await floors.pull("nobody", "why") == []


async def test_each_starts_from_its_own_orders(actor):
    """What the journal holds of one is not told to the other."""
    left = [Ordered(1, 1, ticket("rp1", BUY, "10", "1.01", KRAKEN)), Ordered(1, 1, ticket("rp2", BUY, "10", "1.01"))]
    async with pretending(actor) as (paper, _):
        told = await Floors({"chain": paper}, exchange()).start(left)

    assert sorted(each.order_id for each in told if isinstance(each, OrderEnded)) == ["rp1", "rp2"]
    assert sorted(each.venue for each in told if isinstance(each, VenueSeen)) == ["chain", "kraken"]
    assert all(each.balances is None for each in told if isinstance(each, VenueSeen))


class Failing(PaperFloor):
    """Falls silent at once."""

    async def events(self):
        raise RuntimeError("a bug")
        yield


async def test_one_that_fails_silences_no_other():
    """What the other hears is heard."""
    waits = exchange()
    floors = Floors({"chain": Failing([], 1.0, lambda: 7, dict)}, waits)
    made = ticket("rp1", SELL, "10", "0.9995", KRAKEN)
    await waits.place(type(made)(**{**{name: getattr(made, name) for name in made.__slots__}, "style": "rest"}))
    waits.latest = lambda: {KRAKEN: Quote(2, 2, *KRAKEN, 1.1, 1.2, 1_000.0, 1_000.0)}
    events = floors.events()
    async with asyncio.timeout(5):
        fill = await anext(events)
    await events.aclose()

    assert isinstance(fill, OrderFilled)


def sealed(folder: Path, name: str) -> Path:
    """A keystore with its password beside it."""
    keys.create(folder / f"{name}.json", folder / f"{name}.password")
    return folder / f"{name}.json"


def owner_of(keystore: Path) -> str:
    """The address that a keystore is of."""
    return wiring_chain._named(keystore)


@pytest.fixture(scope="module")
def safe(tmp_path_factory) -> Path:
    """A folder with the keys of an operator and of a wallet."""
    folder = tmp_path_factory.mktemp("safe")
    for name in ("operator", "wallet"):
        sealed(folder, name)
    return folder


def written(safe: Path, state: Path, url: str, wallet: str = "wallet", **more) -> Settings:
    """What a user writes."""
    return Settings(
        **{
            "state": state,
            "armed": True,
            "node": {"urls": [url]},
            "watch": {"registry": "sandbox"},
            "wallet": {"keystore": safe / "operator.json", "password_file": safe / "operator.password"},
            "desk": {"chain": {"keystore": safe / f"{wallet}.json", "password_file": safe / f"{wallet}.password"}},
            "usd": {"WETH": 2_000.0},
            **more,
        }
    )


@asynccontextmanager
async def running(settings, *, live):
    """A bot as `repeg run` makes it."""
    async with wiring.bot(settings, live=live, say=lambda _: None) as (bot, _):
        yield bot


async def test_a_live_bot_trades_from_the_wallet(actor, safe, tmp_path):
    """An approved order is in the journal, on chain, and in the books, to the unit."""
    wallet, operator = owner_of(safe / "wallet.json"), owner_of(safe / "operator.json")
    funded(actor, wallet)
    actor.rpc("anvil_setBalance", operator, hex(10**18))
    executor = actor.deploy_executor(OWNER, operator, GUARDIAN, TREASURY)
    told = written(safe, tmp_path, actor.node.url, executor={"address": executor})
    async with running(told, live=True) as bot:
        account = bot.state.desk.account
        assert account.ready(THREE) is None
        assert account.free(THREE, "USDC") == lies(actor, "USDC", wallet)
        assert bot.floor.terms(MARKET).flat_usd > 0
        await bot._carry_out(Place(ApprovedOrder(ticket("rp1", SELL, "10", "0.9"))))
        async with asyncio.timeout(10):
            async for event in bot.errands.heard():
                await bot.tell(event)
                if isinstance(event, VenueSeen):
                    break
        after = bot.state.desk.account
        other = written(safe, tmp_path / "other", actor.node.url, executor={"address": executor})
        with pytest.raises(UserError, match="another process trades with this wallet"):
            async with running(other, live=True):
                pass

    assert after.balances["chain", "USDT"] == lies(actor, "USDT", wallet) > 1_000_000
    assert after.balances["chain", "ETH"] == ether(actor, wallet)
    assert not after.orders


async def test_in_a_dry_run_no_password_is_asked_for(actor, safe, tmp_path):
    """Whose wallet it is stands in the keystore."""
    wallet = owner_of(safe / "wallet.json")
    funded(actor, wallet)
    told = written(safe, tmp_path, actor.node.url)
    (tmp_path / "wallet.json").write_text((safe / "wallet.json").read_text())
    (tmp_path / "wallet.json").chmod(0o600)
    told = written(safe, tmp_path, actor.node.url, desk={"chain": {"keystore": tmp_path / "wallet.json"}})
    async with running(told, live=False) as bot:
        assert bot.state.desk.account.free(THREE, "DAI") == lies(actor, "DAI", wallet) == 1_000_000


async def test_the_operators_key_is_no_wallet(actor, safe, tmp_path):
    """Two who use one key would take each other's nonces: refused in one line, in a dry run as well."""
    told = written(safe, tmp_path, actor.node.url, "operator")
    with pytest.raises(UserError, match="the operator's key") as caught:
        async with running(told, live=False):
            pass

    assert "\n" not in str(caught.value)


def checked(folder: Path, text: str):
    """`repeg config check`."""
    file = folder / "repeg.toml"
    file.write_text(text)
    return CliRunner().invoke(app, ["config", "check", str(file)])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[desk]\nvenues = ['nowhere']\n", "orders cannot be sent to nowhere"),
        ("[desk]\nvenues = ['kraken']\n", "must be listened to"),
        ("[desk.chain]\nkeystore = 'none.json'\n", "cannot read the keystore"),
        ("[desk.chain]\nkeystore = '{open}'\n", "chmod 600"),
        ("[desk.chain]\nkeystore = '{text}'\n", "not a keystore"),
        ("[desk.chain]\nkeystore = '{good}'\npassword_file = 'none'\n", "cannot read the password file"),
        ("[desk.chain]\nmax_fee_gwei = 0\n", "desk.chain.max_fee_gwei"),
        ("[desk.chain]\nconfirmations = 0\n", "desk.chain.confirmations"),
        ("[wallet]\nkeystore = '{good}'\n[desk.chain]\nkeystore = '{good}'\n", "the operator's key"),
    ],
)
def test_config_check_says_what_is_wrong(tmp_path, text, why):
    """Before any node is asked."""
    files = {"open": "{}", "text": "no json", "good": json.dumps({"crypto": {}, "address": WALLET.address[2:].lower()})}
    for name, inside in files.items():
        file = tmp_path / name
        file.write_text(inside)
        file.chmod(0o644 if name == "open" else 0o600)
    result = checked(tmp_path, text.format(**{name: tmp_path / name for name in files}))

    assert result.exit_code == 1
    assert why in str(result.exception) + result.output


def test_config_check_shows_a_wallet_that_can_be_used(safe, tmp_path):
    """Its files, and nothing of what is in them."""
    result = checked(tmp_path, f"[desk.chain]\nkeystore = '{safe}/wallet.json'\n")

    assert result.exit_code == 0
    assert "wallet.json" in result.output
    assert "ciphertext" not in result.output
