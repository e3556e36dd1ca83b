"""`repeg watch` on the sandbox's exchanges, as a user sees it."""

import asyncio
import json
import time
from contextlib import aclosing, asynccontextmanager, suppress

import pytest
from textual.widgets import Input

from bot.app import inbox, watch_lines, watch_source, watching
from bot.app.settings import Exchanges as ListenedTo
from bot.app.settings import Node, Settings, flagged
from bot.app.settings import Watch as WatchedRegistry
from bot.app.watch_screen import CoinScreen, Table, WatchApp
from bot.app.watching import Watch
from bot.model.coins import shipped
from bot.model.errors import UserError
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault
from bot.strategy.depeg import Thresholds
from bot.venues.exchange import Feeds
from bot.venues.patience import Patience

from .test_cli import repeg

VENUES = ("kraken", "coinbase")
WORTH = {"BTC": 20_000.0, "ETH": 1_600.0, "USDC": 0.95}
COINS = ("USDC", "USDT", "DAI", "PYUSD", "GUSD")
SOON = 20  # seconds: longer, and something is wrong


async def _moved(exchanges):
    """USDC stands at 0.95 everywhere, and nothing rests."""
    spread = 1.0
    while True:
        spread = 3.0 - spread
        for venue in VENUES:
            for each in exchanges.listings(venue):
                price = WORTH.get(each.base, 1.0) / WORTH.get(each.quote, 1.0)
                exchanges.quote(venue, each.base, each.quote, price * (1 - 1e-4 * spread), price * (1 + 1e-4 * spread))
        await asyncio.sleep(0.4)  # a pilot presses keys while nothing else goes on


@asynccontextmanager
async def watched():
    """The screen, its pilot, and the exchanges it watches."""
    coins = shipped()
    thresholds = Thresholds(hold=2 * 10**8)
    async with Exchanges(VENUES) as exchanges:
        moving = asyncio.create_task(_moved(exchanges))
        feeds = Feeds(VENUES, coins, COINS, exchanges.url, patience=Patience(stale_after=1.0, look=0.1))
        async with feeds:
            events = inbox.events(None, feeds.looks(), time.time_ns)
            app = WatchApp(Watch(watching.policy(coins, thresholds), time.time_ns), events, feeds.health)
            async with app.run_test(size=(160, 50)) as pilot:
                yield app, pilot, exchanges
        moving.cancel()
        with suppress(asyncio.CancelledError):
            await moving


async def until(pilot, holds):
    """Waits for something to show."""
    async with asyncio.timeout(SOON):
        while not holds():
            await pilot.pause(0.05)


def rows(screen, name):
    """The rows of a table, as text, by their key."""
    table = screen.query_one(f"#{name}", Table)
    return {row.key.value: [str(cell) for cell in table.get_row(row.key)] for row in table.ordered_rows}


async def test_a_depeg_shows_and_one_can_go_into_its_coin():
    """The worst coin is first; inside are its markets of all venues, and the way back."""
    async with watched() as (app, pilot, _):
        await until(pilot, lambda: "USDC coin below" in rows(app.screen, "depegs"))
        assert next(iter(rows(app.screen, "coins"))) == "USDC"

        table = app.screen.query_one("#coins", Table)
        table.move_cursor(row=table.get_row_index("USDC"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CoinScreen) and rows(app.screen, "markets"))
        assert {market.split()[0] for market in rows(app.screen, "markets")} == set(VENUES)
        assert "USDC" in str(app.screen.query_one("#coin").render())
        await pilot.press("s", "slash")
        assert isinstance(app.screen, CoinScreen)

        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, CoinScreen))


async def test_a_stalled_exchange_shows_as_stale_and_the_other_as_live():
    """Its socket lives and says nothing."""
    async with watched() as (app, pilot, exchanges):
        await until(pilot, lambda: [row[1] for row in rows(app.screen, "feeds").values()] == ["live", "live"])
        exchanges.fault("coinbase", Fault.STALL)
        await until(pilot, lambda: rows(app.screen, "feeds")["coinbase"][1] == "stale")

        assert rows(app.screen, "feeds")["kraken"][1] == "live"


async def test_coins_are_filtered_sorted_and_found_again():
    """/ asks for a part of the name, escape shows all, s sorts by name."""
    async with watched() as (app, pilot, _):
        await until(pilot, lambda: len(rows(app.screen, "coins")) > 3)
        await pilot.press("slash", *"dai", "enter")
        await until(pilot, lambda: list(rows(app.screen, "coins")) == ["DAI"])
        await pilot.press("escape")
        await until(pilot, lambda: len(rows(app.screen, "coins")) > 3)
        await pilot.press("s")
        await until(pilot, lambda: list(rows(app.screen, "coins")) == sorted(rows(app.screen, "coins")))

        assert not app.query_one("#filter", Input).has_class("asked")
        await pilot.press("q")


def test_without_a_screen_it_prints_a_line_of_json_a_second(tmp_path):
    """With exchanges of its own, which are gone when it ends."""
    told = repeg("watch", "--sandbox", "-x", "kraken", "--coin", "usdc", "--json", "--seconds", "2", home=tmp_path)
    lines = [json.loads(line) for line in told.stdout.splitlines()]

    assert told.returncode == 0, told.stderr
    assert len(lines) == 2
    assert [feed["venue"] for feed in lines[-1]["feeds"]] == ["kraken"]


@pytest.mark.parametrize(
    ("part", "flags"),
    [("exchanges", {"venues": ["nowhere"]}), ("exchanges", {"coins": ["nowhere"]})],
    ids=["exchange", "coin"],
)
async def test_an_unknown_exchange_or_coin_is_named(part, flags):
    """Before anything is shown."""
    with pytest.raises(UserError, match="nowhere"):
        async with watch_source.opened(flagged(Settings(), part, **flags), sandbox=False, chain=False):
            pass


@pytest.mark.chain
async def test_a_chains_pools_are_among_the_markets(sandbox, actor):
    """Of the node in the settings, where asked for; no exchange need answer."""
    actor.mine()
    settings = Settings(
        node=Node(urls=[sandbox.url]),
        watch=WatchedRegistry(registry="sandbox"),
        exchanges=ListenedTo(venues=["kraken"], through="http://127.0.0.1:9"),
    )
    async with (
        watch_source.opened(settings, sandbox=False, chain=True) as source,
        aclosing(source.events) as events,
        asyncio.timeout(SOON),
    ):
        while not (lines := watch_lines.markets(source.watch, "DAI")):
            source.watch.take(await anext(events))

    assert "chain:LitePSM USDC/DAI" in {line.market.venue for line in lines}
    assert not any(line.anchored for line in watch_lines.coins(source.watch))


def test_a_gateway_that_is_none_is_one_line(tmp_path):
    """The flag is named."""
    told = repeg("watch", "--json", "--through", "localhost:1", home=tmp_path)

    assert (told.returncode, told.stdout) == (1, "")
    assert "--through" in told.stderr.strip().splitlines()[-1]
    assert "Traceback" not in told.stderr
