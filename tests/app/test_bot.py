"""The whole bot on the sandbox chain: what `repeg run` does."""

import json

import pytest
from eth_account import Account

from bot.app import wiring
from bot.app.settings import Executor, Fees, Node, Settings, Wallet, Watch
from bot.model.errors import UserError
from bot.model.events import Mined, Quote, QuotesSeen, Rejected
from bot.strategy.engine import resume
from bot.venues.registry import load
from bot.venues.rpc import WrongChain

pytestmark = pytest.mark.chain

OWNER, GUARDIAN, TREASURY = ("0x" + digit * 40 for digit in "123")
BUILDER = "0x" + "b" * 40
PAUSE = "0x8456cb59"  # pause()
SANDBOX = load("sandbox")


def quiet(_text):
    """Says nothing."""


def pool(name):
    """A pool of the sandbox by its name in the registry."""
    return next(pool for pool in SANDBOX.pools.values() if pool.name == name)


def widest_uniswap_pool():
    """Some 1 bp pool of USDC and USDT."""
    coins = {coin.address: coin.symbol for coin in SANDBOX.coins.values()}
    return next(
        each
        for each in SANDBOX.pools.values()
        if each.family == "uniswap-v3" and {coins[coin] for coin in each.coins} == {"USDC", "USDT"}
    )


@pytest.fixture
def unbalanced(actor):
    """Somebody sold two million of the first coin for the second: a chance, in the newest block."""
    actor.swap(widest_uniswap_pool(), 0, 1, 2_000_000 * 10**6)
    actor.mine()
    return actor


@pytest.fixture
def wallet(tmp_path, actor):
    """An operator with ether, and an executor that obeys it."""
    keystore, password = tmp_path / "operator.json", tmp_path / "password"
    account = Account.from_key("0x" + "7" * 64)
    keystore.write_text(json.dumps(account.encrypt("secret", iterations=2)))  # quick to open, as no real one should be
    password.write_text("secret")
    keystore.chmod(0o600)
    password.chmod(0o600)
    actor.rpc("anvil_setBalance", account.address, hex(10**20))
    executor = actor.deploy_executor(OWNER, account.address, GUARDIAN, TREASURY)
    return Wallet(keystore=keystore, password_file=password), executor


@pytest.fixture
def settings(tmp_path, sandbox, wallet):
    """Armed settings for the sandbox."""
    return Settings(
        armed=True,
        state=tmp_path / "state",
        node=Node(urls=[sandbox.url]),
        watch=Watch(registry="sandbox"),
        executor=Executor(address=wallet[1]),
        wallet=wallet[0],
        usd={"WETH": 1600.0},
    )


async def newest(actor, reader):
    """The newest block, read."""
    return await reader.read(actor.rpc("eth_getBlockByNumber", "latest", False))


async def lived(settings, actor, *, live, blocks=2, **options):
    """Run the bot over the newest block and the ones after it; what it heard, and the bot."""
    heard = []
    async with wiring.bot(settings, live=live, say=quiet, **options) as (bot, reader):
        bot.witness = lambda happened, _state: heard.append(happened)
        for _ in range(blocks):
            await bot.on_block(await newest(actor, reader))
            actor.mine()
        return bot, heard


async def test_a_dry_run_asks_the_chain_and_sends_nothing(settings, unbalanced):
    """Each plan ends in what the executor would have paid."""
    _, heard = await lived(settings, unbalanced, live=False)
    ends = [each for each in heard if isinstance(each, Rejected)]

    assert ends
    assert all("would pay" in each.reason for each in ends)


async def test_live_it_captures_into_the_treasury(settings, unbalanced):
    """What the chain reports as profit is what the treasury holds."""
    _, heard = await lived(settings, unbalanced, live=True)
    captures = [each for each in heard if isinstance(each, Mined)]

    assert captures
    for token in {each.token for each in captures}:
        banked = sum(each.profit for each in captures if each.token == token)
        assert unbalanced.balance(token, TREASURY) == banked


async def test_the_builder_gets_its_share(settings, unbalanced):
    """With a tip set, profit in the tip pool's coin is shared in ether, and the treasury gets the rest."""
    weth = next(coin.address for coin in SANDBOX.coins.values() if coin.symbol == "WETH")
    tip_pool = next(each.address for each in SANDBOX.pools.values() if weth in each.coins)
    executor = settings.executor.model_copy(update={"tip_pool": tip_pool})
    tipping = settings.model_copy(update={"fees": Fees(tip_bps=5_000), "executor": executor})
    unbalanced.rpc("anvil_setCoinbase", BUILDER)
    bot, heard = await lived(tipping, unbalanced, live=True)
    captures = [each for each in heard if isinstance(each, Mined)]

    assert captures, [each.reason for each in heard if hasattr(each, "reason")]
    tipped = [each for each in captures if each.token in bot.policy.registry.pools[tip_pool].coins]
    assert bool(tipped) == (int(unbalanced.rpc("eth_getBalance", BUILDER, "latest"), 16) > 10**16)


async def test_a_restart_knows_what_was_earned(settings, unbalanced):
    """The journal alone gives the books back."""
    bot, _ = await lived(settings, unbalanced, live=True)
    async with wiring.bot(settings, live=True, say=quiet) as (again, _):
        assert again.state.ledger.earned == bot.state.ledger.earned
        assert again.state == resume((event for _, event in again.journal.replay()), again.policy)


async def test_what_a_coin_is_worth_is_told_to_the_bot(settings, unbalanced):
    """Quotes change what profit counts for."""
    async with wiring.bot(settings, live=False, say=quiet) as (bot, reader):
        now = bot.clock()
        await bot.on_look(QuotesSeen(now, now, (Quote(now, now, "kraken", "USDC", "USD", 0.9, 0.9),)))
        await bot.on_block(await newest(unbalanced, reader))

        assert bot.state.values.values["USDC"].usd == pytest.approx(0.9, rel=0.05)


async def test_the_halt_file_counts_while_only_quotes_come(settings):
    """Whoever pulls it between blocks is heard at the next look, even one that says nothing new."""
    async with wiring.bot(settings, live=False, say=quiet) as (bot, _):
        bot.switch.pull("by hand")
        await bot.on_look(QuotesSeen(1, 1, ()))

        assert bot.state.standing.halted == "by hand"


async def test_the_halt_file_stops_it_over_restarts(settings, unbalanced):
    """Pulled, nothing is sent; cleared by hand, it trades again."""
    settings.folder.mkdir(parents=True)
    (settings.folder / "HALT").write_text("lunch")
    halted, heard = await lived(settings, unbalanced, live=True)
    cleared, _ = await lived(settings, unbalanced, live=True, clear_halt=True)

    assert not [each for each in heard if isinstance(each, Mined)]
    assert halted.state.standing.halted == "lunch"
    assert cleared.state.ledger.captures


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"armed": False}, "armed"),
        ({"wallet": Wallet()}, "keystore"),
        ({"usd": {}}, "WETH"),
        ({"fees": Fees(tip_bps=100)}, "tip_pool"),
        ({"usd": {"WETH": 1.0, "NONE": 1.0}}, "NONE"),
        ({"watch": Watch(registry="mainnet"), "executor": Executor(address=SANDBOX.lenders[0].address)}, "executor"),
    ],
    ids=["not armed", "no key", "no price of ether", "no tip pool", "unknown coin", "foreign code"],
)
async def test_what_stands_in_the_way_is_named(settings, change, named):
    """Nothing starts, and one line says why."""
    with pytest.raises(UserError, match=named):
        async with wiring.bot(settings.model_copy(update=change), live=True, say=quiet):
            pass


async def test_a_key_that_the_executor_does_not_obey_is_refused(settings, actor):
    """Each transaction of another key would only burn gas."""
    foreign = actor.deploy_executor(OWNER, OWNER, GUARDIAN, TREASURY)
    with pytest.raises(UserError, match="obeys"):
        async with wiring.bot(
            settings.model_copy(update={"executor": Executor(address=foreign)}), live=True, say=quiet
        ):
            pass


async def test_what_keeps_it_from_trading_now_is_told_at_the_start(settings, actor):
    """A paused executor and an operator without ether may change while it runs, so it starts and says so."""
    actor.rpc("anvil_setBalance", Account.from_key("0x" + "7" * 64).address, "0x0")
    actor.rpc("anvil_impersonateAccount", GUARDIAN)
    actor.rpc("anvil_setBalance", GUARDIAN, hex(10**18))
    actor.rpc("eth_sendTransaction", {"from": GUARDIAN, "to": settings.executor.address, "data": PAUSE})
    actor.mine()
    said = []
    async with wiring.bot(settings, live=True, say=said.append):
        assert any("is paused" in text for text in said)
        assert any("no ether" in text for text in said)


async def test_a_state_folder_that_cannot_be_made_is_one_line(settings, tmp_path):
    """A file stands in its place."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="state folder"):
        async with wiring.bot(settings.model_copy(update={"state": tmp_path / "file"}), live=False, say=quiet):
            pass


async def test_coins_are_named_in_any_case(settings):
    """The environment, which has small letters only, can name a coin too."""
    async with wiring.bot(settings.model_copy(update={"usd": {"weth": 1234.0}}), live=False, say=quiet) as (bot, _):
        assert bot.policy.usd[bot.policy.weth] == 1234.0


async def test_a_dry_run_pretends_with_the_tip(settings, unbalanced):
    """What the executor would pay after the builder's share is asked of the chain with the tip's pool."""
    weth = next(coin.address for coin in SANDBOX.coins.values() if coin.symbol == "WETH")
    tip_pool = next(each.address for each in SANDBOX.pools.values() if weth in each.coins)
    executor = settings.executor.model_copy(update={"tip_pool": tip_pool})
    tipping = settings.model_copy(update={"fees": Fees(tip_bps=5_000), "executor": executor})
    _, heard = await lived(tipping, unbalanced, live=False)
    ends = [each.reason for each in heard if isinstance(each, Rejected)]

    assert ends
    assert all("would pay" in reason for reason in ends), ends


async def test_another_chain_is_refused(settings):
    """A node of another chain is not used."""
    with pytest.raises(WrongChain):
        async with wiring.bot(
            settings.model_copy(update={"node": Node(urls=settings.node.urls, chain_id=5)}), live=False, say=quiet
        ):
            pass
