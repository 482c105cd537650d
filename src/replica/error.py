"""The one exception that is for the user: its message says what was got, what was expected, and what to do."""


class ReplicaError(Exception):
    """Printed as it is, without a traceback."""
