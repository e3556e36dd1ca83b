"""The account at one exchange: what it asks is answered, what becomes of its orders is told, both as faults have it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from aiohttp import web

from bot.sandbox import exchange_http
from bot.sandbox.exchange_faults import Fault, Faults
from bot.sandbox.exchange_socket import Socket
from bot.sandbox.wire.desk import Desk, check
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.orders import AccountNews, Denial, DeniedError, Filled
from bot.sandbox.wire.wire import Answer, Refusal, RefusedError, Request, Wire


class Teller:
    """Serves the account of one exchange."""

    def __init__(self, wire: Wire, desk: Desk, exchange: Exchange, faults: Faults, sockets: Sequence[Socket]) -> None:
        """`sockets` are those that are open, at any time."""
        self.desk = desk
        self.account = desk.account(exchange, desk.rules, before_order=self._before_order, overtaken=self._overtaken)
        self._wire = wire
        self._faults = faults
        self._sockets = sockets
        self._chance = Random(exchange.venue)  # noqa: S311 - no key
        self._out = False  # see Fault.OUTAGE_AFTER_CANCEL
        self._delay = 0.0  # see Fault.FILL_LATE
        exchange.taker, exchange.maker = desk.rules.taker, desk.rules.maker

    async def serve(self, request: web.Request, asked: Request) -> web.Response:
        """Answers, if the answer is not lost on its way."""
        orders, cancels = len(self.account.orders), self.account.cancels
        answer = exchange_http.answered(lambda: self._answer(asked), self._wire.refusals)
        placed, cancelled = len(self.account.orders) > orders, self.account.cancels > cancels
        self._out = self._out or cancelled
        response = exchange_http.response(answer, self._faults)
        self.tell()
        for fault, done in ((Fault.ANSWER_LOST, placed), (Fault.CANCEL_LOST, cancelled)):
            if done:
                await self._lose(fault, request)
        return response

    def tell(self) -> None:
        """Tells every socket what nobody has been told yet."""
        news, self.account.news = self.account.news, []
        moved, self.account.moved = dict.fromkeys(self.account.moved), []
        for socket in list(self._sockets):
            for listing in moved:
                socket.moved(listing)
        for each in news:
            if isinstance(each, Filled) and each.late:
                afterwards = replace(each, order=self.account.orders[each.order.number])
                asyncio.get_running_loop().call_later(self._delay, self._tell, afterwards)
            else:
                self._tell(each)

    def _tell(self, news: AccountNews) -> None:
        twice = isinstance(news, Filled) and self._faults.strikes(Fault.FILL_TWICE)
        for _ in range(2 if twice else 1):
            for socket in list(self._sockets):
                socket.happened(news)

    def _answer(self, asked: Request) -> Answer:
        if Fault.OUTAGE_AFTER_CANCEL in self._faults and self._out:
            self._faults.strikes(Fault.OUTAGE_AFTER_CANCEL)
            raise RefusedError(Refusal.UNAVAILABLE)
        try:
            check(self.desk, asked, self.account.exchange)
            return self.desk.answer(asked, self.account)
        except DeniedError as denied:
            return self.desk.denied(denied.why)

    async def _lose(self, fault: Fault, request: web.Request) -> None:
        """Closes the connection instead of answering."""
        seconds = self._faults.get(fault, 0.0)
        if self._faults.strikes(fault):
            await asyncio.sleep(seconds)
            if request.transport is not None:
                request.transport.abort()

    def _before_order(self) -> None:
        if self._faults.strikes(Fault.ORDERS_LIMITED):
            raise DeniedError(Denial.LIMITED)
        share = self._faults.get(Fault.ORDERS_REFUSED, 0.0)
        if share and self._chance.random() < share and self._faults.strikes(Fault.ORDERS_REFUSED):
            raise DeniedError(Denial.REFUSED)

    def _overtaken(self) -> bool:
        self._delay = self._faults.get(Fault.FILL_LATE, 0.0)
        return self._faults.strikes(Fault.FILL_LATE)
