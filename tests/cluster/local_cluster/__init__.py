"""A real single-node Kubernetes with Kafka, PostgreSQL and Redis on one machine, without Docker or a registry.

Standard library only: it runs with the system's `python3`, before any environment exists.
"""
