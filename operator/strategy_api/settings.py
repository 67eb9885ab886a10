"""The settings of the API, under the platform's names where it has one. Read once, in `__main__`."""

from dataclasses import dataclass

from strategy_process.settings import InvalidSettings, Secret
from strategy_sources.database_url import normalised


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """Field `service_port` is variable SERVICE_PORT."""

    kafka_bootstrap_servers: str
    kafka_group: str = ""
    """Prefix of the consumer groups, by default strategy-api-<default strategy namespace>. Replicas share it;
    installations on the same Kafka with databases of their own must not, or each would get a part of the signals."""
    signal_database_url: Secret
    redis_url: Secret | None = None
    """Without it nothing is mirrored to Redis."""
    no_code_database_url: Secret | None = None
    ai_ml_database_url: Secret | None = None
    """The platform's strategy databases; without them only strategies that have a TradingStrategy are listed."""
    default_strategy_namespace: str
    """REST creates TradingStrategies here."""
    strategy_namespaces: tuple[str, ...] = ()
    """More namespaces whose TradingStrategies are shown to their owners."""
    cluster: str = "kubernetes"
    """kubernetes, or memory for development without one."""

    service_host: str = "0.0.0.0"  # noqa: S104 - a pod listens on its own address
    service_port: int = 8003
    root_path: str = ""
    log_level: str = "INFO"
    log_format: str = "json"

    auth_mode: str = "jwt"
    """jwt, or disabled: everybody sees and does everything. For development only."""
    jwt_secret_key: Secret | None = None
    """Base64 of the auth service's HS512 secret."""
    rate_limit_per_second: float = 40.0
    rate_limit_burst: int = 80
    max_body_bytes: int = 1_048_576
    cors_origins: tuple[str, ...] = ()
    """Off by default: behind the platform's gateway the gateway answers for CORS."""
    websocket_origins: tuple[str, ...] = ()
    max_websocket_connections: int = 5000
    websocket_max_message_size: int = 65_536

    stream_lookback_seconds: float = 3600.0
    stream_ring_size: int = 20_000
    stream_queue_size: int = 1000
    stream_heartbeat_seconds: float = 15.0

    @property
    def group_prefix(self) -> str:
        """The prefix in use."""
        return self.kafka_group or f"strategy-api-{self.default_strategy_namespace}"

    def __post_init__(self) -> None:
        if self.auth_mode not in {"jwt", "disabled"}:
            raise InvalidSettings(f"AUTH_MODE: {self.auth_mode!r} is neither jwt nor disabled")
        if self.auth_mode == "jwt" and self.jwt_secret_key is None:
            raise InvalidSettings("JWT_SECRET_KEY is not set; AUTH_MODE=jwt needs it")
        if self.cluster not in {"kubernetes", "memory"}:
            raise InvalidSettings(f"CLUSTER: {self.cluster!r} is neither kubernetes nor memory")
        for variable, url in (
            ("NO_CODE_DATABASE_URL", self.no_code_database_url),
            ("AI_ML_DATABASE_URL", self.ai_ml_database_url),
        ):
            if url is None:
                continue
            try:
                normalised(url.reveal())
            except ValueError as error:
                raise InvalidSettings(f"{variable}: {error}") from None
