"""The markets of one exchange where we trade, what each asks of orders, and our own fees there."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from bot.model.coins import Coins
from bot.model.markets import Asset, Market, underlying
from bot.model.orders import Terms, Ticket
from bot.venues import discovery, order_terms
from bot.venues.ccxt_client import Exchange
from bot.venues.dialects import PERPETUALS
from bot.venues.order_calls import Calls
from bot.venues.order_dialects import ORDER_DIALECTS
from bot.venues.order_parsing import Told
from bot.venues.order_terms import Fitted


class OrderMarkets:
    """As ccxt's class of the exchange lists them. `carry` tells what a perpetual's funding costs, by ccxt's symbol."""

    def __init__(
        self,
        exchange: Exchange,
        calls: Calls,
        coins: Coins,
        watched: Collection[Asset],
        carry: Callable[[str], float | None],
    ) -> None:
        self.symbols: Mapping[Market, str] = {}  # ccxt's: of what is watched, and of every coin's perpetual
        self._exchange, self._calls, self._coins, self._watched = exchange, calls, coins, watched
        self._carry = carry
        self._listed: Mapping[str, Told] = {}
        self._fees: dict[str, Told] = {}

    async def load(self) -> bool:
        """Whether they were asked for now, which is done once."""
        if self._listed:
            return False
        venue, listed = self._exchange.id, await self._calls.list_markets()
        kept = self._coins.by_symbol if venue in PERPETUALS else self._watched  # a position stays when nobody watches
        found = discovery.watched(venue, listed.values(), self._coins, kept)
        self.symbols = {market: symbol for symbol, market in found.items()}
        self._listed = listed
        return True

    def watched(self) -> tuple[str, ...]:
        """Ccxt's symbols of the markets where orders may begin."""
        return tuple(symbol for market, symbol in self.symbols.items() if self._trades(market))

    def terms(self, market: Market) -> Terms | None:
        """What the market asks of orders; None where it is not listed, or it is not known yet what funding costs."""
        found = self._bare(market) if self._trades(market) else None
        if found is None or not market.perpetual:
            return found
        carry = self._carry(self.symbols[market])
        return None if carry is None else replace(found, carry=carry)

    def fitted(self, ticket: Ticket) -> Fitted | str:
        """The order on the market's steps, or why it cannot be sent. What funding costs is not asked here."""
        venue, longest = ticket.market.venue, ORDER_DIALECTS[ticket.market.venue].longest_id
        if not ticket.id.isalnum() or not ticket.id.isascii() or len(ticket.id) > longest:
            return f"{ticket.id!r} is no id: {venue} takes letters and digits, {longest} at most"
        terms = self._bare(ticket.market)
        return f"{ticket.market} cannot be traded" if terms is None else order_terms.fit(ticket, terms)

    async def ask_fees(self) -> None:
        """Our own fees, where the exchange tells them; else ccxt's list counts, which has those of beginners."""
        with suppress(Exception):
            async for symbol, fees in self._calls.fees(self.watched()):
                self._fees[symbol] = fees

    def _trades(self, market: Market) -> bool:
        return not market.perpetual or underlying(market.base) in self._watched

    def _bare(self, market: Market) -> Terms | None:
        symbol = self.symbols.get(market)
        if symbol is None:
            return None
        return order_terms.terms(self._listed[symbol], self._exchange.precisionMode, self._fees.get(symbol))
