"""An executor on the sandbox chain, and somebody to order it about."""

import pytest

from bot.model.registry import Address
from bot.sandbox.actor import Actor

from .desk import Desk


@pytest.fixture
def desk(actor: Actor, executor: Address) -> Desk:
    """A desk at a newly deployed executor."""
    return Desk(actor, executor)
