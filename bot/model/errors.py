"""What a user can mend."""


class UserError(Exception):
    """Something outside repeg is wrong or missing. The message is one line that says what, and what to do about it.

    Shown as it is, without a traceback, with a non-zero exit: so it names no secret.
    """
