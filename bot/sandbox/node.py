"""A node spoken to in raw JSON-RPC over one kept connection: synchronous, for what may wait for an answer."""

import http.client
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from bot.model.errors import UserError

Json = Any  # what JSON can hold: whoever asks knows what comes
Call = tuple[str, Sequence[object]]


class NodeError(UserError):
    """The node understood and said no."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        self.method = method
        self.code = error.get("code")
        self.message = str(error.get("message", ""))
        self.data = error.get("data")
        super().__init__(f"{method}: {self.message}" + (f" {self.data}" if self.data else ""))


class Node:
    """One connection to one node. Not for several threads at once."""

    def __init__(self, url: str, timeout: float = 120) -> None:
        parts = urlsplit(url)
        if parts.hostname is None:
            raise ValueError(f"not the address of a node: {url!r}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.url = url

    def rpc(self, method: str, *params: object) -> Json:
        """The result of one call. Raises NodeError where the node refuses it."""
        answer = self._post(_request(0, method, params))
        if "error" in answer:
            raise NodeError(method, answer["error"])
        return answer["result"]

    def batch(self, calls: Iterable[Call]) -> list[Json]:
        """The results of many calls in one request, in order; a refusal stands in its place as a NodeError."""
        asked = list(calls)
        if not asked:
            return []
        answers = self._post([_request(at, method, params) for at, (method, params) in enumerate(asked)])
        by_id = {answer["id"]: answer for answer in answers}
        return [_result(method, by_id[at]) for at, (method, _) in enumerate(asked)]

    def close(self) -> None:
        """Ends the connection; the next call opens another."""
        self._connection.close()

    def __del__(self) -> None:
        self._connection.close()

    def _post(self, body: object) -> Json:
        payload = orjson.dumps(body)
        try:
            return self._exchange(payload)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # a server may drop a connection that was idle: once more on a new one
            return self._exchange(payload)

    def _exchange(self, payload: bytes) -> Json:
        self._connection.request("POST", self._path, payload, {"Content-Type": "application/json"})
        return orjson.loads(self._connection.getresponse().read())


def _request(number: int, method: str, params: Sequence[object]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def _result(method: str, answer: dict[str, Json]) -> Json:
    return NodeError(method, answer["error"]) if "error" in answer else answer["result"]
