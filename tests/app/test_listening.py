"""`repeg run` with exchanges: what their books say is what coins count for, and they never hold up the chain."""

import asyncio
from contextlib import aclosing, asynccontextmanager, suppress

import pytest

from bot.app import inbox, wiring
from bot.app.settings import Detection, Exchanges, Node, Settings, Watch
from bot.model.decisions import Warn
from bot.model.errors import UserError
from bot.model.events import BlockSeen, QuotesSeen
from bot.records.journal import Journal
from bot.sandbox import exchange
from bot.strategy.engine import State, step

from .test_bot import quiet

pytestmark = pytest.mark.chain

NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port
VENUES = ["kraken", "coinbase"]
COINS = dict.fromkeys(("USDC", "USDT", "DAI"), 0.95)  # the chain has them at par with one another
WORTH = {"BTC": 20_000.0, "ETH": 1_600.0, **COINS}


@asynccontextmanager
async def exchanges():
    """Two exchanges where dollar coins are at 0.95, and where nothing rests."""
    async with exchange.Exchanges(VENUES) as made:
        moving = asyncio.create_task(_moved(made))
        yield made
        moving.cancel()
        with suppress(asyncio.CancelledError):
            await moving


async def _moved(made):
    spread = 1.0
    while True:
        spread = 3.0 - spread
        for venue in VENUES:
            for each in made.listings(venue):
                price = WORTH.get(each.base, 1.0) / WORTH.get(each.quote, 1.0)
                made.quote(venue, each.base, each.quote, price * (1 - 1e-4 * spread), price * (1 + 1e-4 * spread))
        await asyncio.sleep(0.05)


@pytest.fixture
def settings(tmp_path, sandbox):
    """A dry run that is told nothing of what ether costs."""
    return Settings(
        state=tmp_path,
        node=Node(urls=[sandbox.url]),
        watch=Watch(registry="sandbox"),
        exchanges=Exchanges(venues=VENUES, coins=["USDC", "USDT", "DAI"], through=NOWHERE),
        detection=Detection(hold=0.2),
    )


async def listened(settings, until):
    """A bot that has heard the chain and the exchanges until something holds of it, and what it said."""
    said = []
    async with wiring.bot(settings, live=False, say=quiet) as (bot, reader), wiring.quotes(settings) as feeds:
        bot.witness = lambda happened, _state: said.append(happened)
        async with aclosing(inbox.events(reader.blocks(), feeds.looks(), bot.clock)) as events:
            async for event in events:
                match event:
                    case BlockSeen():
                        await bot.on_block(event)
                    case QuotesSeen():
                        await bot.on_look(event)
                if until(bot):
                    break
    return bot, said


def replayed(journal, policy):
    """The state that a journal leads to."""
    state = State()
    for _, event in journal.replay():
        state, _ = step(state, event, policy)
    return state


async def test_coins_count_for_what_the_exchanges_say(settings, actor):
    """Ether too, so that nobody need tell; the depeg is told; and the journal replayed is the state that was lived."""
    actor.mine()
    async with exchanges() as made:
        through = settings.exchanges.model_copy(update={"through": made.url})
        listening = settings.model_copy(update={"exchanges": through})
        bot, said = await listened(listening, lambda bot: bot.state.block and bot.state.watching.depegs)
    (warning, *_) = [each for each in said if isinstance(each, Warn)]
    journal = Journal.read_only(settings.journal(live=False))

    assert bot.state.values.values["USDC"].usd == pytest.approx(0.95, rel=2e-3)
    assert bot.state.values.values["ETH"].usd == pytest.approx(1_600.0, rel=2e-3)
    assert warning.depeg.coin in ("USDC", "USDT", "DAI")
    assert replayed(journal, bot.policy) == bot.state
    journal.close()


async def test_a_dead_exchange_stops_no_block(settings, actor):
    """Nobody answers there, and the block is read and decided on as ever."""
    actor.mine()
    bot, _ = await listened(settings, lambda bot: bot.state.block)

    assert bot.state.seen
    assert "ether" in bot.state.refused[-1].reason


@pytest.mark.parametrize("named", [{"venues": ["nowhere"]}, {"coins": ["nowhere"]}])
async def test_an_unknown_exchange_or_coin_is_named(settings, named):
    """Before anything is listened to."""
    wrong = settings.model_copy(update={"exchanges": settings.exchanges.model_copy(update=named)})
    with pytest.raises(UserError, match="nowhere"):
        async with wiring.quotes(wrong):
            pass
