# Goes on working when the answer is out.
import threading
import time


def work():
    while True:
        time.sleep(0.01)
        open("/tmp/PWNED-thread", "w").close()


def generate_signals(data, parameters):
    threading.Thread(target=work, daemon=True).start()
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": True}}]
