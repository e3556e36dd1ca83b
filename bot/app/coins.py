"""Which coins a user means."""

from collections.abc import Sequence
from pathlib import Path

from bot.model.coins import Coins, parse, shipped
from bot.model.errors import UserError
from bot.model.markets import Asset


def known(file: Path | None) -> Coins:
    """The coins that come with repeg, and over them those of `file` where there is one."""
    if file is None:
        return shipped()
    try:
        return shipped().with_(parse(file.expanduser().read_text(encoding="utf-8"), str(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the coins file {file}: {error}") from None


def chosen(names: Sequence[str], coins: Coins) -> list[Asset]:
    """The assets of these names, all coins where none is named. UserError for a stranger."""
    assets = []
    for name in names:
        asset = coins.asset(name)
        if asset is None:
            raise UserError(coins.stranger(name))
        assets.append(asset)
    return assets or list(coins.by_symbol)
