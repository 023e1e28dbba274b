// SPDX-License-Identifier: Apache-2.0
import {
  type Batch,
  type Clock,
  type ResourceLogs,
  type ResourceMetrics,
  type ResourceSpans,
  type Span,
  splitBatchStepwise,
  systemClock,
} from '@otel-ts/otlp'
import { storeError } from '../errors.ts'
import type {
  LogQuery,
  MetricName,
  MetricQuery,
  MetricSeries,
  Store,
  StoreChange,
  StoredLog,
  StoredSpan,
  StoreStats,
  TracePage,
  TraceQuery,
} from '../store.ts'
import { listAttributeKeys, listFieldValues, listOperations, listServices } from './catalogue.ts'
import { ChangeWatch } from './change-watch.ts'
import { queryLogs } from './log-query.ts'
import { LogSegment } from './log-segment.ts'
import { listMetricNames, queryMetrics } from './metric-query.ts'
import { MetricSegment } from './metric-segment.ts'
import { attributesText, scopeText, serviceOf } from './sources.ts'
import { SpanSegment } from './span-segment.ts'
import { earlierStart, TraceDirectory, TraceEntry } from './trace-directory.ts'
import { checkLimit, queryTraces } from './trace-query.ts'

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Bytes to hold at most, dictionaries and tables counted. Default 256 MiB. */
  maxByteCount?: number
  /** Time for the listeners of `watch`. Default: the clock of the process. */
  clock?: Clock
}

// A request of 20 MiB holds some 100,000 spans, a fifth of a second of work: others get their turn in between. A turn takes
// some 5 ms, whether its items are many or large.
const turnItemCount = 1024
const turnByteCount = 256 * 1024
// What encloses items is read again with each turn: more turns than this give no smaller ones worth having.
const maxTurnCount = 256

/** Lets timers and sockets have their turn; a promise alone would not. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0)
  })
}

type Segment = SpanSegment | LogSegment | MetricSegment

/**
 * Makes a store that holds spans, log records and metric points in memory, in columns: about a tenth of what the same
 * telemetry takes as objects. When it is full, the segment that was written longest ago is let go whole and counted
 * in `stats()`. Runs in Node and in browsers.
 *
 * @example
 * ```ts
 * import { createMemoryStore } from '@otel-ts/store'
 * const store = createMemoryStore({ maxByteCount: 64 * 1024 * 1024 })
 * const page = await store.traces({ conditions: [{ field: 'service', op: '=', value: 'checkout' }] })
 * console.log(page.traces.length) // 0
 * await store.close()
 * ```
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options.maxByteCount ?? 256 * 1024 * 1024, options.clock ?? systemClock)
}

class MemoryStore implements Store {
  readonly #maxByteCount: number
  // Small enough that letting one go frees a few per cent, large enough that a dictionary pays.
  readonly #maxSegmentBytes: number
  readonly #directory: TraceDirectory
  readonly #watch: ChangeWatch
  #spanSegments: SpanSegment[] = []
  #logSegments: LogSegment[] = []
  #metricSegments: MetricSegment[] = []
  #openSpans: SpanSegment | undefined
  #openLogs: LogSegment | undefined
  #openMetrics: MetricSegment | undefined
  #sealedByteCount = 0
  #writeCount = 0
  #evictedSpanCount = 0
  #evictedLogCount = 0
  #evictedMetricPointCount = 0
  #duplicateSpanCount = 0
  #isClosed = false
  #lastInTurns: Promise<void> = Promise.resolve()

  constructor(maxByteCount: number, clock: Clock) {
    if (!(maxByteCount >= 1)) {
      throw storeError(
        'STORE_LIMIT',
        `maxByteCount ${maxByteCount}: not a number of bytes; expected 1 or more; no store was made`,
      )
    }
    this.#maxByteCount = maxByteCount
    this.#maxSegmentBytes = Math.min(8 * 1024 * 1024, Math.max(64 * 1024, Math.floor(maxByteCount / 16)))
    // Enough for the traces of the last segment let go, at most about four hundredths of the store's bytes.
    this.#directory = new TraceDirectory(Math.min(65_536, Math.ceil(maxByteCount / 2500)))
    this.#watch = new ChangeWatch(clock)
  }

  async ingest(batch: Batch): Promise<void> {
    this.#checkOpen()
    const isLarge = batch.itemCount > turnItemCount || (batch.itemCount > 1 && batch.byteCount > turnByteCount)
    const count = isLarge ? await this.#ingestInTurns(batch) : this.#take(batch)
    if (batch.signal === 'traces') this.#watch.ingested(count, 0, 0)
    else if (batch.signal === 'logs') this.#watch.ingested(0, count, 0)
    else this.#watch.ingested(0, 0, count)
  }

  // One large batch at a time: turns of several would come at once, and be as long together as one without turns.
  async #ingestInTurns(batch: Batch): Promise<number> {
    const before = this.#lastInTurns
    let end = (): void => undefined
    this.#lastInTurns = new Promise((resolve) => {
      end = resolve
    })
    await before
    try {
      let count = 0
      const itemCount = Math.max(turnItemCount, Math.ceil(batch.itemCount / maxTurnCount))
      for (const part of splitBatchStepwise(batch, itemCount, turnByteCount)) {
        await nextTurn()
        this.#checkOpen()
        count += this.#take(part)
      }
      return count
    } finally {
      end()
    }
  }

  #take(batch: Batch): number {
    let count: number
    switch (batch.signal) {
      case 'traces':
        count = this.#ingestSpans(batch.records() as ResourceSpans[])
        break
      case 'logs':
        count = this.#ingestLogs(batch.records() as ResourceLogs[])
        break
      default:
        count = this.#ingestMetrics(batch.records() as ResourceMetrics[])
    }
    this.#evict()
    return count
  }

  async traces(query: TraceQuery): Promise<TracePage> {
    this.#checkOpen()
    return queryTraces(this.#directory, query)
  }

  async trace(traceId: string): Promise<{ spans: StoredSpan[] } | 'evicted' | undefined> {
    this.#checkOpen()
    const id = traceId.toLowerCase()
    const entry = this.#directory.get(id)
    if (entry === undefined) return this.#directory.wasEvicted(id) ? 'evicted' : undefined
    const rows: { segment: SpanSegment; row: number; start: bigint }[] = []
    for (const { segment, local } of entry.parts) {
      // Chains run from the last row to the first; of equal starts the span that came first shall stand first.
      const chain: number[] = []
      for (let row = segment.headOf(local); row !== -1; row = segment.nextInTrace(row)) chain.push(row)
      for (let i = chain.length - 1; i >= 0; i--) {
        const row = chain[i]!
        rows.push({ segment, row, start: segment.start(row) })
      }
    }
    rows.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))
    return { spans: rows.map(({ segment, row }) => segment.read(row)) }
  }

  async span(traceId: string, spanId: string): Promise<StoredSpan | 'evicted' | undefined> {
    this.#checkOpen()
    const id = traceId.toLowerCase()
    const entry = this.#directory.get(id)
    if (entry === undefined) return this.#directory.wasEvicted(id) ? 'evicted' : undefined
    for (const { segment, local } of entry.parts) {
      const row = segment.findSpan(local, spanId.toLowerCase())
      if (row !== -1) return segment.read(row)
    }
    return undefined
  }

  async logs(query: LogQuery): Promise<StoredLog[]> {
    this.#checkOpen()
    return queryLogs(this.#logSegments, query)
  }

  async metricNames(service?: string): Promise<MetricName[]> {
    this.#checkOpen()
    return listMetricNames(this.#metricSegments, service)
  }

  async metrics(query: MetricQuery): Promise<MetricSeries[]> {
    this.#checkOpen()
    return queryMetrics(this.#metricSegments, query)
  }

  async services(): Promise<{ name: string; spanCount: number; errorCount: number }[]> {
    this.#checkOpen()
    return listServices(this.#spanSegments)
  }

  async operations(service: string): Promise<{ name: string; kind: number; spanCount: number }[]> {
    this.#checkOpen()
    return listOperations(this.#spanSegments, service)
  }

  async attributeKeys(prefix: string, limit: number): Promise<{ field: string; count: number }[]> {
    this.#checkOpen()
    const found = listAttributeKeys(this.#spanSegments, prefix).slice(0, checkLimit(limit, 100, 1000))
    return found.map(({ text, count }) => ({ field: text, count }))
  }

  async fieldValues(field: string, prefix: string, limit: number): Promise<{ value: string; count: number }[]> {
    this.#checkOpen()
    const found = listFieldValues(this.#spanSegments, field, prefix).slice(0, checkLimit(limit, 100, 1000))
    return found.map(({ text, count }) => ({ value: text, count }))
  }

  async stats(): Promise<StoreStats> {
    this.#checkOpen()
    let oldest: bigint | undefined
    for (const segment of [...this.#spanSegments, ...this.#logSegments, ...this.#metricSegments]) {
      if (segment.rowCount > 0) oldest = earlierStart(oldest ?? 0n, segment.oldestUnixNano)
    }
    return {
      spanCount: countRows(this.#spanSegments),
      logCount: countRows(this.#logSegments),
      metricPointCount: countRows(this.#metricSegments),
      traceCount: this.#directory.size,
      byteCount: this.#byteCount(),
      maxByteCount: this.#maxByteCount,
      evictedSpanCount: this.#evictedSpanCount,
      evictedLogCount: this.#evictedLogCount,
      evictedMetricPointCount: this.#evictedMetricPointCount,
      duplicateSpanCount: this.#duplicateSpanCount,
      oldestUnixNano: oldest,
    }
  }

  watch(listener: (change: StoreChange) => void): () => void {
    this.#checkOpen()
    return this.#watch.add(listener)
  }

  async clear(): Promise<void> {
    this.#checkOpen()
    this.#drop()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#watch.close()
    this.#drop()
  }

  #ingestSpans(records: ResourceSpans[]): number {
    let count = 0
    let touched: string | undefined
    for (const resourceSpans of records) {
      const service = serviceOf(resourceSpans.resource ?? noResource)
      for (const scopeSpans of resourceSpans.scopeSpans) {
        let segment: SpanSegment | undefined
        let resourceId = 0
        let scopeId = 0
        for (const span of scopeSpans.spans) {
          // May let older segments go, so it comes before the look at the trace.
          const open = this.#spansForWriting()
          const entry = this.#directory.get(span.traceId) ?? new TraceEntry(span.traceId)
          if (isHeld(entry, span, service)) {
            this.#duplicateSpanCount++
            continue
          }
          if (open !== segment) {
            segment = open
            resourceId = open.sources.addResource(resourceSpans.resource, resourceSpans.schemaUrl)
            scopeId = open.sources.addScope(scopeSpans.scope, scopeSpans.schemaUrl)
          }
          open.add(this.#directory, entry, span, resourceId, scopeId)
          if (span.traceId !== touched) this.#watch.touch((touched = span.traceId))
          count++
        }
      }
    }
    return count
  }

  #ingestLogs(records: ResourceLogs[]): number {
    let count = 0
    for (const resourceLogs of records) {
      for (const scopeLogs of resourceLogs.scopeLogs) {
        let segment: LogSegment | undefined
        let resourceId = 0
        let scopeId = 0
        for (const log of scopeLogs.logRecords) {
          const open = this.#logsForWriting()
          if (open !== segment) {
            segment = open
            resourceId = open.sources.addResource(resourceLogs.resource, resourceLogs.schemaUrl)
            scopeId = open.sources.addScope(scopeLogs.scope, scopeLogs.schemaUrl)
          }
          open.add(log, resourceId, scopeId)
          if (log.traceId !== '') this.#watch.touch(log.traceId)
          count++
        }
      }
    }
    return count
  }

  #ingestMetrics(records: ResourceMetrics[]): number {
    let count = 0
    for (const { resource, scopeMetrics, schemaUrl } of records) {
      const service = serviceOf(resource ?? noResource)
      const resourceKey = `${schemaUrl}\n${attributesText(resource?.attributes ?? [])}`
      for (const { scope, metrics, schemaUrl: scopeSchemaUrl } of scopeMetrics) {
        const scopeKey = scope === undefined ? '' : scopeText(scope, scopeSchemaUrl)
        for (const metric of metrics) {
          const { data } = metric
          if (data === undefined) continue
          for (const point of data.dataPoints) {
            const open = this.#metricsForWriting()
            open.add(open.seriesOf(metric, data, point, service, resourceKey, scopeKey), point)
            count++
          }
        }
      }
    }
    return count
  }

  #spansForWriting(): SpanSegment {
    let open = this.#openSpans
    if (open !== undefined && this.#isFull(open)) {
      this.#seal(open)
      open = undefined
    }
    if (open === undefined) {
      this.#openSpans = open = new SpanSegment()
      this.#spanSegments.push(open)
    }
    open.lastWrite = ++this.#writeCount
    return open
  }

  #logsForWriting(): LogSegment {
    let open = this.#openLogs
    if (open !== undefined && this.#isFull(open)) {
      this.#seal(open)
      open = undefined
    }
    if (open === undefined) {
      this.#openLogs = open = new LogSegment()
      this.#logSegments.push(open)
    }
    open.lastWrite = ++this.#writeCount
    return open
  }

  #metricsForWriting(): MetricSegment {
    let open = this.#openMetrics
    if (open !== undefined && this.#isFull(open)) {
      this.#seal(open)
      open = undefined
    }
    if (open === undefined) {
      this.#openMetrics = open = new MetricSegment()
      this.#metricSegments.push(open)
    }
    open.lastWrite = ++this.#writeCount
    return open
  }

  #isFull(segment: Segment): boolean {
    return segment.isFull || segment.byteCount >= this.#maxSegmentBytes
  }

  #seal(segment: Segment): void {
    segment.seal()
    this.#sealedByteCount += segment.byteCount
    if (segment === this.#openSpans) this.#openSpans = undefined
    if (segment === this.#openLogs) this.#openLogs = undefined
    if (segment === this.#openMetrics) this.#openMetrics = undefined
    // One request may be larger than the store: room is made as it comes in, not at its end.
    this.#evict()
  }

  #byteCount(): number {
    let open = this.#directory.byteCount
    if (this.#openSpans !== undefined) open += this.#openSpans.byteCount
    if (this.#openLogs !== undefined) open += this.#openLogs.byteCount
    if (this.#openMetrics !== undefined) open += this.#openMetrics.byteCount
    return this.#sealedByteCount + open
  }

  #evict(): void {
    while (this.#byteCount() > this.#maxByteCount) {
      const oldest = this.#oldestSegment()
      if (oldest === undefined) return
      this.#remove(oldest)
    }
  }

  #oldestSegment(): Segment | undefined {
    let oldest: Segment | undefined
    for (const first of [this.#spanSegments[0], this.#logSegments[0], this.#metricSegments[0]]) {
      if (first !== undefined && (oldest === undefined || first.lastWrite < oldest.lastWrite)) oldest = first
    }
    return oldest
  }

  #remove(segment: Segment): void {
    if (segment === this.#openSpans) this.#openSpans = undefined
    else if (segment === this.#openLogs) this.#openLogs = undefined
    else if (segment === this.#openMetrics) this.#openMetrics = undefined
    else this.#sealedByteCount -= segment.byteCount
    switch (segment.signal) {
      case 'traces':
        this.#spanSegments.shift()
        this.#evictedSpanCount += segment.rowCount
        this.#directory.removeSegment(segment)
        break
      case 'logs':
        this.#logSegments.shift()
        this.#evictedLogCount += segment.rowCount
        break
      default:
        this.#metricSegments.shift()
        this.#evictedMetricPointCount += segment.rowCount
    }
  }

  #drop(): void {
    this.#spanSegments = []
    this.#logSegments = []
    this.#metricSegments = []
    this.#openSpans = undefined
    this.#openLogs = undefined
    this.#openMetrics = undefined
    this.#sealedByteCount = 0
    this.#directory.clear()
  }

  #checkOpen(): void {
    if (this.#isClosed) {
      throw storeError('STORE_CLOSED', 'store: closed; calls are allowed only before close(); nothing was done')
    }
  }
}

const noResource = { attributes: [], droppedAttributesCount: 0, entityRefs: [] }

function isHeld(entry: TraceEntry, span: Span, service: string): boolean {
  for (let i = 0; i < entry.parts.length; i++) {
    const part = entry.parts[i]!
    if (part.segment.holds(part.local, span, service)) return true
  }
  return false
}

function countRows(segments: readonly Segment[]): number {
  let count = 0
  for (const segment of segments) count += segment.rowCount
  return count
}
