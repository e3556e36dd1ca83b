"""The command line: helpful, and one line for whatever a user can mend."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPEG = str(Path(sys.executable).with_name("repeg"))
COMMANDS = [
    (),
    ("demo",),
    ("run",),
    ("watch",),
    ("feeds",),
    ("lenders",),
    ("pools",),
    ("detect",),
    ("backtest",),
    ("liquidity",),
    ("coins",),
    ("halt",),
    ("resume",),
    ("limits",),
    ("outlook",),
    ("outlook", "show"),
    ("outlook", "calibrate"),
    ("outlook", "leave-one-out"),
    ("doctor",),
    ("candles", "download"),
    ("candles", "import"),
    ("candles", "list"),
    ("candles", "record"),
    ("candles", "check"),
    ("chain", "up"),
    ("chain", "down"),
    ("chain", "status"),
    ("exchanges", "up"),
    ("episodes", "list"),
    ("episodes", "search"),
    ("episodes", "add"),
    ("episodes", "show"),
    ("tx", "list"),
    ("tx", "status"),
    ("tx", "watch"),
    ("config", "example"),
    ("config", "check"),
]
NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port


def repeg(*words, home):
    """Run the command as a user would, with a home of its own."""
    return subprocess.run([REPEG, *words], capture_output=True, text=True, env=_home(home), timeout=60)


def _home(home):
    return {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), "COLUMNS": "200"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words, tmp_path):
    """--help answers for each."""
    told = repeg(*words, "--help", home=tmp_path)

    assert told.returncode == 0
    assert "Usage" in told.stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("run", "-c", "missing.toml"), "missing.toml"),
        (("run", "--node", NOWHERE), "127.0.0.1"),
        (("pools", "--node", NOWHERE), "127.0.0.1"),
        (("lenders", "--node", NOWHERE), "127.0.0.1"),
        (("pools", "--registry", "nowhere"), "nowhere"),
        (("episodes", "show", "nobody"), "nobody"),
        (("tx", "list"), "journal"),
        (("tx", "status", "0x1234"), "journal"),
        (("config", "check", "missing.toml"), "missing.toml"),
        (("run", "--node", "localhost:8545"), "--node"),
        (("run", "--node", "http://localhost:port/s3cr3t"), "--node"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_bad_input_is_one_line_and_a_failure(words, named, tmp_path):
    """The thing is named, nothing is traced, nothing stands on stdout."""
    told = repeg(*words, home=tmp_path)
    complaint = told.stderr.strip().splitlines()[-1]

    assert told.returncode == 1
    assert told.stdout == ""
    assert named in complaint
    assert "Traceback" not in told.stderr
    assert "s3cr3t" not in told.stderr


def test_no_chain_is_a_status_not_an_error(tmp_path):
    """`chain status` tells it as JSON, and by its exit code."""
    told = repeg("chain", "status", "--json", home=tmp_path)

    assert told.returncode == 1
    assert json.loads(told.stdout)["running"] is False


def test_the_doctor_says_what_to_do(tmp_path):
    """Findings are JSON; without a node something is broken, and the exit code says so."""
    settings = tmp_path / "repeg.toml"
    settings.write_text(f"[node]\nurls = ['{NOWHERE}']\n")
    told = repeg("doctor", "-c", str(settings), "--json", home=tmp_path)
    found = {each["what"]: each["state"] for each in json.loads(told.stdout)}

    assert told.returncode == 1
    assert found["contract"] == "works"
    assert found["node url"] == "broken"


def test_what_a_script_started_behind_it_ends_by_sigterm_too():
    """A shell has SIGINT ignored by what it starts with `&`; the exit code is that of Ctrl-C all the same."""
    behind = f"'{REPEG}' watch --json -x kraken --through '{NOWHERE}' & echo $!; wait $!"
    with subprocess.Popen(["/bin/sh", "-c", behind], stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        pid, first = int(shell.stdout.readline()), json.loads(shell.stdout.readline())
        os.kill(pid, signal.SIGTERM)
        shell.stdout.read()

    assert first["coins"] == []
    assert shell.wait(20) == 130


@pytest.mark.chain
def test_a_demo_that_is_ended_leaves_no_chain_behind():
    """SIGTERM ends it as Ctrl-C does: the chain it started is gone before it is."""
    demo = subprocess.Popen([REPEG, "demo", "--blocks", "500", "--json"], stdout=subprocess.DEVNULL)
    children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
    if not children.exists():
        demo.kill()
        pytest.skip("needs Linux's list of children")
    while demo.poll() is None and not children.read_text():
        time.sleep(0.05)
    (chain,) = children.read_text().split()
    time.sleep(2.0)
    demo.terminate()

    assert demo.wait(20) == 130
    assert not Path(f"/proc/{chain}").exists()


@pytest.mark.parametrize(
    "words",
    [("coins",), ("watch", "--json", "-x", "kraken", "--through", NOWHERE)],
    ids=lambda words: words[0],
)
def test_what_cannot_be_written_is_one_line(words, tmp_path):
    """A full disk behind stdout is told once, also by the command that would go on for ever."""
    if not Path("/dev/full").exists():
        pytest.skip("needs Linux's full device")
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(
            [REPEG, *words], stdout=full, stderr=subprocess.PIPE, text=True, env=_home(tmp_path), timeout=60
        )

    assert told.returncode == 1
    assert told.stderr == "repeg: nothing more can be written: No space left on device\n"
