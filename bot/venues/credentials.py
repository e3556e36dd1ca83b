"""API keys of exchanges: a file a venue that its owner alone can read, or systemd's credentials. Nothing shows them."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.model.errors import UserError

CREDENTIAL = "repeg-{venue}"
"""A venue's file among systemd's credentials (LoadCredential= in the unit)."""

HIDDEN = "***"
NONE = SecretStr("")
SHORTEST = 4  # characters of what is hidden in texts: less says nothing, and is found everywhere
NAMES = {"apiKey": "api_key", "secret": "secret", "password": "password", "uid": "uid"}


class CredentialsError(UserError):
    """The keys cannot be used. The message names the file and what to do, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an exchange knows our account by. Shown as stars."""

    venue: str  # ccxt's id
    api_key: SecretStr
    secret: SecretStr
    password: SecretStr = NONE  # where there is one: okx and others call it passphrase
    uid: SecretStr = NONE

    def for_ccxt(self) -> dict[str, str]:
        """The settings of ccxt's class, in clear: for the class only."""
        return {name: text for name, field in NAMES.items() if (text := getattr(self, field).get_secret_value())}

    def scrub(self, text: str) -> str:
        """The text without the keys, whoever put them there."""
        for secret in sorted(self.for_ccxt().values(), key=len, reverse=True):
            if len(secret) >= SHORTEST:
                text = text.replace(secret, HIDDEN)
        return text

    def __reduce__(self) -> str:
        raise CredentialsError("keys are not copied or written")


def read(venue: str, folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> Credentials:
    """The keys of a venue: from `<folder>/<venue>.json`, else from systemd's credential `repeg-<venue>`.

    The file holds {"apiKey": "...", "secret": "..."} and "password" or "uid" where the exchange gives one.
    `CredentialsError` when there is none, others may read it, or it holds something else.
    """
    if folder is not None and (folder / f"{venue}.json").exists():
        path = folder / f"{venue}.json"
        return _parsed(venue, path, _private_text(path))
    sealed = Path(environment.get("CREDENTIALS_DIRECTORY", ""), CREDENTIAL.format(venue=venue))
    if "CREDENTIALS_DIRECTORY" in environment and sealed.exists():
        return _parsed(venue, sealed, sealed.read_text(encoding="utf-8"))  # guarded by systemd itself
    where = f"{folder / venue}.json" if folder is not None else f"systemd's credential {sealed.name}"
    raise CredentialsError(f'{where}: no keys for {venue}: write {{"apiKey": "...", "secret": "..."}} there, mode 600')


def _parsed(venue: str, path: Path, text: str) -> Credentials:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not all(isinstance(each, str) and each for each in told.values()):
        raise CredentialsError(f'{path}: this is not {{"apiKey": "...", "secret": "..."}}') from None
    unknown = sorted(told.keys() - NAMES)
    missing = [name for name in ("apiKey", "secret") if name not in told]
    if unknown or missing:
        what = f"no {missing[0]} in it" if missing else f"unknown keys in it, known are {', '.join(NAMES)}"
        raise CredentialsError(f"{path}: {what}")
    return Credentials(venue, **{NAMES[name]: SecretStr(each) for name, each in told.items()})


def _private_text(path: Path) -> str:
    """A file's text, if its owner alone may read it."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CredentialsError(f"{path}: others may read these keys (mode {mode:04o}): chmod 600 {path}")
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CredentialsError(f"{path}: cannot read the keys: {reason}") from None
