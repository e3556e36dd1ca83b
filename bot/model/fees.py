"""What exchanges take of a trade in stablecoins where nobody told us our own tier: the first one, for anybody.

From the exchanges' public fee schedules, as of 2023 to 2026, rounded up. Zero-fee promotions are not counted on.
"""

from decimal import Decimal

from bot.model.markets import Market
from bot.model.orders import Terms

# taker, maker: parts of what is traded
FEES: dict[str, tuple[str, str]] = {
    "binance": ("0.001", "0.001"),
    "binanceus": ("0.001", "0.001"),
    "binanceusdm": ("0.0005", "0.0002"),  # perpetual futures in USDT
    "bitfinex": ("0.002", "0.001"),
    "bitstamp": ("0.004", "0.003"),
    "bybit": ("0.001", "0.001"),
    "coinbase": ("0.001", "0.001"),  # stable pairs: 0.1 bp to 10 bp by tier
    "cryptocom": ("0.005", "0.0025"),
    "ftx": ("0.0007", "0.0002"),
    "gemini": ("0.004", "0.002"),
    "kraken": ("0.002", "0.002"),  # stablecoin and FX pairs
    "okx": ("0.001", "0.0008"),
}
USUAL = ("0.002", "0.002")
CARRY = 0.001
"""What a short position is thought to pay a day where no funding is known: in calm it receives three payments of 0.01 %
(Binance's and others' interest rate), in a depeg those who are short are many and pay."""
STEP = Decimal("0.00001")
LOT = Decimal("0.01")
LEAST_COST = Decimal(5)


def listed(market: Market) -> Terms:
    """The terms of a market by its exchange's public schedule; steps and minimums as most have them."""
    taker, maker = FEES.get(market.venue, USUAL)
    carry = CARRY if market.perpetual else 0.0
    return Terms(Decimal(taker), Decimal(maker), STEP, LOT, min_cost=LEAST_COST, carry=carry)
