"""A router's counters as Prometheus metrics.

Made by the asker's process, never by the router: a scrape costs the router one answer, and no HTTP client reaches it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ipos_reference.control.client import NoRouterError


class RouterCollector:
    """Asks anew for each scrape. ask: gives the counters, raises NoRouterError."""

    def __init__(self, ask: Callable[[], dict[str, Any]]) -> None:
        self._ask = ask

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering does not ask."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All metrics; of a router that can't be reached, only that."""
        try:
            counters = self._ask()
        except NoRouterError:
            yield GaugeMetricFamily("ipos_router_up", "Whether the router answers.", 0)
            return
        yield GaugeMetricFamily("ipos_router_up", "Whether the router answers.", 1)
        yield from metrics(counters)


def registry(ask: Callable[[], dict[str, Any]]) -> CollectorRegistry:
    """A registry of this router's metrics alone."""
    made = CollectorRegistry(auto_describe=False)
    made.register(RouterCollector(ask))
    return made


def metrics(counters: dict[str, Any]) -> Iterator[Metric]:
    """The metrics of an answer to ``counters``."""
    yield GaugeMetricFamily(
        "ipos_router_uptime_seconds", "Since the router was ready, in seconds.", counters["uptime_seconds"]
    )
    for way in ("received", "sent"):
        frames = CounterMetricFamily(f"ipos_router_frames_{way}", f"Frames {way}, by LAN.", labels=["lan"])
        for lan, count in counters[way].items():
            frames.add_metric([lan], count)
        yield frames
    yield CounterMetricFamily("ipos_router_frames_not_sent", "Frames that no interface took.", counters["not_sent"])
    discards = CounterMetricFamily("ipos_router_discards", "Frames and packets dropped, by reason.", labels=["reason"])
    for reason, count in counters["discards"].items():
        discards.add_metric([reason], count)
    yield discards
    happenings = CounterMetricFamily(
        "ipos_router_happenings", "What became of connections: migrations, and why some stay.", labels=["what"]
    )
    for what, count in counters["happenings"].items():
        happenings.add_metric([what], count)
    yield happenings
    yield _tables("ipos_router_table_records", "Records that a table holds.", counters, "records")
    yield _tables("ipos_router_table_bound", "Records that a table takes at most (TAB-4).", counters, "bound")


def _tables(name: str, documentation: str, counters: dict[str, Any], key: str) -> Metric:
    gauge = GaugeMetricFamily(name, documentation, labels=["table", "protocol"])
    for table in counters["tables"]:
        gauge.add_metric([table["table"], table["protocol"] or ""], table[key])
    return gauge
