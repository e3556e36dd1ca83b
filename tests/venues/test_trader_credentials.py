"""API keys: where they are read from, who else may read them, and that nothing shows them."""

import copy
import json
import pickle
from types import SimpleNamespace

import ccxt
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.venues.credentials import HIDDEN, Credentials, CredentialsError, read
from bot.venues.order_calls import Calls

from .order_floor import COINS, HURRY

KEYS = {"apiKey": "AKEY1234", "secret": "s3cr3t-value", "password": "a phrase"}


def written(folder, text, mode=0o600, name="okx.json"):
    path = folder / name
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    path.chmod(mode)
    return path


def test_keys_are_read_from_a_file_that_is_ours_alone(tmp_path):
    """They come out as ccxt wants them."""
    written(tmp_path, KEYS)
    assert read("okx", tmp_path, {}).for_ccxt() == KEYS


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_file_that_others_may_read_is_refused(tmp_path, mode):
    """The line says what to do, and holds no key."""
    path = written(tmp_path, KEYS, mode)
    with pytest.raises(CredentialsError, match=f"chmod 600 {path}") as refused:
        read("okx", tmp_path, {})
    assert not any(key in str(refused.value) for key in KEYS.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json AKEY1234", "this is not"),
        (["AKEY1234"], "this is not"),
        ({"apiKey": "AKEY1234", "secret": 7}, "this is not"),
        ({"apiKey": "AKEY1234"}, "no secret in it"),
        ({**KEYS, "secert": "AKEY1234"}, "unknown keys"),
    ],
)
def test_what_holds_no_keys_is_one_line_without_them(tmp_path, text, said):
    """A slip of the pen names the file, not the key."""
    written(tmp_path, text)
    with pytest.raises(CredentialsError, match=said) as refused:
        read("okx", tmp_path, {})
    assert "AKEY1234" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_systemd_keeps_them_too(tmp_path):
    """A credential of the unit is read where no folder has the venue."""
    written(tmp_path, KEYS, 0o440, "repeg-okx")
    assert read("okx", None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).for_ccxt() == KEYS
    with pytest.raises(CredentialsError, match="no keys for kraken"):
        read("kraken", tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    with pytest.raises(CredentialsError, match="no keys for okx"):
        read("okx", None, {})


def test_nothing_shows_or_copies_them(tmp_path):
    """Not their text, not a copy on its way to a file."""
    written(tmp_path, KEYS)
    keys = read("okx", tmp_path, {})
    assert not any(key in text for key in KEYS.values() for text in (repr(keys), str(keys), f"{keys}"))
    with pytest.raises(CredentialsError):
        pickle.dumps(keys)
    with pytest.raises(CredentialsError):
        copy.copy(keys)


@pytest.fixture
def retries():
    """What whoever logs retries is told of them."""
    heard = []
    stamina.instrumentation.set_on_retry_hooks([heard.append])
    yield heard
    stamina.instrumentation.set_on_retry_hooks(None)


async def test_what_an_exchange_repeats_of_them_is_logged_by_nobody(retries):
    """Its error is scrubbed where it enters, before it is tried again and that is logged."""
    keys = Credentials("okx", SecretStr("AKEY1234"), SecretStr("s3cr3t-value"))

    async def refused():
        raise ccxt.ExchangeNotAvailable("okx no such key as AKEY1234, s3cr3t-value")

    exchange = SimpleNamespace(id="okx", fetch_balance=refused)
    calls = Calls(exchange, COINS, HURRY, lambda: 0, keys.scrub)
    with pytest.raises(ccxt.ExchangeNotAvailable) as failed:
        await calls.balances()
    assert str(failed.value) == "okx no such key as ***, ***"
    assert retries
    assert not any(key in f"{each} {each.caused_by!r}" for each in retries for key in keys.for_ccxt().values())


@given(before=st.text(), between=st.text(), after=st.text())
def test_a_text_is_scrubbed_of_every_key(before, between, after):
    """Whatever an exchange's error repeats, no key is left in it."""
    keys = Credentials("okx", SecretStr("AKEY1234"), SecretStr("AKEY1234-longer"), SecretStr("phrase"))
    told = keys.scrub(f"{before}AKEY1234{between}AKEY1234-longer{after}phrase")
    assert not any(key in told for key in keys.for_ccxt().values())
    assert HIDDEN in told
