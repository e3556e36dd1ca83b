"""A bot with accounts at exchanges that hold back what lies there."""

from decimal import Decimal

import pytest

from bot.sandbox.wire.exchange import Transit

from .trading import market, settings, trading


async def test_a_coin_that_does_not_go_out_is_bought_elsewhere(tmp_path):
    """Where withdrawals are shut its price is none; with no exchange besides, that is the reason told."""
    async with market("okx", "kraken") as exchanges:
        exchanges.transit("okx", "USDC", Transit(deposits=True, withdrawals=False, fee=Decimal(1)))
        async with trading(exchanges, settings(tmp_path, exchanges.url, "okx", "kraken")) as work:
            await work.fall()
            await work.quiet()
            assert work.held("kraken")["USDC"] > 0
            assert work.held("okx").keys() == {"USD"}
            await work.rise()

        async with trading(exchanges, settings(tmp_path, exchanges.url, "okx")) as work:
            with pytest.raises(AssertionError, match="no USDC goes out of okx"):
                await work.fall()
