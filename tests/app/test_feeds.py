"""`repeg feeds`, as a user has it."""

import asyncio
import json

from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault

from .test_cli import NOWHERE, REPEG, repeg


async def asked(*words):
    """Runs the command while the exchanges of this process answer it: exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        REPEG, "feeds", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_each_feed_is_told_of():
    """Live ones with their markets, one that is away with its reason, and exit code 0 as long as one is live."""
    async with Exchanges(["okx", "kraken"]) as exchanges:
        for each in exchanges.listings("okx"):
            exchanges.quote("okx", each.base, each.quote, 0.99, 1.01)
        exchanges.fault("kraken", Fault.UNAVAILABLE)
        words = ("-x", "okx", "-x", "kraken", "--coin", "USDC", "--seconds", "3", "--through", exchanges.url)
        code, out, _ = await asked(*words, "--json")

    okx, kraken = json.loads(out)
    assert (code, okx["venue"], okx["state"], kraken["state"]) == (0, "okx", "live", "maintenance")
    assert 0 < okx["fresh"] <= okx["markets"]
    assert "503" in kraken["last_error"]


def test_nobody_there_is_said_of_each_and_is_an_error(tmp_path):
    """Without a network every exchange is down, each with its reason, and the exit code says so."""
    told = repeg("feeds", "-x", "okx", "-x", "gemini", "--seconds", "1", "--through", NOWHERE, home=tmp_path)
    assert told.returncode == 1
    assert "okx: Cannot connect to host 127.0.0.1:9" in told.stdout
    assert "gemini: Cannot connect to host 127.0.0.1:9" in told.stdout


def test_an_unknown_exchange_or_coin_is_one_line(tmp_path):
    """It names what is wrong and what there is."""
    told = repeg("feeds", "-x", "mtgox", home=tmp_path)
    assert (told.returncode, told.stdout) == (1, "")
    assert "no exchange mtgox is known; known are binance" in told.stderr
    assert "WISH" in repeg("feeds", "--coin", "WISH", home=tmp_path).stderr
