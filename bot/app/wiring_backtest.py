"""From settings to the judgement that trades history: the live one, with no chain to look at."""

from dataclasses import replace

from bot.app import watching, wiring_desk
from bot.app.settings import Settings
from bot.model.coins import Coins
from bot.strategy.engine import Policy


def policy(settings: Settings, coins: Coins) -> Policy:
    """What decides in a backtest. Bars are no books, and two closes never stood at one moment: so no pairs."""
    rules = wiring_desk.rules(settings, coins)
    alone = replace(rules, mandate=replace(rules.mandate, pairs=False))
    return replace(watching.policy(coins, settings.detection.thresholds()), rules=alone)
