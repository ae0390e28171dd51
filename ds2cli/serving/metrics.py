"""What an operator watches: counters and histograms in Prometheus's text format. The only door to prometheus-client."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)
BATCHES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """One server's; each has a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self.streams = Gauge("ds2_streams", "live streams that are open", ["protocol"], registry=registry)
        self.streams_ended = Counter("ds2_streams_ended", "live streams by how they ended", ["protocol", "how"],
                                     registry=registry)
        self.uploads = Gauge("ds2_uploads", "uploads that are received, waiting or heard", registry=registry)
        self.requests = Counter("ds2_requests", "answers by route and status", ["route", "status"], registry=registry)
        self.queue = Gauge("ds2_queue", "streams whose sound waits for the network", ["model"], registry=registry)
        self.batch = Histogram("ds2_batch_streams", "streams in one pass of the network", buckets=BATCHES,
                               registry=registry)
        self.pass_seconds = Histogram("ds2_pass_seconds", "one pass of the network", buckets=SECONDS, registry=registry)
        self.chunk_seconds = Histogram("ds2_chunk_seconds", "from a chunk's coming to its words", buckets=SECONDS,
                                       registry=registry)
        self.end_seconds = Histogram("ds2_end_seconds", "from a stream's end to its last words", buckets=SECONDS,
                                     registry=registry)
        self.upload_seconds = Histogram("ds2_upload_seconds", "from an upload's last byte to its answer",
                                        buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000), registry=registry)
        self.real_time_factor = Histogram("ds2_upload_real_time_factor", "seconds of work for a second of an upload",
                                          buckets=(0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2), registry=registry)
        self.sound = Counter("ds2_sound_seconds", "seconds of sound that were heard", ["kind"], registry=registry)
        self.busy = Counter("ds2_busy_seconds", "seconds on the clock in which the network worked", ["kind"],
                            registry=registry)
        self.failures = Counter("ds2_failures", "bugs that ended a stream or an answer", registry=registry)

    def passed(self, streams: int, sound: float, wall: float) -> None:
        """One pass of the network over live streams."""
        self.batch.observe(streams)
        self.pass_seconds.observe(wall)
        self.sound.labels("stream").inc(sound)
        self.busy.labels("stream").inc(wall)

    def uploaded(self, sound: float, work: float, waited: float) -> None:
        """One upload: its seconds of sound, of work, and until its answer."""
        self.upload_seconds.observe(waited)
        self.real_time_factor.observe(work / max(sound, 0.001))
        self.sound.labels("upload").inc(sound)
        self.busy.labels("upload").inc(work)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
