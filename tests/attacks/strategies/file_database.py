# A database is a file with manners.
import sqlite3


def generate_signals(data, parameters):
    sqlite3.connect("/tmp/PWNED-database").execute("create table t (x)")
    return []
