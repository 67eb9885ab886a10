DEPTH = 0.001


def mean_of(prices):
    return sum(prices) / 20 if len(prices) == 20 else None


def is_dip(price, mean):
    return price < mean * (1 - DEPTH)
