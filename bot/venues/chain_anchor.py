"""Which chain a folder of orders is for: a copy of a chain has the same id, and its transactions are good on both."""

import json
import os
from pathlib import Path

from bot.model.errors import UserError
from bot.venues.rpc import Rpc

FILE = "chain.json"
DEPTH = 64  # blocks under the head: no reorganisation goes so deep


class Anchor:
    """A block of the chain, kept in a folder at its first use, and to be found on the chain ever after."""

    def __init__(self, folder: Path, rpc: Rpc) -> None:
        self._folder, self._rpc = folder, rpc
        self._holds = False

    async def check(self, head: int) -> None:
        """UserError where the folder is for another chain. `head`: the newest block's number. NodeDown, RpcError."""
        if self._holds:
            return
        try:
            await self._check(head)
        except OSError as error:
            raise UserError(f"the folder {self._folder} cannot be used: {error.strerror}") from None
        self._holds = True

    async def _check(self, head: int) -> None:
        path = self._folder / FILE
        kept = _read(path)
        number = max(0, head - DEPTH) if kept is None else kept[0]
        block = await self._rpc.call("eth_getBlockByNumber", hex(number), False)
        if kept is None and block is not None:
            _write(path, number, block["hash"])
        elif kept is None or block is None or block["hash"] != kept[1]:
            told = f"these orders were on another chain, whose block {number} is not this one's"
            raise UserError(f"{self._folder}: {told}")


def _read(path: Path) -> tuple[int, str] | None:
    """Number and hash; None before the first use."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return int(told["number"]), str(told["hash"])
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}: this does not say of which chain the orders beside it are") from None


def _write(path: Path, number: int, block_hash: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"number": number, "hash": block_hash}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
