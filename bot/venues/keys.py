"""The operator's key: unlocked once from a keystore file, then held where nothing prints it, to sign transactions."""

import getpass
import json
import os
import secrets
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coincurve import PrivateKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pydantic import SecretStr

from bot.model.errors import UserError
from bot.model.registry import Address

CREDENTIAL = "repeg-password"
"""The password's name among systemd's credentials (LoadCredential= in the unit)."""


class KeystoreError(UserError):
    """The key cannot be used. The message names the file and what to do, and holds no secret."""


@dataclass(frozen=True, slots=True)
class FeeMarketTransaction:
    """An EIP-1559 transaction without access list. Fees in wei per gas."""

    chain_id: int
    nonce: int
    priority_fee: int
    max_fee_per_gas: int
    gas_limit: int
    to: Address
    data: bytes = b""
    value: int = 0


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """What is broadcast, and the hash it will be known by (0x-hex)."""

    raw: bytes
    hash: str


class Signer:
    """A key that signs and is never shown."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address: Address = to_checksum_address(keccak(self._key.public_key.format(compressed=False)[1:])[-20:])

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def __reduce__(self) -> str:
        raise KeystoreError("a key is not copied or written")

    def sign(self, transaction: FeeMarketTransaction) -> SignedTransaction:
        """The transaction as eth-account would sign it (RFC 6979, low s), in a tenth of the time."""
        fields = _fields(transaction)
        signature = self._key.sign_recoverable(keccak(TYPE + _list(fields)), hasher=None)
        r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
        raw = TYPE + _list([*fields, _number(signature[64]), _number(r), _number(s)])
        return SignedTransaction(raw, "0x" + keccak(raw).hex())


def at_terminal(question: str) -> str:
    """What a person types, unseen. EOFError where stdin is no terminal: there it would be shown."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise EOFError
    return getpass.getpass(question)


def unlock(
    keystore: Path,
    password_file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    ask: Callable[[str], str] = at_terminal,
    *,
    setting: str = "wallet.password_file",
) -> Signer:
    """The signer in an eth-account (Web3 Secret Storage) keystore.

    The password comes from `password_file`, else from systemd's credential `repeg-password`, else it is asked for.
    `KeystoreError` when a file is missing or others may read it, when the password is wrong, and when nobody is there
    to ask: then it names the `setting` that would tell.
    """
    sealed = _sealed(keystore)
    told = _told(password_file, environment)
    return Signer(_opened(keystore, sealed, _asked(keystore, ask, setting) if told is None else told))


def create(keystore: Path, password_file: Path) -> Address:
    """A new key, sealed in `keystore` under a new password in `password_file`, both for the owner's eyes alone.

    FileExistsError when either is there: a key is never overwritten.
    """
    from eth_account import Account  # half a second to import, wanted only here

    password, secret = secrets.token_urlsafe(32), PrivateKey().secret
    _write_private(password_file, password)
    _write_private(keystore, json.dumps(Account.encrypt(secret, password)))
    return Signer(secret).address


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _sealed(keystore: Path) -> dict[str, Any]:
    text = _private_text(keystore, "keystore")
    try:
        sealed = json.loads(text)
    except ValueError:
        sealed = None
    if not isinstance(sealed, dict) or "crypto" not in {key.lower() for key in sealed}:
        raise KeystoreError(f"{keystore}: this is not a keystore file") from None
    return sealed


def _opened(keystore: Path, sealed: dict[str, Any], password: SecretStr) -> bytes:
    from eth_account import Account  # half a second to import, wanted only here

    try:
        return bytes(Account.decrypt(sealed, password.get_secret_value()))
    except ValueError:
        raise KeystoreError(f"{keystore}: the password does not open it") from None
    except (KeyError, TypeError, NotImplementedError):
        raise KeystoreError(f"{keystore}: this is not a keystore file") from None


def _told(password_file: Path | None, environment: Mapping[str, str]) -> SecretStr | None:
    """The password that lies somewhere, if it does."""
    if password_file is not None:
        return SecretStr(_private_text(password_file, "password file").rstrip("\r\n"))
    credential = Path(environment.get("CREDENTIALS_DIRECTORY", ""), CREDENTIAL)
    if "CREDENTIALS_DIRECTORY" in environment and credential.exists():
        return SecretStr(credential.read_text(encoding="utf-8").rstrip("\r\n"))  # guarded by systemd itself
    return None


def _asked(keystore: Path, ask: Callable[[str], str], setting: str) -> SecretStr:
    try:
        return SecretStr(ask(f"Password of {keystore}: "))
    except EOFError:
        raise KeystoreError(f"{keystore}: no password: set {setting} or run in a terminal") from None


def _private_text(path: Path, what: str) -> str:
    """A file's text, if its owner alone may read it."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeystoreError(f"{path}: others may read this {what} (mode {mode:04o}): chmod 600 {path}")
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise KeystoreError(f"{path}: cannot read the {what}: {reason}") from None


TYPE = b"\x02"  # EIP-2718
NO_ACCESS_LIST = b"\xc0"  # an empty list
SHORT = 56  # lengths from here on have a length of their own (yellow paper, appendix B)


def _fields(transaction: FeeMarketTransaction) -> list[bytes]:
    """The fields in EIP-1559's order, each in RLP."""
    return [
        _number(transaction.chain_id),
        _number(transaction.nonce),
        _number(transaction.priority_fee),
        _number(transaction.max_fee_per_gas),
        _number(transaction.gas_limit),
        _string(bytes.fromhex(transaction.to[2:])),
        _number(transaction.value),
        _string(transaction.data),
        NO_ACCESS_LIST,
    ]


def _list(items: Sequence[bytes]) -> bytes:
    payload = b"".join(items)
    return _header(len(payload), 0xC0) + payload


def _number(number: int) -> bytes:
    return _string(_minimal(number))


def _string(text: bytes) -> bytes:
    if len(text) == 1 and text[0] < 0x80:
        return text
    return _header(len(text), 0x80) + text


def _header(length: int, kind: int) -> bytes:
    if length < SHORT:
        return bytes([kind + length])
    size = _minimal(length)
    return bytes([kind + SHORT - 1 + len(size)]) + size


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
