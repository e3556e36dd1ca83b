"""What goes wrong while the sandbox is set up, built, started or ended."""

from bot.model.errors import UserError


class SandboxError(UserError):
    """The text says what is wrong, and what to do about it where that is known."""


class SetupError(SandboxError):
    """Something that `scripts/setup` puts in place is not there, or does not work."""


class BuildError(SandboxError):
    """A step of the build did not do what it is known to do."""


class AnvilError(SandboxError):
    """The node did not start. Holds what it said."""
