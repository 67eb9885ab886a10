"""What an installation of the operator is told, by environment; read in `__main__` alone."""

from dataclasses import dataclass

from strategy_operator.manifests import RunnerImage
from strategy_process.settings import InvalidSettings, Secret
from strategy_sources.database_url import normalised


@dataclass(frozen=True)
class Settings:
    """One variable a field, in capitals."""

    pod_namespace: str
    """Where the Lease is."""
    pod_name: str
    """Who holds it."""
    strategy_namespaces: str
    """JSON: `[{"name": "strategies", "owners": ["*"], "live": false}]`, see `tenancy`."""
    runner_image: str
    kafka_bootstrap_servers: str
    runner_image_pull_policy: str = "IfNotPresent"
    runner_image_pull_secrets: tuple[str, ...] = ()
    runner_credentials_secret: str = "runner-credentials"  # noqa: S105  (the name of a Secret)
    runner_log_level: str = "INFO"
    operator_version: str = "0.1.0"
    lease_name: str = "strategy-operator"
    kafka_replication_factor: int = 1
    no_code_database_url: Secret | None = None
    ai_ml_database_url: Secret | None = None
    database_poll_seconds: float = 30.0
    resync_seconds: float = 300.0
    workers: int = 8
    health_host: str = "0.0.0.0"  # noqa: S104  (probes come from the kubelet)
    health_port: int = 8080
    log_level: str = "INFO"
    log_format: str = "json"

    def __post_init__(self) -> None:
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

    def runner(self) -> RunnerImage:
        """How runner pods are made."""
        return RunnerImage(
            image=self.runner_image,
            pull_policy=self.runner_image_pull_policy,
            pull_secrets=self.runner_image_pull_secrets,
            credentials=self.runner_credentials_secret,
            log_level=self.runner_log_level,
            operator_version=self.operator_version,
        )
