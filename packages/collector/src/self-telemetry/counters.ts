// SPDX-License-Identifier: Apache-2.0
import type { Meter, MeterProvider, ObservableGauge } from '@otel-ts/api'

/** Attributes of a counter, as upstream names them: `exporter`, `receiver`, `transport`. */
export type CounterAttributes = Readonly<Record<string, string>>

/** One counter or gauge with its present value. */
export interface CounterValue {
  /** Upstream's name: `otelcol_exporter_sent_spans`. */
  readonly name: string
  readonly attributes: CounterAttributes
  readonly value: number
}

/**
 * Counts what the collector does. Every count goes to the meter (when one is given) and is kept here, so that it can be
 * read without a metrics pipeline.
 *
 * @example
 * ```ts
 * import { Counters } from '@otel-ts/collector'
 * const counters = new Counters(undefined, '1.0.0')
 * counters.add('exporter_sent_spans', 2, { exporter: 'file' })
 * console.log(counters.read()[0]?.name, counters.read()[0]?.value) // otelcol_exporter_sent_spans 2
 * ```
 */
export class Counters {
  readonly #meter: Meter | undefined
  readonly #values = new Map<string, Entry>()
  readonly #gauges = new Map<string, { name: string; attributes: CounterAttributes; read: () => number }>()

  constructor(meterProvider: MeterProvider | undefined, version: string) {
    this.#meter = meterProvider?.getMeter('@otel-ts/collector', version)
  }

  /** Adds to `otelcol_<name>`. */
  add(name: string, amount: number, attributes: CounterAttributes): void {
    this.adder(name, attributes)(amount)
  }

  /** What adds to `otelcol_<name>`, for counts of every request: finding the counter costs 2 us each time. */
  adder(name: string, attributes: CounterAttributes): (amount: number) => void {
    const key = keyOf(name, attributes)
    const known = this.#values.get(key)
    if (known !== undefined) return known.add
    const counter = this.#meter?.createCounter(`otelcol_${name}`)
    const entry: Entry = {
      name: `otelcol_${name}`,
      attributes,
      value: 0,
      add: (amount) => {
        entry.value += amount
        counter?.add(amount, attributes)
      },
    }
    this.#values.set(key, entry)
    return entry.add
  }

  /** Registers `otelcol_<name>`, read whenever somebody looks. Returns how to take it away again. */
  gauge(name: string, attributes: CounterAttributes, read: () => number): () => void {
    const key = keyOf(name, attributes)
    this.#gauges.set(key, { name: `otelcol_${name}`, attributes, read })
    const instrument: ObservableGauge | undefined = this.#meter?.createObservableGauge(`otelcol_${name}`)
    const observe = (result: { observe(value: number, attributes: CounterAttributes): void }): void =>
      result.observe(read(), attributes)
    instrument?.addCallback(observe)
    return () => {
      this.#gauges.delete(key)
      instrument?.removeCallback(observe)
    }
  }

  /** Everything counted so far. */
  read(): CounterValue[] {
    const values: CounterValue[] = []
    for (const { name, attributes, value } of this.#values.values()) values.push({ name, attributes, value })
    for (const { name, attributes, read } of this.#gauges.values()) values.push({ name, attributes, value: read() })
    return values
  }
}

interface Entry {
  readonly name: string
  readonly attributes: CounterAttributes
  value: number
  readonly add: (amount: number) => void
}

function keyOf(name: string, attributes: CounterAttributes): string {
  let key = name
  for (const [attribute, value] of Object.entries(attributes)) key += `\u0000${attribute}\u0000${value}`
  return key
}
