"""The chains over which exchanges take coins in and send them out: one name for each, and how long a transfer lasts."""

PROCESSING = 5.0  # minutes until the sending exchange has looked at a withdrawal and signed it: assumed, not measured

FINAL: dict[str, float] = {
    "ERC20": 19.0,  # about 65 blocks
    "ARBITRUM": 19.0,  # once the batch with it is final on Ethereum, as for the next three
    "BASE": 19.0,
    "OP": 19.0,
    "UNICHAIN": 19.0,
    "MATIC": 2.0,  # Polygon PoS, about 33 blocks
    "AVAXC": 1.0,  # 20 confirmations at Kraken; final after 8 seconds
    "SOL": 1.0,  # 32 blocks, 25 seconds
    "SUI": 1.0,
    "APT": 1.0,
    "SONIC": 1.0,
    "SEI": 1.0,
    "NOBLE": 1.0,
    "HYPER": 1.0,  # HyperEVM
    "TRC20": 1.0,  # 20 blocks of 3 seconds
    "BEP20": 1.0,  # 15 blocks of at most 3 seconds
}
"""Minutes until a deposit counts, by ccxt's name of the network: the longest that is usual, rounded up.

Many exchanges are content with less on Ethereum and what is built on it. Sources: Circle, "CCTP block confirmations"
and "Gateway supported blockchains" (developers.circle.com); Kraken, "Cryptocurrency deposit processing times"
(support.kraken.com, article 203325283); Cryptopay, "Confirmations" (developers.cryptopay.me), for BEP20.
"""

ALSO = {
    "ETH": "ERC20",
    "ETHEREUM": "ERC20",
    "TRX": "TRC20",
    "TRON": "TRC20",
    "BSC": "BEP20",
    "BSC20": "BEP20",
    "ARB": "ARBITRUM",
    "ARBI": "ARBITRUM",
    "ARBONE": "ARBITRUM",
    "ARBITRUM ONE": "ARBITRUM",
    "OPTIMISM": "OP",
    "POLYGON": "MATIC",
    "POL": "MATIC",
    "CAVAX": "AVAXC",
    "AVALANCHE C-CHAIN": "AVAXC",
    "SOLANA": "SOL",
    "SPL": "SOL",
    "APTOS": "APT",
    "HYPEREVM": "HYPER",
}
"""Other names: aliases and exchanges' own names in ccxt's classes. AVAX and BNB name two chains each, so neither."""


def named(told: str) -> str | None:
    """The network an exchange means; None where that is not known for sure: coins sent astray do not come back."""
    plain = told.strip().upper()
    name = ALSO.get(plain, plain)
    return name if name in FINAL else None


def minutes(network: str) -> float:
    """From asking for a withdrawal until the coins can be traded at the other exchange, usually. KeyError: unknown."""
    return PROCESSING + FINAL[network]
