"""Ethereum JSON-RPC, thin and fast: calls, batches and new heads, over whichever of the configured nodes is healthy.

Nodes are in order of preference. One that fails, or falls behind another, rests; it is looked at in the background and
comes back when it has caught up, so that no caller waits for a dead node twice.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import TypeVar

from bot.model.errors import UserError
from bot.venues.node import Node, RpcError
from bot.venues.transport import Json, Unreachable, connect

__all__ = ["NodeDown", "Rpc", "RpcError", "WrongChain"]

log = logging.getLogger(__name__)

T = TypeVar("T")

BEHIND = 2  # blocks a node may trail another
PROBE_EVERY = 2.0  # seconds between looks at nodes that rest
REMEMBERED = 1024  # heads, so that none is told twice


class NodeDown(UserError):  # noqa: N818 - a state of the world, as an operator would say it
    """None of the nodes answers. The text says why for each, by host."""


class WrongChain(UserError):  # noqa: N818 - likewise
    """A node serves another chain than the one asked for."""


class Rpc:
    """The nodes as one.

    `urls`: http(s)://, ws(s):// or the path of an IPC socket, preferred first. `timeout`: seconds an answer may take.
    `poll`: seconds between looks for a new head where the node cannot push. `stale_after`: a head older than this many
    seconds makes the other nodes be asked whether they are ahead.
    """

    def __init__(
        self, urls: Sequence[str], *, timeout: float = 10.0, poll: float = 0.25, stale_after: float = 30.0
    ) -> None:
        self._nodes = [Node(connect(url, timeout)) for url in urls]
        self._poll = poll
        self._stale_after = stale_after
        self._chain_id: int | None = None
        self._height = 0  # of the last head told
        self._compared = 0.0  # when the nodes were last compared, monotonic seconds
        self._nurse: asyncio.Task[None] | None = None

    async def call(self, method: str, *params: Json) -> Json:
        """The result of one request. `RpcError` when a node answers that it will not, `NodeDown` when none answers."""
        return await self._ask(lambda node: node.call(method, *params))

    async def batch(self, calls: Sequence[tuple[str, Sequence[Json]]]) -> list[Json | RpcError]:
        """The results of many (method, parameters) sent as one request to one node; each may be an error of its own."""
        return await self._ask(lambda node: node.batch(calls))

    async def heads(self) -> AsyncIterator[dict[str, Json]]:
        """The head now, then each new one, as the node's header object. No hash comes twice. Never ends by itself."""
        told: OrderedDict[str, None] = OrderedDict()
        while True:
            node = self._ranked()[0]
            try:
                await self._admit(node)
                async with aclosing(node.heads(self._poll, self._stale_after)) as heads:
                    async for head in heads:
                        if head["hash"] not in told:
                            _remember(told, head["hash"])
                            self._height = int(head["number"], 16)
                            yield head
                        await self._compare(node, head)
                        if self._ranked()[0] is not node:
                            break
            except (Unreachable, RpcError) as error:
                self._rest(node, error)
                await asyncio.sleep(min(self._poll, 1.0))

    async def check(self, chain_id: int) -> None:
        """Raises `WrongChain` if a node serves another chain, `NodeDown` if none answers.

        Nodes that do not answer now are asked before they are first used, and left out if they are wrong.
        """
        self._chain_id = chain_id
        for node in self._nodes:
            with suppress(Unreachable, RpcError):
                node.chain_id = int(await node.call("eth_chainId"), 16)
                if node.chain_id != chain_id:
                    raise WrongChain(f"{node.host} serves chain {node.chain_id}, not {chain_id}")
        await self._ask(lambda node: node.number())

    async def close(self) -> None:
        """Hangs up on every node."""
        if self._nurse is not None:
            self._nurse.cancel()
            with suppress(asyncio.CancelledError):
                await self._nurse
        for node in self._nodes:
            await node.close()

    async def _ask(self, ask: Callable[[Node], Awaitable[T]]) -> T:
        reasons = []
        for node in self._ranked():
            try:
                await self._admit(node)
                answer = await ask(node)
            except Unreachable as error:
                self._rest(node, error)
                reasons.append(str(error))
            else:
                node.down = False
                return answer
        raise NodeDown("; ".join(reasons) or "no node is configured")

    def _ranked(self) -> list[Node]:
        return sorted(self._nodes, key=lambda node: node.down)

    async def _admit(self, node: Node) -> None:
        if self._chain_id is None or node.chain_id == self._chain_id:
            return
        node.chain_id = int(await node.call("eth_chainId"), 16)
        if node.chain_id != self._chain_id:
            raise Unreachable(f"{node.host}: serves chain {node.chain_id}, not {self._chain_id}")

    def _rest(self, node: Node, why: Exception) -> None:
        if not node.down:
            log.warning("node rests: %s", why)
        node.down = True
        node.chain_id = None
        if self._nurse is None or self._nurse.done():
            self._nurse = asyncio.create_task(self._nursing())

    async def _nursing(self) -> None:
        while resting := [node for node in self._nodes if node.down]:
            await asyncio.sleep(PROBE_EVERY)
            for node in resting:
                with suppress(Unreachable, RpcError):
                    await self._admit(node)
                    node.down = await node.number() + BEHIND < self._height

    async def _compare(self, node: Node, head: dict[str, Json]) -> None:
        old = time.time() - int(head["timestamp"], 16) > self._stale_after
        if not old or time.monotonic() - self._compared < self._stale_after:
            return
        self._compared = time.monotonic()
        for other in self._nodes:
            with suppress(Unreachable, RpcError):
                if other is not node and await other.number() > int(head["number"], 16) + BEHIND:
                    self._rest(node, Unreachable(f"{node.host}: behind {other.host}"))
                    return


def _remember(told: OrderedDict[str, None], head: str) -> None:
    told[head] = None
    if len(told) > REMEMBERED:
        told.popitem(last=False)
