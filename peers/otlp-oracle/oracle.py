# SPDX-License-Identifier: Apache-2.0
"""Reads and writes OTLP with PyPI's opentelemetry-proto, as a second opinion.

Messages travel in files, each after its length as four bytes, big endian.

  generate SIGNAL COUNT SEED OUT [legal-ids]
                                      random messages that cover the descriptors, in canonical form; with legal-ids no
                                      trace or span id has another length than the specification's, or none
  canonical SIGNAL IN OUT             parses any form, writes the canonical one
  to-json SIGNAL IN OUT               protobuf to OTLP JSON
  from-json SIGNAL IN OUT             OTLP JSON to canonical protobuf
"""
import base64
import json
import random
import struct
import sys
from collections import Counter

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as F
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

ROOTS = {"traces": trace_pb2.TracesData, "metrics": metrics_pb2.MetricsData, "logs": logs_pb2.LogsData}

# Belong to profiles; receivers of the stable signals ignore them.
EXCLUDED = {
    "opentelemetry.proto.common.v1.KeyValue.key_strindex",
    "opentelemetry.proto.common.v1.AnyValue.string_value_strindex",
}
IDS = ("traceId", "spanId", "parentSpanId")

INF = float("inf")
VALUES = {
    F.TYPE_STRING: ["", "a", "http.request.method", "\u00fcn\u00efc\u00f6d\u00e9 \u2713", "\U0001f600", "x" * 200, "\"\\\n\u0000"],
    F.TYPE_BYTES: [b"", b"\x00", b"\xff\x00\xfe", bytes(range(16)), bytes(range(8)), b"z" * 300],
    F.TYPE_BOOL: [False, True],
    F.TYPE_DOUBLE: [0.0, -0.0, 1.5, -2.25, 5e-324, 1.7976931348623157e308, INF, -INF, float("nan"), 9007199254740993.0],
    F.TYPE_INT64: [0, 1, -1, 127, 128, 2**53 + 1, 2**63 - 1, -(2**63)],
    F.TYPE_SFIXED64: [0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63)],
    F.TYPE_UINT64: [0, 1, 127, 128, 2**53 + 1, 2**64 - 1],
    F.TYPE_FIXED64: [0, 1, 1544712660300000000, 2**53 + 1, 2**64 - 1],
    F.TYPE_UINT32: [0, 1, 127, 128, 2**32 - 1],
    F.TYPE_FIXED32: [0, 1, 257, 2**32 - 1],
    F.TYPE_SINT32: [0, 1, -1, 63, -64, 64, 2**31 - 1, -(2**31)],
    F.TYPE_ENUM: [0, 1, 2, 2**31 - 1, -1],
}


def fields(descriptor):
    return [field for field in descriptor.fields if field.full_name not in EXCLUDED]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seen = Counter()

    def value(self, field):
        i = self.random.randrange(len(VALUES[field.type]))
        self.seen[(field.full_name, i)] += 1
        return VALUES[field.type][i]

    def fill(self, message, depth):
        r = self.random
        chosen = {}
        for field in fields(message.DESCRIPTOR):
            oneof = field.containing_oneof
            if oneof is not None and len(oneof.fields) > 1:
                if oneof.name not in chosen:
                    members = [m for m in oneof.fields if m.full_name not in EXCLUDED]
                    # None = the oneof is not set.
                    chosen[oneof.name] = r.choice(members + [None])
                if chosen[oneof.name] is not field:
                    self.seen[(field.full_name, "absent")] += 1
                    continue
            elif r.random() < (0.2 if depth < 3 else 0.5 if depth < 8 else 0.9):
                self.seen[(field.full_name, "absent")] += 1
                continue
            self.seen[(field.full_name, "present")] += 1
            self.field(message, field, depth)

    def field(self, message, field, depth):
        r = self.random
        if field.is_repeated:
            count = r.choice([1, 1, 2] if depth > 1 else [1, 2])
            target = getattr(message, field.name)
            if field.message_type is None:
                target.extend(self.value(field) for _ in range(r.randrange(6)))
            else:
                for _ in range(count):
                    self.fill(target.add(), depth + 1)
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            inner.SetInParent()
            if depth < 14:
                self.fill(inner, depth + 1)
        else:
            setattr(message, field.name, self.value(field))

    def uncovered(self, root):
        missing = []
        done = set()

        def walk(descriptor):
            if descriptor.full_name in done:
                return
            done.add(descriptor.full_name)
            for field in descriptor.fields:
                if field.full_name in EXCLUDED:
                    continue
                for state in ("present", "absent"):
                    if not self.seen[(field.full_name, state)]:
                        missing.append(f"{field.full_name} never {state}")
                if field.message_type is not None:
                    walk(field.message_type)
                else:
                    for i, value in enumerate(VALUES[field.type]):
                        if not self.seen[(field.full_name, i)]:
                            missing.append(f"{field.full_name} never {value!r}")

        walk(root.DESCRIPTOR)
        return missing, len(done), len(self.seen)


def canonical(message):
    """Our records do not tell an empty AnyValue from an absent one, and always write KeyValue.value."""
    message.DiscardUnknownFields()
    settle(message)
    return message.SerializeToString(deterministic=True)


def settle(message):
    name = message.DESCRIPTOR.name
    if name == "KeyValue":
        message.ClearField("key_strindex")
        message.value.SetInParent()
    elif name == "LogRecord" and message.HasField("body") and message.body.WhichOneof("value") is None:
        message.ClearField("body")
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for inner in value if field.is_repeated else [value]:
            settle(inner)


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def write(path, items):
    with open(path, "wb") as file:
        for item in items:
            file.write(struct.pack(">I", len(item)) + item)


def convert_ids(value, convert):
    if isinstance(value, dict):
        return {k: convert(v) if k in IDS and isinstance(v, str) else convert_ids(v, convert) for k, v in value.items()}
    if isinstance(value, list):
        return [convert_ids(item, convert) for item in value]
    return value


def to_json(root, data):
    value = json_format.MessageToDict(root.FromString(data), use_integers_for_enums=True)
    return json.dumps(convert_ids(value, lambda text: base64.b64decode(text).hex()), ensure_ascii=False).encode()


def from_json(root, data):
    value = convert_ids(json.loads(data), lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    return canonical(json_format.ParseDict(value, root()))


ID_LENGTHS = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}


def make_ids_legal(message):
    for field, value in message.ListFields():
        if field.name in ID_LENGTHS and value:
            length = ID_LENGTHS[field.name]
            setattr(message, field.name, (value * length)[:length])
        elif field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                make_ids_legal(inner)


def generate(root, count, seed, ids):
    generator = Generator(seed)
    for _ in range(count):
        message = root()
        generator.fill(message, 0)
        if ids == "legal-ids":
            make_ids_legal(message)
        yield canonical(message)
    missing, messages, seen = generator.uncovered(root)
    if missing:
        sys.exit("coverage: " + "; ".join(missing))
    print(json.dumps({"messages": messages, "cases": seen}))


def main(command, signal, *rest):
    root = ROOTS[signal]
    if command == "generate":
        write(rest[2], generate(root, int(rest[0]), int(rest[1]), rest[3] if len(rest) > 3 else "any-ids"))
    elif command == "canonical":
        write(rest[1], (canonical(root.FromString(item)) for item in read(rest[0])))
    elif command == "to-json":
        write(rest[1], (to_json(root, item) for item in read(rest[0])))
    elif command == "from-json":
        write(rest[1], (from_json(root, item) for item in read(rest[0])))
    else:
        sys.exit(f"unknown command {command}")


main(*sys.argv[1:])
