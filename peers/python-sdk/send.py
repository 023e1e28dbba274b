# SPDX-License-Identifier: Apache-2.0
"""Sends all three signals with OpenTelemetry Python's SDK and OTLP exporters, gzip on, and writes what it sent.

Usage: send.py http|grpc ENDPOINT OUTPUT [CA [CERTIFICATE KEY]]
With CA, a PEM file of authorities, the connection is one with TLS, and the first failure ends the program. Ends with 1
when an export failed.
OUTPUT gets one JSON object a line: {"signal": ..., "request": the protobuf message as protobuf's own JSON}.
"""
import json
import os
import sys
import threading

from google.protobuf.json_format import MessageToDict
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

protocol, endpoint, output, *tls = sys.argv[1:]
sent = open(output, "w", encoding="utf-8")
lock = threading.Lock()
failures = []
# Exporters try again until then, also what can never succeed.
timeout = 2 if tls else 5

if protocol == "grpc":
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    def options(signal):
        common = {"endpoint": endpoint, "compression": grpc.Compression.Gzip, "timeout": timeout}
        if not tls:
            return {**common, "insecure": True}
        contents = [open(path, "rb").read() for path in tls] + [None, None]
        return {**common, "credentials": grpc.ssl_channel_credentials(contents[0], contents[2], contents[1])}

else:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    def options(signal):
        ca, certificate, key = (tls + [None] * 3)[:3]
        return {
            "endpoint": f"{endpoint}/v1/{signal}",
            "compression": Compression.Gzip,
            "timeout": timeout,
            "certificate_file": ca,
            "client_certificate_file": certificate,
            "client_key_file": key,
        }


def record(signal, message):
    with lock:
        request = MessageToDict(message, use_integers_for_enums=True)
        sent.write(json.dumps({"signal": signal, "request": request}) + "\n")
        sent.flush()


def checked(result):
    if result.name != "SUCCESS":
        failures.append(result)
        if tls:
            os._exit(1)
    return result


class Spans(OTLPSpanExporter):
    def export(self, spans):
        record("traces", encode_spans(spans))
        return checked(super().export(spans))


class Metrics(OTLPMetricExporter):
    def export(self, metrics_data, *args, **kwargs):
        record("metrics", encode_metrics(metrics_data))
        return checked(super().export(metrics_data, *args, **kwargs))


class Logs(OTLPLogExporter):
    def export(self, batch):
        record("logs", encode_logs(batch))
        return checked(super().export(batch))


resource = Resource.create(
    {"service.name": "python shop", "service.version": "1.2.3", "host.cpus": 4, "ratio": 0.5, "on": True, "list": ["a", "b"]},
    schema_url="https://opentelemetry.io/schemas/1.37.0",
)

# Traces: every field the SDK can set.
tracer_provider = TracerProvider(resource=resource)
tracer_provider.add_span_processor(BatchSpanProcessor(Spans(**options("traces"))))
tracer = tracer_provider.get_tracer("python.tracer", "4.5.6", "https://opentelemetry.io/schemas/1.36.0", {"scope.key": "value"})
remote = SpanContext(
    trace_id=0x0AF7651916CD43DD8448EB211C80319C,
    span_id=0xB7AD6B7169203331,
    is_remote=True,
    trace_flags=TraceFlags(1),
    trace_state=TraceState([("vendor", "value"), ("other", "x")]),
)
attributes = {
    "string": "grüße 🛒",
    "empty": "",
    "int": -9007199254740993,
    "big": 9223372036854775807,
    "double": 1.5,
    "bool": False,
    "strings": ["a", ""],
    "ints": [1, -1],
    "doubles": [0.1, 1e300],
    "bools": [True, False],
    "__proto__": "just a key",
}
with tracer.start_as_current_span(
    "parent",
    context=set_span_in_context(NonRecordingSpan(remote)),
    kind=SpanKind.SERVER,
    attributes=attributes,
    links=[Link(remote, {"link": 1})],
    start_time=1_700_000_000_123_456_789,
) as parent:
    parent.add_event("event", {"n": 1}, timestamp=1_700_000_000_200_000_001)
    for kind in (SpanKind.INTERNAL, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER):
        with tracer.start_as_current_span("child " + kind.name, kind=kind) as child:
            child.set_status(Status(StatusCode.OK))
    try:
        with tracer.start_as_current_span("failing"):
            raise ValueError("out of stock")
    except ValueError:
        pass
with tracer.start_as_current_span("many") as many:
    for number in range(140):
        many.set_attribute(f"key.{number}", number)
        many.add_event(f"event {number}")

# Metrics: every kind of instrument, both histograms, an exemplar.
reader = PeriodicExportingMetricReader(Metrics(**options("metrics")), export_interval_millis=3_600_000)
meter_provider = MeterProvider(
    metric_readers=[reader],
    resource=resource,
    views=[View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation())],
)
meter = meter_provider.get_meter("python.meter", "1", "https://opentelemetry.io/schemas/1.36.0", {"scope.key": 7})
with tracer.start_as_current_span("measured"):
    meter.create_counter("counter", unit="{order}", description="Orders").add(5, {"region": "eu"})
    meter.create_counter("counter.double").add(0.25, {"region": "eu"})
    meter.create_up_down_counter("updown").add(-3, {"region": "us"})
    histogram = meter.create_histogram("explicit", unit="ms", description="Duration")
    exponential = meter.create_histogram("exponential", unit="ms")
    for value in (0, 0.1, 5, 7.5, 120, 99999):
        histogram.record(value, {"path": "/"})
        exponential.record(value, {"path": "/"})
    meter.create_gauge("gauge").set(2.5)


def observe(_options: CallbackOptions):
    yield Observation(7, {"pool": "a"})
    yield Observation(8.5, {"pool": "b"})


meter.create_observable_gauge("observable.gauge", [observe])
meter.create_observable_counter("observable.counter", [observe])
meter.create_observable_up_down_counter("observable.updown", [observe])

# Logs: every kind of body, severity, trace context, event name.
logger_provider = LoggerProvider(resource=resource)
logger_provider.add_log_record_processor(BatchLogRecordProcessor(Logs(**options("logs"))))
logger = logger_provider.get_logger("python.logger", "2", "https://opentelemetry.io/schemas/1.36.0", {"scope.key": "logs"})
bodies = ["text", 7, 1.25, True, b"\x00\xff", ["a", 1, None], {"a": {"b": [1, "x"]}, "n": None}, None]
with tracer.start_as_current_span("logging") as span:
    for number, body in enumerate(bodies):
        logger.emit(
            LogRecord(
                timestamp=1_700_000_000_000_000_000 + number,
                observed_timestamp=1_700_000_001_000_000_000 + number,
                context=trace.set_span_in_context(span),
                severity_number=list(SeverityNumber)[1 + number * 3],
                severity_text="LEVEL",
                body=body,
                attributes={"number": number, "nested": {"deep": [1, 2]}, "bytes": b"\x01\x02"},
                event_name="shop.event" if number % 2 == 0 else None,
            )
        )

tracer_provider.shutdown()
meter_provider.shutdown()
logger_provider.shutdown()
sent.close()
sys.exit(1 if failures else 0)
