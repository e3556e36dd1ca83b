"""One node: requests, batches and the heads it reports. What it will not answer is an `RpcError`."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from itertools import count

import orjson

from bot.model.errors import UserError
from bot.venues.transport import Json, Transport, Unreachable

TURNED_AWAY = frozenset({-32005, 429})  # EIP-1474 "limit exceeded" and what hosted nodes say in its place
NO_ANSWER = -32603  # JSON-RPC's internal error: the batch came back without this entry


class RpcError(UserError):
    """A node's own answer that it will not. `data` is revert data as 0x-hex, where there is any."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.data = data


class Node:
    """A node behind a transport. Raises `Unreachable` when it fails to answer, or has no more answers for us today."""

    def __init__(self, transport: Transport) -> None:
        self.host = transport.host
        self.down = False
        self.chain_id: int | None = None  # once asked
        self._transport = transport
        self._ids = count(1)
        self._listeners: dict[str, asyncio.Queue[dict[str, Json] | None]] = {}
        transport.on_push = self._pushed

    async def call(self, method: str, *params: Json) -> Json:
        """The result of one request."""
        key = next(self._ids)
        answer = await self._transport.exchange(orjson.dumps(_request(key, method, params)), key)
        outcome = self._outcome(answer)
        if isinstance(outcome, RpcError):
            raise outcome
        return outcome

    async def batch(self, calls: Sequence[tuple[str, Sequence[Json]]]) -> list[Json | RpcError]:
        """The results of many requests sent as one, in their order; each may be an error of its own."""
        requests = [_request(next(self._ids), method, params) for method, params in calls]
        if not requests:
            return []
        answer = await self._transport.exchange(orjson.dumps(requests), requests[0]["id"])
        if isinstance(answer, dict):
            raise _error(answer.get("error"))
        outcomes = {entry.get("id"): self._outcome(entry) for entry in answer}
        missing = RpcError(NO_ANSWER, "the batch came back without an answer to this request")
        return [outcomes.get(request["id"], missing) for request in requests]

    async def heads(self, poll: float, patience: float) -> AsyncGenerator[dict[str, Json], None]:
        """The node's head now and each new one. At least once in `patience` seconds, even if it is still the same.

        Pushed where the transport can, else asked for every `poll` seconds.
        """
        if not self._transport.pushes:
            while True:
                yield await self._head()
                await asyncio.sleep(poll)
        subscription = await self.call("eth_subscribe", "newHeads")
        queue = self._listeners[subscription] = asyncio.Queue()
        try:
            yield await self._head()
            while True:
                yield await self._next(queue, patience)
        finally:
            if self._listeners.pop(subscription, None):
                with suppress(Unreachable, RpcError):
                    await self.call("eth_unsubscribe", subscription)

    async def number(self) -> int:
        """The height of the node's head."""
        return int(await self.call("eth_blockNumber"), 16)

    async def close(self) -> None:
        """Hang up."""
        await self._transport.close()

    async def _next(self, queue: asyncio.Queue[dict[str, Json] | None], patience: float) -> dict[str, Json]:
        try:
            async with asyncio.timeout(
                patience
            ):  # before 3.12 wait_for forgets a cancellation that comes with the news
                head = await queue.get()
        except TimeoutError:
            return await self._head()
        if head is None:
            raise Unreachable(f"{self.host}: connection lost")
        return head

    async def _head(self) -> dict[str, Json]:
        head = await self.call("eth_getBlockByNumber", "latest", False)
        if not isinstance(head, dict):
            raise Unreachable(f"{self.host}: has no head")
        return head

    def _pushed(self, params: dict[str, Json] | None) -> None:
        if params is None:
            for queue in self._listeners.values():
                queue.put_nowait(None)
            self._listeners.clear()
        elif listener := self._listeners.get(params.get("subscription", "")):
            listener.put_nowait(params.get("result"))

    def _outcome(self, answer: Json) -> Json | RpcError:
        if "result" in answer:
            return answer["result"]
        error = _error(answer.get("error"))
        if error.code in TURNED_AWAY:
            raise Unreachable(f"{self.host}: turned away, {error.message}")
        return error


def _request(key: int, method: str, params: Sequence[Json]) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": key, "method": method, "params": params}


def _error(error: Json) -> RpcError:
    if not isinstance(error, dict):
        return RpcError(NO_ANSWER, str(error))
    data = error.get("data")
    if isinstance(data, dict):  # some clients wrap the revert data
        data = data.get("data") or data.get("result")
    text = data if isinstance(data, str) else None
    return RpcError(int(error.get("code", NO_ANSWER)), str(error.get("message", "")), text)
