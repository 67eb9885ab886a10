# A plain connection.
import socket


def generate_signals(data, parameters):
    for host in ("127.0.0.1", parameters.get("node", "127.0.0.1")):
        socket.create_connection((host, 18099), 0.3).sendall(b"hello")
    return []
