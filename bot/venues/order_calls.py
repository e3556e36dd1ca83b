"""What is asked of one exchange about orders: ccxt's methods, in our words. What only reads is asked again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import ccxt
import stamina

from bot.model.coins import Coins
from bot.model.markets import Asset
from bot.model.orders import Ticket
from bot.venues.ccxt_client import Exchange
from bot.venues.faults import LIMITED
from bot.venues.order_dialects import ORDER_DIALECTS, OrderDialect
from bot.venues.order_faults import UNREADABLE, GarbledError
from bot.venues.order_life import Trade
from bot.venues.order_parsing import Told, client_ids, contract, exact, in_coins, trade
from bot.venues.order_patience import OrderPatience
from bot.venues.order_terms import Fitted, plain

T = TypeVar("T")
PAGES = 40  # of trades, at most
EARLIER = 2_000  # ms: exchanges round the time of an order


class Calls:
    """Requests to one exchange. Raises what ccxt raises, and GarbledError for an answer that nobody can read."""

    def __init__(
        self,
        exchange: Exchange,
        coins: Coins,
        patience: OrderPatience,
        now: Callable[[], int],
        scrub: Callable[[str], str],
    ) -> None:
        """`scrub` takes our keys out of a text."""
        self._exchange, self._coins, self._patience, self._now = exchange, coins, patience, now
        self._scrub = scrub
        self._dialect: OrderDialect = ORDER_DIALECTS[exchange.id]

    def asset(self, code: str) -> Asset:
        """Our name for what the venue calls so; its own where we have none."""
        return self._coins.asset(code) or code

    async def list_markets(self) -> Mapping[str, Told]:
        """Every market, by ccxt's symbol."""
        await self.ask(self._exchange.load_markets)
        if not self._exchange.markets:
            raise GarbledError("lists no market at all")
        markets: Mapping[str, Told] = self._exchange.markets
        return markets

    async def set_clock(self) -> None:
        """Asks for the venue's time, where requests must carry it."""
        if not self._dialect.rising:
            await self.ask(self._exchange.load_time_difference)

    def contract(self, symbol: str) -> Decimal:
        """Coins that a market counts as one."""
        return contract((self._exchange.markets or {}).get(symbol) or {})

    def in_coins(self, told: Told) -> Told:
        """An order or a trade as it was told, with sizes in coins."""
        return in_coins(told, self.contract(told.get("symbol") or ""))

    async def create(self, ticket: Ticket, fitted: Fitted, symbol: str) -> Told:
        """Sends an order, once."""
        amount = plain(fitted.amount / self.contract(symbol))
        asked = symbol, "limit", ticket.side.value, amount, plain(fitted.limit), self._dialect.sending(ticket)
        order: Told = await self._understood(lambda: self._exchange.create_order(*asked))
        if not order.get("id"):
            raise GarbledError("answers without an id")
        return order

    async def cancel(self, exchange_id: str, symbol: str) -> None:
        """Takes an order back, once. OrderNotFound, or another refusal, where it stands no more."""
        await self._understood(lambda: self._exchange.cancel_order(exchange_id, symbol))

    async def find(self, client_id: str, exchange_id: str, symbol: str) -> Told | None:
        """The order as it stands; None where the exchange says that it has none such."""
        dialect = self._dialect
        if exchange_id and not dialect.known_in_lists:
            return await self._single(exchange_id, symbol, {})
        if not exchange_id and not dialect.named_in_lists:
            return await self._single("", symbol, {"clientOrderId": client_id})
        name, value = (dialect.known_in_lists, exchange_id) if exchange_id else (dialect.named_in_lists, client_id)
        for method in ("fetch_open_orders", dialect.ended):
            listed = partial(getattr(self._exchange, method), symbol, None, None, {name: value})
            for each in await self.ask(listed):
                if each["id"] == exchange_id or client_id in client_ids(each):
                    return self.in_coins(each)
        return None

    async def open_orders(self) -> list[Told]:
        """Every order that stands, of all markets."""
        limit = self._dialect.open_limit
        orders = await self.ask(lambda: self._exchange.fetch_open_orders(None, None, limit))
        return [self.in_coins(each) for each in orders]

    async def trades(self, exchange_id: str, symbol: str, since: int, filled: Decimal | None = None) -> list[Trade]:
        """What an order traded, as far as the exchange tells: `filled` in all, where known, `since` it was made, ms."""
        if self._dialect.trades_of:
            return await self._named(exchange_id, symbol, since)
        if not self._dialect.trades_page:
            told = await self.ask(lambda: self._exchange.fetch_order_trades(exchange_id, symbol))
            return self._parsed(told, exchange_id)
        found: dict[str, Trade] = {}
        skipped = 0
        for _ in range(PAGES):
            page = partial(self._exchange.fetch_my_trades, None, since - EARLIER)
            told = await self.ask(partial(page, params={self._dialect.trades_page: skipped}))
            skipped += len(told)
            found |= {each.fill_id: each for each in self._parsed(told, exchange_id)}
            if not told or (filled is not None and sum(each.amount for each in found.values()) >= filled):
                break
        return list(found.values())

    async def balances(self) -> tuple[tuple[Asset, Decimal], ...]:
        """All that is held of each asset, whether orders use it or not."""
        told = await self.ask(self._exchange.fetch_balance)
        held: dict[Asset, Decimal] = {}
        for code, total in (told.get("total") or {}).items():
            amount = exact(total)
            if amount:
                held[self.asset(code)] = held.get(self.asset(code), Decimal()) + amount
        return tuple(sorted(held.items()))

    async def fees(self, symbols: Sequence[str]) -> AsyncIterator[tuple[str, Told]]:
        """What trading costs us, market by market, slowly where each is asked for apart."""
        if self._dialect.fees_at_once:
            for symbol, told in (await self.ask(self._exchange.fetch_trading_fees)).items():
                yield symbol, told
        else:
            for symbol in symbols:
                yield symbol, await self.ask(partial(self._exchange.fetch_trading_fee, symbol))
                await asyncio.sleep(self._patience.fees)

    async def currencies(self) -> Mapping[str, Told]:
        """What comes in and goes out, in ccxt's structures; empty where the exchange does not tell."""
        told = await self.ask(self._exchange.fetch_currencies)
        return told or {}

    def trade(self, told: Told) -> Trade | None:
        """A fill that was pushed; None where it is not told in full."""
        return trade(self.in_coins(told), self.asset, self._now())

    async def _single(self, exchange_id: str, symbol: str, params: Mapping[str, str]) -> Told | None:
        try:
            order: Told = await self.ask(lambda: self._exchange.fetch_order(exchange_id or None, symbol, params))
        except ccxt.OrderNotFound:
            return None
        if not order.get("id"):
            raise GarbledError("answers with an order that is none")
        return self.in_coins(order)

    async def _named(self, exchange_id: str, symbol: str, since: int) -> list[Trade]:
        """Those of the last week are told unasked, and older ones from when on they are asked for."""
        of = {self._dialect.trades_of: exchange_id}
        told = await self.ask(lambda: self._exchange.fetch_my_trades(symbol, None, None, of))
        if not told:
            told = await self.ask(lambda: self._exchange.fetch_my_trades(symbol, max(since - EARLIER, 0), None, of))
        return self._parsed(told, exchange_id)

    def _parsed(self, told: list[Told], exchange_id: str) -> list[Trade]:
        mine = [each for each in told if each.get("order") == exchange_id]
        parsed = [self.trade(each) for each in mine]
        if None in parsed:
            raise GarbledError("tells a trade without its amount, price or fee")
        return [each for each in parsed if each is not None]

    async def ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer, asked for again while it may come."""

        def passes(error: Exception) -> bool | float:
            if isinstance(error, LIMITED):
                return self._patience.limited
            return isinstance(error, ccxt.OperationFailed | GarbledError)

        patience = self._patience
        first, longest = patience.first_wait, patience.longest_wait
        again = stamina.AsyncRetryingCaller(patience.tries, None, first, longest, wait_jitter=first)
        return await again(passes, self._understood, ask)

    async def _understood(self, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what ccxt answers
        """What ccxt makes nothing of was no answer of the exchange's kind. No error leaves with our keys in it."""
        try:
            return await ask()
        except ccxt.BaseError as error:
            error.args = (self._scrub(str(error)),)
            raise
        except UNREADABLE as error:
            raise GarbledError(f"answers what ccxt cannot read ({type(error).__name__})") from error
