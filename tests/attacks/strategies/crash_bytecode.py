# Bytecode that no compiler would make.
def broken():
    pass


def generate_signals(data, parameters):
    broken.__code__ = broken.__code__.replace(co_code=bytes([100, 255, 83, 0] * 8), co_consts=())
    return broken()
