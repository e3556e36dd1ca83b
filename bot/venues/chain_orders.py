"""From an order to the swap that carries it out, as the newest block has it, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.amm.side import Side as Way
from bot.model.coins import Coins
from bot.model.events import PoolSeen
from bot.model.markets import Asset, Market
from bot.model.orders import Side, Style, Terms, Ticket
from bot.model.pools import state_of
from bot.model.registry import Address, Pool, Registry
from bot.units import to_decimal
from bot.venues import chain_swaps, readers, wallet_policy
from bot.venues.chain_swaps import Swap
from bot.venues.heads import Heads
from bot.venues.multicall import Asking
from bot.venues.readers import Reader, Unreadable
from bot.venues.rpc import Rpc
from bot.venues.wallet import Wallet
from bot.venues.wallet_sending import WalletSender

GAS = 250_000
"""Units for approval and swap: 46,000 to 55,000 and 130,000 to 190,000, as the sandbox measures them."""

WAITING = Decimal(1)  # a maker's fee that no waiting order is worth: in a pool nobody waits
ETHER: Asset = "ETH"
ETHER_DECIMALS = wallet_policy.ETHER_DECIMALS
WEI = 10**ETHER_DECIMALS

Holdings = tuple[tuple[Asset, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An order that cannot be carried out here."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unfilled:
    """An order that finds nobody now: not at its price, or not at the gas that may be paid."""

    reason: str


Verdict = Refused | Unfilled


class Quoting:
    """What a wallet's swaps bring. Each question raises NodeDown when no node answers, RpcError when it will not."""

    def __init__(self, rpc: Rpc, registry: Registry, coins: Coins, wallet: Wallet, heads: Heads) -> None:
        self._rpc, self._registry, self._wallet, self._heads = rpc, registry, wallet, heads
        self._listings = chain_swaps.listings(registry, coins)
        self._readers: dict[Address, Reader[PoolSeen]] = {}
        traded = {coin for each in self._listings.values() for coin in (each.base, each.quote)}
        self._assets = {coin: asset for coin in traded if (asset := chain_swaps.asset_of(coin, coins))}

    def terms(self, market: Market, wei_per_gas: int, ether_usd: Callable[[], float | None]) -> Terms | None:
        """What a market asks of orders while gas and ether cost so much; None where there is no swap, or no price."""
        listing = self._listings.get(market)
        dollars = ether_usd() if listing else None
        if listing is None or dollars is None:
            return None
        step = Decimal(1).scaleb(-listing.base.decimals)
        return Terms(
            taker=Decimal(0),  # the pool's fee is in its price
            maker=WAITING,
            price_step=Decimal(1).scaleb(-listing.quote.decimals),
            amount_step=step,
            min_amount=step,
            flat_usd=GAS * wei_per_gas / WEI * dollars,
        )

    async def swap(self, ticket: Ticket) -> Swap | Verdict:
        """The swap for an order at the newest block, which is looked for first."""
        listing = self._listings.get(ticket.market)
        if listing is None:
            return Refused(chain_swaps.untradable(ticket.market, self._registry))
        if ticket.style is Style.MAKE:
            return Refused("in a pool nobody waits: an order takes, or is none")
        await self._heads.look()
        i, j = (listing.j, listing.i) if ticket.side is Side.BUY else (listing.i, listing.j)
        try:
            way = await self._way(listing.pool, i, j)
        except Unreadable as why:
            return Refused(f"{listing.pool.name}: {why}")
        sized = chain_swaps.sized(ticket, listing, way)
        return Unfilled(sized) if isinstance(sized, str) else sized

    async def wanted(self, ticket: Ticket, sender: WalletSender) -> Swap | Verdict:
        """The swap for an order, if the wallet can pay for it and the pool would give enough."""
        swap = await self.swap(ticket)
        if not isinstance(swap, Swap):
            return swap
        if dear := sender.dear():
            return Unfilled(dear)
        tried = await self.covered(swap, sender.bid) or await self.tried(swap)
        return swap if isinstance(tried, int) else tried

    async def covered(self, swap: Swap, max_fee_per_gas: int) -> Refused | None:
        """Why the wallet cannot pay for a swap; None where it can."""
        held = (await self._wallet.holds([swap.coin_in], self._heads.hash)).get(swap.coin_in, 0)
        if held < swap.dx:
            short, lies = (to_decimal(each, swap.decimals_in) for each in (swap.dx, held))
            return Refused(f"{short:f} {self._symbol(swap.coin_in)} is asked of {lies:f} in the wallet")
        counts = await self._wallet.counts()
        if counts.waiting > counts.used:
            return Refused("a transaction of the wallet waits that is not of any order")
        why = unpaid(to_decimal(counts.ether, ETHER_DECIMALS), max_fee_per_gas)
        return Refused(why) if why else None

    async def tried(self, swap: Swap) -> int | Verdict:
        """What the pool's own contract would give now; or that it would revert, or give less than is asked."""
        trial = await self._wallet.trial(swap, self._heads.hash)
        if trial.got is None:
            return Refused(f"it would revert: {trial.reason}")
        if trial.got < swap.min_dy:
            return Unfilled(self._too_little(swap, trial.got))
        return trial.got

    async def pretended(self, swap: Swap) -> int | Verdict:
        """The same where the wallet need not hold what goes in: then by our own arithmetic of the pool as read."""
        held = (await self._wallet.holds([swap.coin_in], self._heads.hash)).get(swap.coin_in, 0)
        if held >= swap.dx:
            return await self.tried(swap)
        way = await self._way(self._registry.pools[swap.pool], swap.i, swap.j)
        got = way.out(swap.dx) or 0
        return got if got >= swap.min_dy else Unfilled(self._too_little(swap, got))

    def _too_little(self, swap: Swap, got: int) -> str:
        """That a pool gives less than is asked."""
        gives, asked = (f"{to_decimal(each, swap.decimals_out):f}" for each in (got, swap.min_dy))
        paid, coin = f"{to_decimal(swap.dx, swap.decimals_in):f}", self._symbol(swap.coin_in)
        return f"for {paid} {coin} the pool gives {gives} {self._symbol(swap.coin_out)}, {asked} are asked"

    async def triable(self) -> None:
        """RpcError where swaps cannot be tried at the node."""
        await self._wallet.triable(self._heads.hash)

    async def holdings(self) -> Holdings:
        """All that lies in the wallet of the coins that are traded, and its ether, at the newest block known."""
        held = await self._wallet.holds([coin.address for coin in self._assets], self._heads.hash)
        coins = ((asset, to_decimal(held.get(coin.address, 0), coin.decimals)) for coin, asset in self._assets.items())
        ether = to_decimal((await self._wallet.counts()).ether, ETHER_DECIMALS)
        return (*sorted(coins), (ETHER, ether))

    async def _way(self, pool: Pool, i: int, j: int) -> Way:
        """What the pool pays at the newest block known. Unreadable where it does not answer."""
        ask = Asking(self._rpc, self._heads.hash)
        reader = self._readers.get(pool.address)
        if reader is None:
            reader = self._readers[pool.address] = await readers.curve(pool, self._registry.coins, None, ask)
        answers = [answer for answer in await ask(*reader.calls) if answer is not None]
        if len(answers) < len(reader.calls):
            raise Unreadable("does not answer")
        return state_of(pool, reader.seen(answers, self._heads.timestamp), None).side(i, j)

    def _symbol(self, coin: Address) -> str:
        return self._registry.coins[coin].symbol


def penniless(held: Holdings, max_fee_per_gas: int) -> str | None:
    """Why a wallet is to begin nothing, as it stands; None where it can pay for more than the next order."""
    return unpaid(dict(held)[ETHER], 2 * max_fee_per_gas)


def unpaid(ether: Decimal, max_fee_per_gas: int) -> str | None:
    """Why so much ether is too little for what gas may cost; None where it is enough for twice an order's units."""
    return wallet_policy.unpaid(int(ether * WEI), 2 * GAS * max_fee_per_gas)
