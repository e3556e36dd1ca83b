"""The file that stops everything. It fails closed: what cannot be read counts as pulled."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app.screen import one_line
from bot.model.errors import UserError

RESUME = "RESUME"


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """A file named HALT in the state folder. Anybody may put it there; only a person takes it away.

    Each journal's bot has a word of its own beside it, so that a dry run hears of a resumption and the live one too.
    """

    file: Path

    def reason(self) -> str | None:
        """Why everything stands still, in one line; None when it does not."""
        try:
            return one_line(self.file.read_text(encoding="utf-8")) or "the kill switch was pulled"
        except FileNotFoundError:
            return None if self.file.parent.is_dir() else f"the state folder {self.file.parent} is gone"
        except (OSError, UnicodeDecodeError) as error:
            return f"the kill switch cannot be read: {error}"

    def pull(self, reason: str) -> None:
        """Stop everything, over restarts and power cuts too."""
        with self._told():
            with self.file.open("w", encoding="utf-8") as written:
                written.write(said(reason) + "\n")
                written.flush()
                os.fsync(written.fileno())
            _sync(self.file.parent)
            for word in self.file.parent.glob(f"{RESUME}*"):  # after the file: as long as it is there none counts
                word.unlink(missing_ok=True)

    def resume(self, journals: Iterable[str] = ("",)) -> None:
        """Let it run again, and the bots of these journals know of it: those that run, or the next that start."""
        with self._told():
            for journal in journals:
                self._word(journal).touch()
            self.file.unlink(missing_ok=True)
            _sync(self.file.parent)

    def resuming(self, journal: str = "") -> bool:
        """Whether somebody has let it run again, and this journal's bot has not heard of it."""
        return self.reason() is None and self._word(journal).exists()

    def resumed(self, journal: str = "") -> bool:
        """The same, and now it has heard of it. What cannot be told counts as no."""
        try:
            self._word(journal).unlink()
        except OSError:
            return False
        return True

    def _word(self, journal: str) -> Path:
        return self.file.with_name(f"{RESUME}-{journal}" if journal else RESUME)

    def clear(self) -> None:
        """Let it run again."""
        with self._told():
            self.file.unlink(missing_ok=True)
            _sync(self.file.parent)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(f"the kill switch {self.file} cannot be changed: {error.strerror}") from None


def said(reason: str) -> str:
    """A reason as it is written down and told: one line, and never none."""
    return one_line(reason) or "by hand"


def _sync(folder: Path) -> None:
    """Names of files are on disk for good only when their folder is."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
