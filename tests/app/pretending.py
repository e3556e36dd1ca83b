"""A wallet on the sandbox chain that only pretends to trade."""

from contextlib import asynccontextmanager

from venues.wallets import POLICY, SANDBOX

from bot.app.paper_chain import PaperChain
from bot.model.coins import shipped
from bot.venues.keys import Signer
from bot.venues.rpc import Rpc

WALLET = Signer(bytes.fromhex("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"))  # anvil's third


@asynccontextmanager
async def pretending(actor, known=()):
    """A wallet that pretends, and what it told at its start."""
    rpc = Rpc([actor.node.url], poll=0.01)
    try:
        async with PaperChain(rpc, WALLET.address, SANDBOX, shipped(), lambda: 2e3, POLICY, lambda: 7) as paper:
            yield paper, await paper.start(list(known))
    finally:
        await rpc.close()
