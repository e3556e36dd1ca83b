"""The operator's key: who may open it, what it signs, and that nothing shows it."""

import copy
import json
import logging
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from bot.units import MAX_UINT256
from bot.venues import keys
from bot.venues.keys import FeeMarketTransaction, KeystoreError, Signer

SECRET = bytes.fromhex("c0ffee" * 10 + "0102")
PASSWORD = "correct horse battery staple"  # noqa: S105 - opens nothing but the key above

addresses = st.binary(min_size=20, max_size=20).map(to_checksum_address)
amounts = st.integers(0, MAX_UINT256)
transactions = st.builds(
    FeeMarketTransaction,
    chain_id=st.integers(1, 2**64),
    nonce=st.integers(0, 2**64 - 2),
    priority_fee=amounts,
    max_fee_per_gas=amounts,
    gas_limit=st.integers(0, 2**64 - 1),
    to=addresses,
    data=st.one_of(st.binary(max_size=80), st.binary(min_size=250, max_size=1_000), st.binary(min_size=1, max_size=1)),
    value=amounts,
)
secrets = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "operator.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(Account.encrypt(SECRET, PASSWORD, kdf="pbkdf2", iterations=10)))
    return path


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.touch(mode=0o600)
    path.write_text(PASSWORD + "\n")
    return path


def never(question: str) -> str:
    raise AssertionError(f"asked: {question}")


@given(secrets, transactions)
def test_it_signs_as_eth_account_does(secret, transaction):
    """Raw bytes and hash equal eth-account's for any key and any transaction."""
    theirs = Account.sign_transaction(
        {
            "type": 2,
            "chainId": transaction.chain_id,
            "nonce": transaction.nonce,
            "maxPriorityFeePerGas": transaction.priority_fee,
            "maxFeePerGas": transaction.max_fee_per_gas,
            "gas": transaction.gas_limit,
            "to": transaction.to,
            "data": transaction.data,
            "value": transaction.value,
        },
        secret,
    )

    ours = Signer(secret).sign(transaction)

    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == "0x" + bytes(theirs.hash).hex()


def test_the_address_is_the_keys():
    """The signer knows its address, checksummed."""
    assert Signer(SECRET).address == Account.from_key(SECRET).address


def test_the_password_comes_from_a_file(keystore, password_file):
    """A password file opens the keystore, its last newline left out, and nobody is asked."""
    signer = keys.unlock(keystore, password_file, environment={}, ask=never)

    assert signer.address == Account.from_key(SECRET).address


def test_a_new_key_is_private_and_never_overwritten(tmp_path):
    """What `create` seals its password file opens; only the owner may read either; neither replaces another."""
    keystore, password_file = tmp_path / "new.json", tmp_path / "secret"

    address = keys.create(keystore, password_file)

    assert keys.unlock(keystore, password_file, environment={}, ask=never).address == address
    assert [path.stat().st_mode & 0o777 for path in (keystore, password_file)] == [0o600, 0o600]
    with pytest.raises(FileExistsError):
        keys.create(keystore, tmp_path / "another")


def test_the_password_comes_from_a_systemd_credential(keystore, password_file):
    """A credential opens the keystore; systemd guards it, so its mode is not looked at."""
    password_file.rename(password_file.with_name(keys.CREDENTIAL))
    password_file.with_name(keys.CREDENTIAL).chmod(0o440)

    signer = keys.unlock(keystore, environment={"CREDENTIALS_DIRECTORY": str(keystore.parent)}, ask=never)

    assert signer.address == Account.from_key(SECRET).address


@pytest.mark.parametrize("environment", [{}, {"CREDENTIALS_DIRECTORY": "/nonexistent"}])
def test_without_a_file_or_credential_it_is_asked_for(keystore, environment):
    """The prompt names the keystore."""
    questions = []

    def ask(question: str) -> str:
        questions.append(question)
        return PASSWORD

    assert keys.unlock(keystore, environment=environment, ask=ask).address == Account.from_key(SECRET).address
    assert str(keystore) in questions[0]


def test_nobody_there_to_ask_is_an_error(keystore):
    """Without a terminal the missing password is reported, with what to set."""

    def hang_up(_question: str) -> str:
        raise EOFError

    with pytest.raises(KeystoreError, match=r"set wallet\.password_file"):
        keys.unlock(keystore, environment={}, ask=hang_up)
    with pytest.raises(KeystoreError, match=r"set desk\.chain\.password_file"):
        keys.unlock(keystore, environment={}, ask=hang_up, setting="desk.chain.password_file")


def test_what_is_piped_in_is_no_password(keystore, password_file):
    """Only a terminal is asked; elsewhere it is one line, without a warning that the password would be shown."""
    code = "import sys; from pathlib import Path; from bot.venues import keys; keys.unlock(Path(sys.argv[1]))"
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, keystore],
        input=password_file.read_text(),
        capture_output=True,
        text=True,
        start_new_session=True,  # without a terminal that could be opened by its name
        env={**os.environ, "PYTHONPATH": str(Path(keys.__file__).parents[2])},
    )

    assert ran.returncode == 1
    assert ran.stderr.strip().endswith("no password: set wallet.password_file or run in a terminal")
    assert "GetPassWarning" not in ran.stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
@pytest.mark.parametrize("which", ["operator.json", "password"])
def test_files_that_others_may_use_are_refused(keystore, password_file, mode, which):
    """Any right of group or others, on keystore or password, is refused with the remedy."""
    (keystore.parent / which).chmod(mode)

    with pytest.raises(KeystoreError, match=f"{which}: others may read .* chmod 600"):
        keys.unlock(keystore, password_file, environment={}, ask=never)


@pytest.mark.parametrize("which", ["operator.json", "password"])
def test_missing_files_are_named(keystore, password_file, which):
    """What is not there is said by name."""
    (keystore.parent / which).unlink()

    with pytest.raises(KeystoreError, match=f"{which}: cannot read the .*: No such file"):
        keys.unlock(keystore, password_file, environment={}, ask=never)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"crypto": {}}', '{"crypto": 7, "version": 3}', "\x00"])
def test_other_files_are_not_taken_for_keystores(keystore, password_file, text):
    """Whatever is not a keystore is called that."""
    keystore.write_text(text)

    with pytest.raises(KeystoreError, match="not a keystore file"):
        keys.unlock(keystore, password_file, environment={}, ask=never)


def test_a_file_that_is_not_text_is_refused(keystore, password_file):
    """Binary where JSON belongs is an error of one line."""
    keystore.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(KeystoreError, match="it is not text"):
        keys.unlock(keystore, password_file, environment={}, ask=never)


def test_a_wrong_password_shows_no_secret(keystore, caplog):
    """The error, its traceback with every local variable, and the log hold neither password nor key."""
    wrong = "hunter2-hunter2"
    with caplog.at_level(logging.DEBUG), pytest.raises(KeystoreError, match="does not open it") as caught:
        keys.unlock(keystore, environment={}, ask=lambda _: wrong)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in shown.stack if frame.filename == keys.__file__]
    told = f"{caught.value!r} {caplog.text} {[frame.locals for frame in ours]}"

    assert ours
    assert wrong not in told
    assert SECRET.hex() not in told


def test_a_signer_shows_its_address_only(caplog):
    """Printed, logged, copied or pickled, a signer gives nothing away."""
    signer = Signer(SECRET)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("bot").warning("signer %s %r", signer, signer)

    assert repr(signer) == str(signer) == f"Signer({signer.address})"
    assert SECRET.hex() not in caplog.text
    assert not hasattr(signer, "__dict__")
    with pytest.raises(KeystoreError, match="not copied"):
        pickle.dumps(signer)
    with pytest.raises(KeystoreError, match="not copied"):
        copy.copy(signer)
