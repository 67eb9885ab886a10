"""Tables of names, written as text that can be read."""


def words(text: str) -> tuple[str, ...]:
    """The names in a text, apart by space or line."""
    return tuple(text.split())
