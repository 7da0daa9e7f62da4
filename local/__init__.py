"""The embedded default: the whole cloud on one machine, started by one command, with neither Docker nor an account."""


class Trouble(Exception):
    """What keeps the local stack from starting, as a sentence for whoever started it."""
