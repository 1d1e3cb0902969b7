"""What /metrics tells: counts and times of one running app."""

from __future__ import annotations

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Measures:
    """The measures of one app, in a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.commands = Counter(
            "podlane_commands_total", "Commands carried out", ["command", "outcome"], registry=registry
        )
        self.entries = Counter("podlane_entries_total", "Journal entries committed", registry=registry)
        self.conflicts = Counter("podlane_append_conflicts_total", "Appends another process won", registry=registry)
        self.command_seconds = Histogram(
            "podlane_command_seconds", "From command to commit", ["command"], buckets=SECONDS, registry=registry
        )
        self.append_seconds = Histogram(
            "podlane_append_seconds", "From append to durable commit", buckets=SECONDS, registry=registry
        )
        self.request_seconds = Histogram(
            "podlane_http_request_seconds",
            "HTTP calls other than streams",
            ["method", "code"],
            buckets=SECONDS,
            registry=registry,
        )
        self.loaded = Gauge("podlane_playgrounds_loaded", "Playgrounds in memory", registry=registry)
        self.streams = Gauge("podlane_streams_open", "Streams being read", registry=registry)

    def text(self) -> bytes:
        """Return all measures in Prometheus' text format."""
        return bytes(prometheus_client.generate_latest(self.registry))
