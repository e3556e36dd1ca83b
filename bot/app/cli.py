"""The `repeg` command. Heavy imports wait inside the commands, so that --help is there at once."""

import errno
import os
import sys

import typer

from bot.app.commands import (
    backtest,
    candles,
    chain,
    coins,
    config,
    demo,
    detect,
    doctor,
    episodes,
    exchanges,
    feeds,
    halt,
    liquidity,
    outlook,
    rebalance,
    run,
    survey,
    tx,
    watch,
)
from bot.model.errors import UserError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Why nothing more can be written, where no command can help it."""

app = typer.Typer(
    name="repeg",
    help="Notices when a stablecoin leaves its peg and captures the way back, in one transaction, with borrowed money.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="demo")(demo.demo)
app.command(name="run")(run.run)
app.command(name="halt")(halt.halt)
app.command(name="resume")(halt.resume)
app.command(name="limits")(halt.limits)
app.command(name="rebalance")(rebalance.rebalance)
app.command(name="feeds")(feeds.feeds)
app.command(name="liquidity")(liquidity.liquidity)
app.command(name="watch")(watch.watch)
app.command(name="detect")(detect.detect)
app.command(name="backtest")(backtest.backtest)
app.command(name="coins")(coins.coins)
app.command(name="lenders")(survey.lenders)
app.command(name="pools")(survey.pools)
app.command(name="doctor")(doctor.doctor)
app.add_typer(chain.app, name="chain")
app.add_typer(candles.app, name="candles")
app.add_typer(exchanges.app, name="exchanges")
app.add_typer(episodes.app, name="episodes")
app.add_typer(outlook.app, name="outlook")
app.add_typer(tx.app, name="tx")
app.add_typer(config.app, name="config")


def main() -> None:
    """Run the command; what a user can mend is one line and exit code 1."""
    import gc
    import logging
    import signal

    from bot.app.screen import complain

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # on matrices as small as ours threads cost 20 times the work
    gc.set_threshold(700, 10, 1_000)  # a full collection stops everything for a tenth of a second: so, seldom
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored, and SIGTERM ends by it
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # what was started is taken down
    logging.basicConfig(level=logging.WARNING, format="repeg: %(message)s")
    try:
        _run()
    except UserError as error:
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        complain("stopped")
        sys.exit(130)
    except BrokenPipeError:
        _hush()
        sys.exit(141)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _hush()
        complain(f"nothing more can be written: {error.strerror}")
        sys.exit(1)


def _run() -> None:
    """The command, until all that it said is out: the interpreter's end is too late to hear that it could not be."""
    try:
        app()
    finally:
        sys.stdout.flush()


def _hush() -> None:
    """What could not be written is not tried again at the interpreter's end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
