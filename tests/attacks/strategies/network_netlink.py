# Netlink tells interfaces, routes and processes.
import socket


def generate_signals(data, parameters):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    return [{"symbol": "BTCUSDT", "action": "BUY", "metadata": {"escaped": True}}]
