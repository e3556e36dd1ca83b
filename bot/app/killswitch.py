"""The file that stops everything. It fails closed: what cannot be read counts as pulled."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.model.errors import UserError


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """A file named HALT in the state folder. Anybody may put it there; only a person takes it away."""

    file: Path

    def reason(self) -> str | None:
        """Why everything stands still; None when it does not."""
        try:
            return self.file.read_text(encoding="utf-8").strip() or "the kill switch was pulled"
        except FileNotFoundError:
            return None if self.file.parent.is_dir() else f"the state folder {self.file.parent} is gone"
        except (OSError, UnicodeDecodeError) as error:
            return f"the kill switch cannot be read: {error}"

    def pull(self, reason: str) -> None:
        """Stop everything, over restarts and power cuts too."""
        with self._told():
            self._word.unlink(missing_ok=True)
            with self.file.open("w", encoding="utf-8") as written:
                written.write(reason + "\n")
                written.flush()
                os.fsync(written.fileno())

    def resume(self) -> None:
        """Let it run again, and a bot that runs, or the next one that starts, know of it."""
        with self._told():
            self._word.touch()
            self.file.unlink(missing_ok=True)

    def resumed(self) -> bool:
        """Whether somebody has let it run again since it was last asked. What cannot be told counts as no."""
        try:
            self._word.unlink()
        except OSError:
            return False
        return True

    @property
    def _word(self) -> Path:
        return self.file.with_name("RESUME")

    def clear(self) -> None:
        """Let it run again."""
        with self._told():
            self.file.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(f"the kill switch {self.file} cannot be changed: {error.strerror}") from None
