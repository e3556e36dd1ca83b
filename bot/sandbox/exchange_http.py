"""Requests and answers of the sandbox's exchanges, from and to aiohttp."""

from collections.abc import Callable, Mapping

import orjson
from aiohttp import web

from bot.sandbox.exchange_faults import Fault, broken
from bot.sandbox.wire.wire import UNCLEAR, Answer, Refusal, RefusedError, Request


async def asked(request: web.Request) -> Request:
    """What a client asks."""
    if request.content_type == "application/json" and request.can_read_body:
        sent = await request.json(loads=orjson.loads)
    else:
        sent = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    host, path = request.match_info["host"], request.match_info["path"]
    return Request(request.method, host, path, request.query, request.headers, sent)


def answered(answer: Callable[[], Answer], refusals: Mapping[Refusal, Answer]) -> Answer:
    """The answer, or why there is none in the exchange's words."""
    try:
        return answer()
    except RefusedError as refused:
        return refusals[refused.why]
    except UNCLEAR:
        return refusals[Refusal.BAD_REQUEST]


def response(answer: Answer, faults: Mapping[Fault, float]) -> web.Response:
    """An answer on its way."""
    plain = isinstance(answer.body, str)
    text = answer.body if plain else orjson.dumps(answer.body).decode()
    return web.Response(
        status=answer.status,
        text=broken(text) if Fault.GARBAGE in faults else text,
        headers=answer.headers,
        content_type="text/html" if plain else "application/json",
    )
