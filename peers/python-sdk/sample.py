# SPDX-License-Identifier: Apache-2.0
"""Decides with the composite samplers of OpenTelemetry Python.

Reads questions as JSON lines: `ratio` (a number, or null for the parent-threshold sampler over always-off), `traceId`,
`traceState` of the parent and its `flags`. Writes for each a line with whether it is sampled and the member `ot`.
"""

import json
import sys

from opentelemetry.sdk.trace import _sampling_experimental as sampling
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState, set_span_in_context

samplers = {}
for line in sys.stdin:
    question = json.loads(line)
    ratio = question["ratio"]
    if ratio not in samplers:
        part = (
            sampling.composable_parent_threshold(sampling.composable_always_off())
            if ratio is None
            else sampling.composable_traceid_ratio_based(ratio)
        )
        samplers[ratio] = sampling.composite_sampler(part)
    trace_id = int(question["traceId"], 16)
    state = TraceState.from_header([question["traceState"]])
    parent = SpanContext(trace_id, 1, True, TraceFlags(question["flags"]), state)
    context = set_span_in_context(NonRecordingSpan(parent))
    result = samplers[ratio].should_sample(context, trace_id, "a", trace_state=state)
    ot = (result.trace_state or {}).get("ot")
    print(json.dumps([result.decision == Decision.RECORD_AND_SAMPLE, ot]))
