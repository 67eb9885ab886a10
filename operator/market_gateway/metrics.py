"""What the gateway counts. Labels are providers and outcomes, never symbols or runs: those have no bound."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("gateway_provider_requests_total", "Requests to providers.", ["provider", "outcome"])
WEIGHT_USED = Gauge("gateway_weight_used_ratio", "Spent part of the provider's request allowance.", ["provider"])
BLOCKED = Gauge("gateway_provider_blocked_seconds", "Seconds the provider has told us to wait still.", ["provider"])
CONNECTIONS = Counter("gateway_stream_connections_total", "Streams opened and lost.", ["provider", "event"])
UPDATES = Counter("gateway_updates_total", "Stream updates by what became of them.", ["provider", "verdict"])
REPAIRS = Counter(
    "gateway_series_repairs_total", "Times the history was asked for missing bars.", ["provider", "cause"]
)
HOLES = Counter("gateway_series_holes_total", "Holes that live updates went on over.", ["provider"])
SERIES = Gauge("gateway_live_series", "Series streamed now.", ["provider"])
RUNNERS = Gauge("gateway_subscriptions", "Runners with a live subscription.")
PUBLISHED = Counter("gateway_messages_published_total", "Messages handed to Redis.")
DROPPED = Counter("gateway_messages_dropped_total", "Messages given up because Redis was away too long.")
PUBLISH_FAILURES = Counter("gateway_publish_failures_total", "Batches that Redis did not take at first.")
PUBLISH_LAG = Histogram(
    "gateway_publish_lag_seconds",
    "From receipt of a provider's frame to Redis having taken the message.",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5),
)
