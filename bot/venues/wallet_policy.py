"""How a wallet pays for its gas, and how long it insists."""

from dataclasses import dataclass

from bot.units import BPS, GWEI, to_decimal

ETHER_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class WalletPolicy:
    """How a wallet pays and insists. Fees in wei per gas, times in blocks."""

    chain_id: int
    max_fee_per_gas: int = 50 * GWEI  # nothing bids more
    priority_fee: int = GWEI
    raise_bps: int = 1_250  # of each replacement; nodes refuse less than a tenth
    raise_after: int = 2
    give_up: int = 8  # then it is taken back
    patience: int = 2  # for which a nonce is used by a transaction we do not know, before ours is given up
    confirmations: int = 1
    """Blocks that a transaction must be deep before it is told, the one it is in counted.

    One block: since proof of stake a block is seldom thrown out, its transactions are nearly always in the one that
    takes its place, and whoever waits longer stands one-sided meanwhile.
    """

    @property
    def most(self) -> int:
        """What a swap bids at most: an empty transaction that takes it back must fit under the bound, too."""
        return (self.max_fee_per_gas - 1) * BPS // (BPS + self.raise_bps)


def dear(next_base_fee: int, policy: WalletPolicy) -> str | None:
    """Why nothing may be sent in the next block: gas costs more than may be bid. None where it does not."""
    asked = next_base_fee + policy.priority_fee
    if asked <= policy.most:
        return None
    most, bound = policy.most / GWEI, policy.max_fee_per_gas / GWEI
    return f"gas costs {asked / GWEI:.2f} gwei, max_fee_gwei is {bound:.2f}: {most:.2f} may be bid for a swap"


def unpaid(ether: int, asked: int) -> str | None:
    """Why so much ether is too little for what gas may cost, both wei; None where it is enough."""
    if ether >= asked:
        return None
    lies, may = (to_decimal(each, ETHER_DECIMALS) for each in (ether, asked))
    return f"no ether for gas: it may take {may:.6f} ETH, and {lies:.6f} is in the wallet"


def bid(next_base_fee: int, policy: WalletPolicy) -> int:
    """The most that a transaction signed now pays for a gas, wei: twice the next block's base fee, within bounds."""
    return min(2 * next_base_fee + policy.priority_fee, policy.most)
