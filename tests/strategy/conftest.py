"""What is thought of coins where a desk is tested: not by the outlook, so that a test says it itself."""

from collections.abc import Iterator

import pytest

from bot.model.outlooks import Outlook, Stance
from bot.strategy import outlook as outlooks
from strategy.desks import THOUGHTS, USDC, outlook, thinks


@pytest.fixture
def thought(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Outlook]]:
    """Of every coin one thinks well, unless a test says otherwise: not even a reckless outlook may harm a desk."""
    THOUGHTS.clear()
    monkeypatch.setattr(outlooks, "assess", thinks)
    yield THOUGHTS
    THOUGHTS.clear()


@pytest.fixture
def hedgeable(thought: dict[str, Outlook]) -> None:
    """USDC may be held with its fall sold, and no other way."""
    thought[USDC] = outlook(stance=Stance.HEDGED, recovery_low=0.5)
