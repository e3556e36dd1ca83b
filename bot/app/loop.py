"""The event loop: the faster one where there is one."""

import asyncio
import sys


def new() -> asyncio.AbstractEventLoop:
    """For asyncio.Runner."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()
