from ..levels import DEPTH
from .steps import STEP, STEPS


def size_of(rounds):
    return (1 + rounds % STEPS) * STEP if DEPTH else 0
