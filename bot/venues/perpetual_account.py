"""Our account for perpetual futures at one exchange, besides its orders: how it is set, its positions, its funding."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial

import ccxt

from bot.model.coins import Coins
from bot.model.markets import Asset
from bot.model.orders import FundingPaid
from bot.venues import discovery, perpetuals
from bot.venues.ccxt_client import Exchange
from bot.venues.dialects import PERPETUALS
from bot.venues.faults import FeedError
from bot.venues.order_calls import PAGES, Calls
from bot.venues.order_parsing import MILLISECOND
from bot.venues.perpetuals import LEVERAGE, Contract

HOUR, WEEK = 3_600_000, 7 * 24 * 3_600_000  # ms
PAGE = 1_000  # payments: as many as are told at once
DUPLICATE = "-4116"  # "ClientOrderId is duplicated": an order of that name stands, which ccxt takes for a refusal


class HedgeModeError(FeedError):
    """The account keeps long and short positions of one market apart, so that buying would not close what was sold."""


class PerpetualAccount:
    """Asks one exchange. Raises what ccxt raises, where nothing else is said.

    The exchange is Binance as ccxt has it: positions are asked for by its own names, because ccxt tells them without
    sign.
    """

    def __init__(self, exchange: Exchange, calls: Calls, coins: Coins, now: Callable[[], int]) -> None:
        self._exchange, self._calls, self._coins, self._now = exchange, calls, coins, now
        if exchange.id in PERPETUALS:
            exchange.exceptions["exact"][DUPLICATE] = ccxt.DuplicateOrderId
            exchange.exceptions["linear"]["exact"][DUPLICATE] = ccxt.DuplicateOrderId
        self._carries: dict[str, float] = {}
        self._prepared: set[str] = set()
        self._told: set[str] = set()  # payments, by their ids
        self._until = 0  # ms, the newest of them

    async def check(self) -> None:
        """Raises HedgeModeError where the account is in hedge mode."""
        mode = await self._calls.ask(self._exchange.fetch_position_mode)
        if mode.get("hedged") is not False:
            raise HedgeModeError(f"{self._exchange.id} is in hedge mode: set the position mode to one-way there")

    async def prepare(self, symbol: str) -> None:
        """Lets a market's position have the whole wallet behind it, and an order bind what LEVERAGE tells; once."""
        if symbol not in self._prepared:
            with suppress(ccxt.MarginModeAlreadySet):
                await self._calls.ask(partial(self._exchange.set_margin_mode, "cross", symbol))
            await self._calls.ask(partial(self._exchange.set_leverage, LEVERAGE, symbol))
            self._prepared.add(symbol)

    def carry(self, symbol: str) -> float | None:
        """What a short position pays a day for each dollar, as it was told last; None before it was."""
        return self._carries.get(symbol)

    async def renew(self, symbols: Sequence[str]) -> list[FundingPaid]:
        """Asks for what may have changed: rates, and what was paid. What is not told now is asked for again."""
        for symbol in symbols:
            with suppress(Exception):  # what sells there asks again
                await self.prepare(symbol)
        with suppress(Exception):  # as it was told last
            await self._rate(symbols)
        with suppress(Exception):
            return await self._payments()
        return []

    async def holdings(self) -> tuple[tuple[Asset, Decimal], ...]:
        """What is held, as bot.venues.perpetuals.holdings has it."""
        account = await self._calls.ask(self._exchange.fapiPrivateV3GetAccount)
        positions = await self._calls.ask(self._exchange.fapiPrivateV3GetPositionRisk)
        return perpetuals.holdings(account, positions, self._contracts(), self._calls.asset)

    async def _rate(self, symbols: Sequence[str]) -> None:
        intervals = await self._calls.ask(partial(self._exchange.fetch_funding_intervals, list(symbols)))
        for symbol in symbols:
            rate = await self._calls.ask(partial(self._exchange.fetch_funding_rate, symbol))
            carry = perpetuals.carry(rate, intervals.get(symbol))
            if carry is not None:
                self._carries[symbol] = carry

    async def _payments(self) -> list[FundingPaid]:
        """Those of the last seven days that were not told yet: some are told late, so an hour is asked for again."""
        now, ours = self._now(), self._contracts()
        since = max(self._until - HOUR, now // MILLISECOND - WEEK)
        found: dict[str, FundingPaid] = {}
        for _ in range(PAGES):
            told = await self._calls.ask(partial(self._exchange.fetch_funding_history, None, since, PAGE))
            paid = [perpetuals.payment(each, self._exchange.id, ours, self._calls.asset, now) for each in told]
            found |= {each.payment_id: each for each in paid if each.payment_id not in self._told}
            if len(told) < PAGE:
                break
            since = paid[-1].made_at // MILLISECOND
        self._told |= found.keys()
        self._until = max([self._until, *(each.made_at // MILLISECOND for each in found.values())])
        return list(found.values())

    def _contracts(self) -> dict[str, Contract]:
        """Every coin's perpetual, by the exchange's symbol."""
        markets = self._exchange.markets or {}
        listed = discovery.watched(self._exchange.id, markets.values(), self._coins, self._coins.by_symbol)
        return {
            markets[symbol]["id"]: Contract(market.base, self._calls.contract(symbol))
            for symbol, market in listed.items()
        }
