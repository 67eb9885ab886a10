# Objects that act when they are compared, copied, hashed or shown.
class Hostile:
    def __eq__(self, other):
        raise SystemExit("eq")

    def __hash__(self):
        return 1

    def __repr__(self):
        raise KeyboardInterrupt("repr")

    def __deepcopy__(self, memo):
        while True:
            pass

    def __iter__(self):
        while True:
            yield self


STATE = {"count": 0, "object": Hostile()}


def generate_signals(data, parameters):
    STATE["count"] += 1
    STATE[Hostile()] = Hostile()
    return []
