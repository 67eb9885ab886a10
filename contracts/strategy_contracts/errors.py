"""What can be wrong with data that crosses a process boundary."""


class ContractViolation(ValueError):
    """Data that does not keep to a contract: drop it and report who sent it."""
