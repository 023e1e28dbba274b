# SPDX-License-Identifier: Apache-2.0
"""A service with OpenTelemetry Python's SDK and one of its propagators.

Usage: service.py tracecontext|b3|b3multi|jaeger
Prints its port. GET /?next=URL is served in a span that continues the caller's trace, and calls URL in a span below. The
answer is JSON: what was read, both spans, and the answer of URL. Ends when it is told to (SIGTERM).
"""
import json
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.jaeger import JaegerPropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

propagator = {
    "tracecontext": lambda: CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()]),
    "b3": B3SingleFormat,
    "b3multi": B3MultiFormat,
    "jaeger": JaegerPropagator,
}[sys.argv[1]]()
tracer = TracerProvider().get_tracer("service")


def described(span):
    context = span.get_span_context()
    return {
        "traceId": format(context.trace_id, "032x"),
        "spanId": format(context.span_id, "016x"),
        "isSampled": context.trace_flags.sampled,
        "traceState": context.trace_state.to_header(),
    }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        # Names of header fields have no case; this getter's carrier has.
        headers = {name.lower(): value for name, value in self.headers.items()}
        context = propagator.extract(headers)
        parent = described(trace.get_current_span(context))
        answer = {"parent": parent, "baggage": dict(baggage.get_all(context))}
        with tracer.start_as_current_span("serve", context, kind=SpanKind.SERVER) as served:
            answer["served"] = described(served)
            with tracer.start_as_current_span("call", trace.set_span_in_context(served, context), kind=SpanKind.CLIENT) as call:
                answer["call"] = described(call)
                sent = {}
                propagator.inject(sent, trace.set_span_in_context(call, context))
                answer["sent"] = sent
                url = parse_qs(urlsplit(self.path).query)["next"][0]
                with urllib.request.urlopen(urllib.request.Request(url, headers=sent), timeout=20) as response:
                    answer["next"] = json.load(response)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
