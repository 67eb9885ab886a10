"""The supervisor's settings, read once in `__main__`."""

from dataclasses import dataclass

from strategy_contracts.runner_config import BUNDLE_FILE, BUNDLE_MOUNT_PATH, SOCKET_MOUNT_PATH, SUPERVISOR_HTTP_PORT
from strategy_process.settings import Secret

_UNSET = Secret("")


@dataclass(frozen=True, kw_only=True)
class RunnerSettings:
    """What a supervisor needs beside the RunnerConfig it reads from `runner_config`."""

    runner_config: str
    signal_sink: str = "kafka"
    """kafka | stdout | memory"""
    bar_feed: str = "gateway"
    """gateway (files are given on the command line of strategyctl)"""
    kafka_bootstrap_servers: str = ""
    redis_url: Secret = _UNSET
    market_redis_prefix: str = ""
    """Stands before the market gateway's names in Redis; the gateway has the same setting."""
    """A secret, because it may hold a password."""
    market_gateway_url: str = ""
    bundle_path: str = f"{BUNDLE_MOUNT_PATH}/{BUNDLE_FILE}"
    strategy_socket_dir: str = SOCKET_MOUNT_PATH
    http_host: str = "0.0.0.0"  # noqa: S104 - the kubelet probes the pod's address
    http_port: int = SUPERVISOR_HTTP_PORT
    termination_log: str = "/dev/termination-log"
    log_level: str = "INFO"
    log_format: str = "json"
