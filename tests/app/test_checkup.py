"""What `repeg doctor` finds of who may send orders: keys of exchanges, and the wallet that trades in pools."""

import json

import pytest
from venues.wallets import COINS, funded

from bot.app import checkup
from bot.sandbox.addresses import OPERATOR, TRADER

pytestmark = pytest.mark.chain

KEYS = json.dumps({"apiKey": "k3y-of-the-sandbox", "secret": "c2VjcmV0LW9mLXNhbmRib3g="})


def private(file, text, mode=0o600):
    """A file that its owner alone can read, if nothing else is said."""
    file.write_text(text)
    file.chmod(mode)


def sealed(file, who, mode=0o600):
    """A keystore, as far as it can be read without its password."""
    private(file, json.dumps({"crypto": {}, "address": who[2:].lower()}), mode)


@pytest.fixture
def home(actor, tmp_path):
    """A user with a wallet of coins, an operator, keys of an exchange, and settings."""
    funded(actor, TRADER, coins=50)
    sealed(tmp_path / "wallet.json", TRADER)
    sealed(tmp_path / "operator.json", OPERATOR)
    private(tmp_path / "kraken.json", KEYS)
    (tmp_path / "repeg.toml").write_text(
        f"""
        state = "{tmp_path}/state"
        node.urls = ["{actor.node.url}"]
        watch.registry = "sandbox"
        wallet.keystore = "{tmp_path}/operator.json"
        exchanges.venues = ["kraken"]
        desk.venues = ["kraken"]
        desk.keys = "{tmp_path}"
        desk.chain.keystore = "{tmp_path}/wallet.json"
        """
    )
    return tmp_path


async def examined(home):
    """What is found, by what was looked at."""
    return {each.what: each for each in await checkup.examine(home / "repeg.toml")}


async def test_keys_and_wallet_of_the_desk_are_looked_at(home):
    """Whose wallet it is and what lies there is told, no password asked for, and no key shown."""
    found = await examined(home)
    wallet = found["desk wallet"]

    assert (found["keys of kraken"].state, wallet.state) == ("works", "works")
    assert wallet.detail.startswith(f"{TRADER}: ")
    assert all(lot in wallet.detail for lot in ("50 USDC", "50 USDT", "50 DAI", "100 ETH"))
    assert not any("k3y" in each.detail for each in found.values())


def opened(home, _actor):
    (home / "wallet.json").chmod(0o644)


def gone(home, _actor):
    (home / "wallet.json").unlink()


def shared(home, _actor):
    sealed(home / "wallet.json", OPERATOR)


def scribbled(home, _actor):
    private(home / "wallet.json", "no keystore")


def poor(_home, actor):
    actor.rpc("anvil_setBalance", TRADER, "0x0")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (opened, "chmod 600"),
        (gone, "cannot read the keystore"),
        (shared, "the operator's key"),
        (scribbled, "not a keystore"),
        (poor, "no ether for gas"),
    ],
)
async def test_a_wallet_that_cannot_trade_is_broken(home, actor, spoil, why):
    """In one line that says what to do, and nothing else is found broken for it."""
    spoil(home, actor)
    found = await examined(home)

    assert found["desk wallet"].state == "broken"
    assert why in found["desk wallet"].detail
    assert "\n" not in found["desk wallet"].detail
    assert found["keys of kraken"].state == "works"


async def test_a_wallet_without_coins_is_told_as_missing_them(home, actor):
    """It has what gas costs, and nothing to trade with."""
    for coin in COINS.values():
        if coin.symbol in ("USDC", "USDT", "DAI", "sUSD"):
            actor.deal(coin.address, TRADER, 0)
    found = (await examined(home))["desk wallet"]

    assert found.state == "missing"
    assert "no coins" in found.detail


def unread(home):
    (home / "kraken.json").chmod(0o640)


def lost(home):
    (home / "kraken.json").unlink()


def deaf(home):
    told = (home / "repeg.toml").read_text()
    (home / "repeg.toml").write_text(told.replace('exchanges.venues = ["kraken"]', 'exchanges.venues = ["okx"]'))


@pytest.mark.parametrize(("spoil", "why"), [(unread, "chmod 600"), (lost, "no keys"), (deaf, "must be listened to")])
async def test_an_exchange_that_cannot_be_traded_at_is_broken(home, spoil, why):
    """Keys that others may read, or that are not there, and a venue that nobody hears."""
    spoil(home)
    found = await examined(home)

    assert found["keys of kraken"].state == "broken"
    assert why in found["keys of kraken"].detail
    assert found["desk wallet"].state == "works"


async def test_without_a_desk_only_the_wallet_is_told_as_missing(home):
    """Nobody has to trade at exchanges or in pools."""
    told = (home / "repeg.toml").read_text()
    (home / "repeg.toml").write_text("\n".join(line for line in told.splitlines() if "desk." not in line))
    found = await examined(home)

    assert found["desk wallet"].state == "missing"
    assert not [what for what in found if what.startswith("keys of")]
