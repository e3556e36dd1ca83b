"""The file that stops everything. It fails closed: what cannot be read counts as pulled."""

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
        """Stop everything, over restarts too."""
        with self._told():
            self.file.write_text(reason + "\n", encoding="utf-8")

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
