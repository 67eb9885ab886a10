# Each error is caused by the next one, and the last by the first.
def generate_signals(data, parameters):
    errors = [ValueError(str(number)) for number in range(50_000)]
    for left, right in zip(errors, errors[1:] + errors[:1], strict=True):
        left.__context__ = right
        left.__cause__ = right
    raise errors[0]
