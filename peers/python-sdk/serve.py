# SPDX-License-Identifier: Apache-2.0
"""Serves OTLP over gRPC with grpcio and opentelemetry-proto, and writes what it received.

Usage: serve.py OUTPUT [CERTIFICATE KEY [CA]]
With CERTIFICATE and KEY it serves TLS, with CA it asks clients for a certificate of that authority. Prints its port, and
ends when it is told to (SIGTERM). OUTPUT gets a JSON object a line: {"signal": ..., "message": base64 of the request as
protobuf writes it, "metadata": {...}}. The metadata `x-answer` chooses the answer: see `answer`.
"""
import base64
import json
import signal
import sys
import threading
import time
from concurrent import futures

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

output, *tls = sys.argv[1:]
received = open(output, "w", encoding="utf-8")
lock = threading.Lock()


def text(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def write(name, request, context):
    metadata = {key: text(value) for key, value in context.invocation_metadata()}
    message = text(request.SerializeToString(deterministic=True))
    with lock:
        received.write(json.dumps({"signal": name, "message": message, "metadata": metadata}) + "\n")
        received.flush()
    return metadata.get("x-answer", "")


def fail(context, code, message, details=None):
    if details is not None:
        status = Status(code=code.value[0], message=message)
        status.details.add().Pack(details)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)


def answer(kind, context, response, partial):
    if kind == "partial":
        setattr(response.partial_success, partial, 3)
        response.partial_success.error_message = "three were späť"
    elif kind == "throttle":
        fail(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "slow down", RetryInfo(retry_delay=Duration(seconds=7)))
    elif kind == "exhausted":
        fail(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "quota")
    elif kind == "unavailable":
        fail(context, grpc.StatusCode.UNAVAILABLE, "über 100% busy\n")
    elif kind == "invalid":
        fail(context, grpc.StatusCode.INVALID_ARGUMENT, "no such tenant")
    elif kind == "slow":
        time.sleep(1)
    return response


class Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def Export(self, request, context):
        kind = write("traces", request, context)
        return answer(kind, context, trace_service_pb2.ExportTraceServiceResponse(), "rejected_spans")


class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def Export(self, request, context):
        kind = write("metrics", request, context)
        return answer(kind, context, metrics_service_pb2.ExportMetricsServiceResponse(), "rejected_data_points")


class Logs(logs_service_pb2_grpc.LogsServiceServicer):
    def Export(self, request, context):
        kind = write("logs", request, context)
        return answer(kind, context, logs_service_pb2.ExportLogsServiceResponse(), "rejected_log_records")


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Traces(), server)
metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
logs_service_pb2_grpc.add_LogsServiceServicer_to_server(Logs(), server)
if tls:
    certificate, key, *ca = [open(path, "rb").read() for path in tls]
    credentials = grpc.ssl_server_credentials([(key, certificate)], ca[0] if ca else None, bool(ca))
    port = server.add_secure_port("127.0.0.1:0", credentials)
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"listening on {port}", flush=True)
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
stopped.wait()
server.stop(1).wait()
received.close()
