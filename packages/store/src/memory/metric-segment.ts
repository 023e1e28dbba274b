// SPDX-License-Identifier: Apache-2.0
import type { KeyValue, Metric, MetricData } from '@otel-ts/otlp'
import type { MetricSeries } from '../store.ts'
import { ByteReader, ByteWriter } from './byte-arena.ts'
import { type DataPoint, readPoint, writePoint } from './point-codec.ts'
import { attributesText, Sources } from './sources.ts'
import { StringDictionary } from './string-dictionary.ts'
import { earlierStart } from './trace-directory.ts'

const firstCapacity = 256
const bytesPerRow = 28 // the columns below
const seriesBytes = 240 // one entry of #series and of its Map

/** What tells one series from another, and what is shown of it. */
export interface SeriesHead {
  /** The same for the same series in every segment. */
  readonly key: string
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly type: MetricSeries['type']
  readonly aggregationTemporality: number
  readonly isMonotonic: boolean
  readonly service: string
  readonly attributes: KeyValue[]
}

/** Some thousand metric points in columns; the points of a series are chained. */
export class MetricSegment {
  readonly signal = 'metrics'
  readonly strings: StringDictionary = new StringDictionary()
  readonly keys: StringDictionary = new StringDictionary()
  readonly sources: Sources = new Sources()
  lastWrite = 0
  rowCount = 0
  oldestUnixNano = 0n
  readonly series: SeriesHead[] = []

  #capacity = firstCapacity
  #series = new Uint32Array(firstCapacity)
  #nextInSeries = new Int32Array(firstCapacity)
  #start = new BigUint64Array(firstCapacity)
  #time = new BigUint64Array(firstCapacity)
  #offset = new Uint32Array(firstCapacity)
  readonly #heads: number[] = []
  #seriesIds: Map<string, number> | undefined = new Map()
  #seriesTextBytes = 0
  readonly #arena = new ByteWriter(firstCapacity * 16)

  get byteCount(): number {
    return (
      this.#capacity * bytesPerRow +
      this.#arena.capacity +
      this.strings.byteCount +
      this.keys.byteCount +
      this.sources.byteCount +
      this.series.length * seriesBytes +
      this.#seriesTextBytes
    )
  }

  get isFull(): boolean {
    return false
  }

  /** Number of the series with this head in the segment. */
  seriesOf(
    metric: Metric,
    data: MetricData,
    point: DataPoint,
    service: string,
    resourceText: string,
    scopeText: string,
  ): number {
    const temporality = 'aggregationTemporality' in data ? data.aggregationTemporality : 0
    const isMonotonic = 'isMonotonic' in data && data.isMonotonic
    const parts = [metric.name, metric.unit, data.type, temporality, isMonotonic, resourceText, scopeText]
    const key = `${JSON.stringify(parts)}${attributesText(point.attributes)}`
    const known = this.#seriesIds!.get(key)
    if (known !== undefined) return known
    const id = this.series.length
    this.series.push({
      key,
      name: metric.name,
      description: metric.description,
      unit: metric.unit,
      type: data.type,
      aggregationTemporality: temporality,
      isMonotonic,
      service,
      attributes: point.attributes,
    })
    this.#heads.push(-1)
    this.#seriesIds!.set(key, id)
    this.#seriesTextBytes += key.length * 2 + metric.name.length + metric.description.length + metric.unit.length
    this.#seriesTextBytes += point.attributes.length * 96
    return id
  }

  add(seriesId: number, point: DataPoint): void {
    if (this.rowCount === this.#capacity) this.#resize(this.#capacity * 2)
    const row = this.rowCount++
    this.#series[row] = seriesId
    this.#nextInSeries[row] = this.#heads[seriesId]!
    this.#heads[seriesId] = row
    this.#start[row] = point.startTimeUnixNano
    this.#time[row] = point.timeUnixNano
    this.#offset[row] = this.#arena.length
    this.oldestUnixNano = earlierStart(this.oldestUnixNano, point.timeUnixNano)
    writePoint(this.#arena, this, this.series[seriesId]!.type, point)
  }

  headOf(seriesId: number): number {
    return this.#heads[seriesId]!
  }

  nextInSeries(row: number): number {
    return this.#nextInSeries[row]!
  }

  time(row: number): bigint {
    return this.#time[row]!
  }

  read(row: number): DataPoint {
    const head = this.series[this.#series[row]!]!
    const reader = new ByteReader(this.#arena.bytes)
    reader.position = this.#offset[row]!
    return readPoint(reader, this, head.type, head.attributes, this.#start[row]!, this.#time[row]!)
  }

  seal(): void {
    this.strings.seal()
    this.keys.seal()
    this.sources.seal()
    this.#seriesIds = undefined
    this.#resize(Math.max(1, this.rowCount))
    this.#arena.trim()
  }

  #resize(capacity: number): void {
    const rows = Math.min(this.rowCount, capacity)
    const series = new Uint32Array(capacity)
    series.set(this.#series.subarray(0, rows))
    this.#series = series
    const next = new Int32Array(capacity)
    next.set(this.#nextInSeries.subarray(0, rows))
    this.#nextInSeries = next
    const start = new BigUint64Array(capacity)
    start.set(this.#start.subarray(0, rows))
    this.#start = start
    const time = new BigUint64Array(capacity)
    time.set(this.#time.subarray(0, rows))
    this.#time = time
    const offset = new Uint32Array(capacity)
    offset.set(this.#offset.subarray(0, rows))
    this.#offset = offset
    this.#capacity = capacity
  }
}
