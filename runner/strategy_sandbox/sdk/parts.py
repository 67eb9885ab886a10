"""What belongs to an SDK and not to the strategy: it carries its own state, or none."""


class SdkPart:
    """Marks objects that a strategy may keep in its attributes without their becoming its state."""


class NotAvailable(RuntimeError):
    """The platform's SDK had this on paper; there is nothing behind it in a run that gives signals."""
