# Each end begins anew.
def generate_signals(data, parameters):
    try:
        while True:
            pass
    finally:
        generate_signals(data, parameters)
