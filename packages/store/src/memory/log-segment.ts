// SPDX-License-Identifier: Apache-2.0
import type { LogRecord } from '@otel-ts/otlp'
import type { StoredLog } from '../store.ts'
import { ByteReader, ByteWriter } from './byte-arena.ts'
import { Sources } from './sources.ts'
import { StringDictionary } from './string-dictionary.ts'
import { earlierStart } from './trace-directory.ts'
import { readAttributes, readValue, valueTag, writeAttributes, writeValue } from './value-codec.ts'

const firstCapacity = 256
const bytesPerRow = 36 // the columns below
const bytesPerTrace = 48 // Map entry of a trace's chain

/** Some thousand log records in columns, laid out as in the segments of spans. Records of a trace are chained. */
export class LogSegment {
  readonly signal = 'logs'
  readonly strings: StringDictionary = new StringDictionary()
  readonly keys: StringDictionary = new StringDictionary()
  readonly sources: Sources = new Sources()
  lastWrite = 0
  rowCount = 0
  oldestUnixNano = 0n

  #capacity = firstCapacity
  #time = new BigUint64Array(firstCapacity)
  #traceId = new Uint32Array(firstCapacity)
  #nextInTrace = new Int32Array(firstCapacity)
  #spanId = new Uint32Array(firstCapacity)
  #severity = new Int32Array(firstCapacity)
  #resource = new Uint16Array(firstCapacity)
  #scope = new Uint16Array(firstCapacity)
  #offset = new Uint32Array(firstCapacity)
  readonly #heads = new Map<string, number>()
  readonly #arena = new ByteWriter(firstCapacity * 32)

  get byteCount(): number {
    return (
      this.#capacity * bytesPerRow +
      this.#arena.capacity +
      this.strings.byteCount +
      this.keys.byteCount +
      this.sources.byteCount +
      this.#heads.size * bytesPerTrace
    )
  }

  get isFull(): boolean {
    return this.sources.resources.length >= 0xffff || this.sources.scopes.length >= 0xffff
  }

  /** Time of the event, or of its observation when the event's is unknown. */
  time(row: number): bigint {
    return this.#time[row]!
  }

  severity(row: number): number {
    return this.#severity[row]!
  }

  service(row: number): string {
    return this.sources.resources[this.#resource[row]!]!.service
  }

  resourceId(row: number): number {
    return this.#resource[row]!
  }

  spanId(row: number): string {
    return this.strings.at(this.#spanId[row]!)
  }

  /** Last row of the trace, or -1; follow `nextInTrace` until -1. */
  headOf(traceId: string): number {
    return this.#heads.get(traceId) ?? -1
  }

  nextInTrace(row: number): number {
    return this.#nextInTrace[row]!
  }

  /** A reader on the row's body; the body's value comes first in the arena, since it alone is searched. */
  bodyReader(row: number): ByteReader {
    const reader = new ByteReader(this.#arena.bytes)
    reader.position = this.#offset[row]!
    return reader
  }

  add(log: LogRecord, resourceId: number, scopeId: number): void {
    if (this.rowCount === this.#capacity) this.#resize(this.#capacity * 2)
    const row = this.rowCount++
    const time = log.timeUnixNano !== 0n ? log.timeUnixNano : log.observedTimeUnixNano
    this.#time[row] = time
    this.#traceId[row] = this.strings.add(log.traceId)
    this.#spanId[row] = this.strings.add(log.spanId)
    this.#severity[row] = log.severityNumber
    this.#resource[row] = resourceId
    this.#scope[row] = scopeId
    this.#offset[row] = this.#arena.length
    this.#nextInTrace[row] = -1
    if (log.traceId !== '') {
      this.#nextInTrace[row] = this.headOf(log.traceId)
      this.#heads.set(log.traceId, row)
    }
    this.oldestUnixNano = earlierStart(this.oldestUnixNano, time)

    const arena = this.#arena
    writeValue(arena, this, log.body)
    writeAttributes(arena, this, log.attributes)
    arena.uint64(log.timeUnixNano)
    arena.uint64(log.observedTimeUnixNano)
    arena.varint(this.strings.add(log.severityText))
    arena.varint(this.strings.add(log.eventName))
    arena.varint(log.droppedAttributesCount)
    arena.varint(log.flags)
  }

  read(row: number): StoredLog {
    const reader = this.bodyReader(row)
    const body = readValue(reader, this)
    const attributes = readAttributes(reader, this)
    const timeUnixNano = reader.uint64()
    const observedTimeUnixNano = reader.uint64()
    const severityText = this.strings.at(reader.varint())
    const eventName = this.strings.at(reader.varint())
    const droppedAttributesCount = reader.varint()
    const flags = reader.varint()
    const resource = this.sources.resources[this.#resource[row]!]!
    const scope = this.sources.scopes[this.#scope[row]!]!
    return {
      log: {
        timeUnixNano,
        observedTimeUnixNano,
        severityNumber: this.#severity[row]!,
        severityText,
        body,
        attributes,
        droppedAttributesCount,
        flags,
        traceId: this.strings.at(this.#traceId[row]!),
        spanId: this.spanId(row),
        eventName,
      },
      resource: resource.resource,
      resourceSchemaUrl: resource.schemaUrl,
      scope: scope.scope,
      scopeSchemaUrl: scope.schemaUrl,
      service: resource.service,
    }
  }

  /** Id of the body's text when the body is a string, otherwise -1. */
  bodyStringId(row: number): number {
    const reader = this.bodyReader(row)
    return reader.byte() === valueTag.string ? reader.varint() : -1
  }

  seal(): void {
    this.strings.seal()
    this.keys.seal()
    this.sources.seal()
    this.#resize(Math.max(1, this.rowCount))
    this.#arena.trim()
  }

  #resize(capacity: number): void {
    const rows = Math.min(this.rowCount, capacity)
    this.#time = copied(this.#time, new BigUint64Array(capacity), rows)
    this.#traceId = copied(this.#traceId, new Uint32Array(capacity), rows)
    this.#nextInTrace = copied(this.#nextInTrace, new Int32Array(capacity), rows)
    this.#spanId = copied(this.#spanId, new Uint32Array(capacity), rows)
    this.#severity = copied(this.#severity, new Int32Array(capacity), rows)
    this.#resource = copied(this.#resource, new Uint16Array(capacity), rows)
    this.#scope = copied(this.#scope, new Uint16Array(capacity), rows)
    this.#offset = copied(this.#offset, new Uint32Array(capacity), rows)
    this.#capacity = capacity
  }
}

interface Column {
  [index: number]: number | bigint
}

function copied<T extends Column>(from: T, to: T, rows: number): T {
  for (let row = 0; row < rows; row++) to[row] = from[row]!
  return to
}
