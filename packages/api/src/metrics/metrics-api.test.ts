// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT_CONTEXT } from '../context/context.ts'
import { diag } from '../diag/diag-api.ts'
import type {
  BatchObservableCallback,
  BatchObservableResult,
  MetricOptions,
  Observable,
  ObservableCallback,
} from './instrument.ts'
import type { Meter, MeterProvider } from './meter.ts'
import { metrics } from './metrics-api.ts'
import { createNoopMeter } from './noop-meter.ts'
import { unwrapObservable } from './proxy-instruments.ts'

const kinds = [
  'createCounter',
  'createUpDownCounter',
  'createHistogram',
  'createGauge',
  'createObservableCounter',
  'createObservableUpDownCounter',
  'createObservableGauge',
] as const
const adders = ['createCounter', 'createUpDownCounter'] as const
const recorders = ['createHistogram', 'createGauge'] as const
const observables = ['createObservableCounter', 'createObservableUpDownCounter', 'createObservableGauge'] as const

/** An SDK that notes every call as text and collects on demand. */
class NotingSdk implements MeterProvider {
  readonly calls: string[] = []
  readonly callbacks = new Map<Observable, Set<ObservableCallback>>()
  readonly batches: [BatchObservableCallback, Observable[]][] = []
  #made = 0

  getMeter(name: string, version?: string, options?: object): Meter {
    this.calls.push(`getMeter ${name} ${version} ${JSON.stringify(options)}`)
    const sync = (kind: string) => (instrument: string, instrumentOptions?: MetricOptions) => {
      const note = (value: number, ...rest: unknown[]) =>
        this.calls.push(`${instrument} ${value} ${JSON.stringify(rest)}`)
      this.calls.push(`${kind} ${instrument} ${JSON.stringify(instrumentOptions)}`)
      return { add: note, record: note } as never
    }
    const observable = (kind: string) => (instrument: string, instrumentOptions?: MetricOptions) => {
      this.calls.push(`${kind} ${instrument} ${JSON.stringify(instrumentOptions)}`)
      const set = new Set<ObservableCallback>()
      const made: Observable & { id: number } = {
        id: this.#made++,
        addCallback: (callback) => void set.add(callback),
        removeCallback: (callback) => void set.delete(callback),
      }
      this.callbacks.set(made, set)
      return made as never
    }
    const methods = Object.fromEntries(
      kinds.map((kind) => [kind, kind.startsWith('createObs') ? observable(kind) : sync(kind)]),
    ) as unknown as Meter
    return {
      ...methods,
      addBatchObservableCallback: (callback, of) => void this.batches.push([callback as never, of as never]),
      removeBatchObservableCallback: (callback, of) => {
        const same = (other: Observable[]) => other.length === of.length && other.every((o) => of.includes(o as never))
        const index = this.batches.findIndex(([other, list]) => other === (callback as never) && same(list))
        if (index !== -1) this.batches.splice(index, 1)
      },
    }
  }

  collect(): unknown[] {
    const observed: unknown[] = []
    for (const [observable, set] of this.callbacks) {
      for (const callback of set) {
        void callback({ observe: (value, attributes) => void observed.push([observable, value, attributes]) })
      }
    }
    for (const [callback, of] of this.batches) {
      const result: BatchObservableResult = {
        observe: (metric, value, attributes) => {
          if (of.includes(metric)) observed.push([metric, value, attributes])
        },
      }
      void callback(result)
    }
    return observed
  }
}

beforeEach(() => {
  metrics.disable()
  // Instruments with callbacks wait for an SDK as long as the process lives; each test begins without any.
  delete (globalThis as Record<symbol, unknown>)[Symbol.for('otel-ts.api.1')]
})
afterEach(() => {
  metrics.disable()
  diag.disable()
})

describe('the no-op meter', () => {
  const meter = createNoopMeter()

  test('takes every call, valid or not, and neither throws nor logs', () => {
    const logged: string[] = []
    const note = (message: string) => void logged.push(message)
    diag.setLogger({ error: note, warn: note, info: note, debug: note, verbose: note }, 9999)
    for (const kind of adders) {
      const instrument = meter[kind](undefined as never)
      instrument.add(-1, { a: null })
      instrument.bind?.({}).add(Number.NaN)
      expect(instrument.enabled?.()).toBe(false)
    }
    for (const kind of recorders) {
      const instrument = meter[kind]('€', { unit: 'x'.repeat(64) })
      instrument.record(-1)
      instrument.bind?.({}).record(1)
      expect(instrument.enabled?.()).toBe(false)
    }
    for (const kind of observables) {
      const instrument = meter[kind]('')
      instrument.addCallback(() => {})
      instrument.removeCallback(() => {})
      expect(instrument.enabled?.()).toBe(false)
    }
    meter.addBatchObservableCallback(() => {}, [])
    meter.removeBatchObservableCallback(() => {}, [])
    expect(logged).toEqual([])
  })
})

describe('metrics without an SDK', () => {
  test.each([...adders, ...recorders])('%s gives an instrument that records nothing and is not enabled', (kind) => {
    const instrument = metrics.getMeter('m')[kind]('i') as { add?(v: number): void; record?(v: number): void }
    instrument.add?.(1)
    instrument.record?.(1)
    expect((instrument as { enabled?(): boolean }).enabled?.()).toBe(false)
  })

  test('callbacks are never called', () => {
    let called = 0
    const meter = metrics.getMeter('m')
    const gauge = meter.createObservableGauge('g')
    gauge.addCallback(() => void called++)
    meter.addBatchObservableCallback(() => void called++, [gauge])
    gauge.removeCallback(() => {})
    expect(called).toBe(0)
  })
})

describe('instruments made before registration', () => {
  test.each(kinds)('%s is made in the SDK with its name and options, in a meter with its identity', (kind) => {
    const instrument = metrics.getMeter('m', '1', { schemaUrl: 'u', attributes: { a: 1 } })[kind]('i', {
      unit: 's',
      description: 'd',
      valueType: 0,
      advice: { explicitBucketBoundaries: [1, 2], attributes: ['a'] },
    })
    const sdk = new NotingSdk()
    expect(metrics.setGlobalMeterProvider(sdk)).toBe(true)
    ;(instrument as { enabled?(): boolean }).enabled?.()
    expect(sdk.calls).toEqual([
      'getMeter m 1 {"schemaUrl":"u","attributes":{"a":1}}',
      `${kind} i {"unit":"s","description":"d","valueType":0,"advice":{"explicitBucketBoundaries":[1,2],"attributes":["a"]}}`,
    ])
  })

  test.each(adders)('%s passes on value, attributes and context', (kind) => {
    const counter = metrics.getMeter('m')[kind]('i')
    counter.add(1, { lost: true })
    const sdk = new NotingSdk()
    metrics.setGlobalMeterProvider(sdk)
    counter.add(2, { a: 1 }, ROOT_CONTEXT)
    counter.bind?.({ b: 2 }).add(3, ROOT_CONTEXT)
    expect(sdk.calls.slice(2)).toEqual(['i 2 [{"a":1},{}]', 'i 3 [{"b":2},{}]'])
    expect(counter.enabled?.()).toBe(true)
  })

  test.each(recorders)('%s passes on value, attributes and context', (kind) => {
    const recorder = metrics.getMeter('m')[kind]('i')
    recorder.record(1, { lost: true })
    const sdk = new NotingSdk()
    metrics.setGlobalMeterProvider(sdk)
    recorder.record(2, { a: 1 }, ROOT_CONTEXT)
    recorder.bind?.({ b: 2 }).record(3, ROOT_CONTEXT)
    expect(sdk.calls.slice(2)).toEqual(['i 2 [{"a":1},{}]', 'i 3 [{"b":2},{}]'])
    expect(recorder.enabled?.()).toBe(true)
  })

  test('a bound counter made early binds in the SDK, with the attributes as they were', () => {
    const bound: unknown[] = []
    const attributes = { a: 1 }
    const early = metrics.getMeter('m').createCounter('i').bind?.(attributes)
    attributes.a = 2
    metrics.setGlobalMeterProvider({
      getMeter: () => ({
        ...createNoopMeter(),
        createCounter: () => ({
          add: () => expect.fail('the bound counter must be used'),
          bind: (kept) => {
            bound.push(kept)
            return { add: (value) => void bound.push(value) }
          },
        }),
      }),
    })
    early?.add(1)
    early?.add(2)
    expect(bound).toEqual([{ a: 1 }, 1, 2])
  })

  test.each(observables)(
    'the callbacks of %s are called at the first collection, nothing being called between',
    (kind) => {
      const observable = metrics.getMeter('m')[kind]('i')
      const removed: ObservableCallback = (result) => result.observe(0)
      observable.addCallback(removed)
      observable.addCallback((result) => result.observe(7, { a: 1 }))
      observable.removeCallback(removed)
      const sdk = new NotingSdk()
      metrics.setGlobalMeterProvider(sdk)
      expect(sdk.collect()).toEqual([[unwrapObservable(observable), 7, { a: 1 }]])
    },
  )

  test('the same callback is not added twice', () => {
    const observable = metrics.getMeter('m').createObservableGauge('i')
    const callback: ObservableCallback = (result) => result.observe(7)
    observable.addCallback(callback)
    observable.addCallback(callback)
    const sdk = new NotingSdk()
    metrics.setGlobalMeterProvider(sdk)
    observable.addCallback(callback)
    expect(sdk.collect()).toHaveLength(1)
  })

  test('callbacks can be added and removed after registration too', () => {
    const observable = metrics.getMeter('m').createObservableGauge('i')
    const sdk = new NotingSdk()
    metrics.setGlobalMeterProvider(sdk)
    const callback: ObservableCallback = (result) => result.observe(7)
    observable.addCallback(callback)
    expect(sdk.collect()).toHaveLength(1)
    observable.removeCallback(callback)
    expect(sdk.collect()).toHaveLength(0)
  })

  test('a batch callback observes instruments made early, and can be removed', () => {
    const meter = metrics.getMeter('m')
    const a = meter.createObservableGauge('a')
    const b = meter.createObservableCounter('b')
    const callback: BatchObservableCallback = (result) => {
      result.observe(a, 1, { x: 1 })
      result.observe(b, 2)
    }
    meter.addBatchObservableCallback(callback, [a, b])
    meter.addBatchObservableCallback(callback, [b, a])
    const sdk = new NotingSdk()
    metrics.setGlobalMeterProvider(sdk)
    expect(sdk.collect()).toEqual([
      [unwrapObservable(a), 1, { x: 1 }],
      [unwrapObservable(b), 2, undefined],
    ])
    meter.removeBatchObservableCallback(callback, [a])
    expect(sdk.collect()).toHaveLength(2)
    meter.removeBatchObservableCallback(callback, [b, a])
    expect(sdk.collect()).toHaveLength(0)
  })

  test('a batch callback added after registration works on instruments made early', () => {
    const meter = metrics.getMeter('m')
    const gauge = meter.createObservableGauge('a')
    const sdk = new NotingSdk()
    metrics.setGlobalMeterProvider(sdk)
    meter.addBatchObservableCallback((result) => result.observe(gauge, 1), [gauge])
    expect(sdk.collect()).toEqual([[unwrapObservable(gauge), 1, undefined]])
  })

  test('everything moves to the next SDK and leaves the first', () => {
    const meter = metrics.getMeter('m')
    const counter = meter.createCounter('c')
    const gauge = meter.createObservableGauge('g')
    gauge.addCallback((result) => result.observe(1))
    meter.addBatchObservableCallback((result) => result.observe(gauge, 2), [gauge])
    const first = new NotingSdk()
    const second = new NotingSdk()
    metrics.setGlobalMeterProvider(first)
    counter.add(1)
    expect(first.collect()).toHaveLength(2)
    metrics.disable()
    counter.add(2)
    expect(first.collect()).toHaveLength(0)
    metrics.setGlobalMeterProvider(second)
    counter.add(3)
    expect(first.collect()).toHaveLength(0)
    expect(second.collect()).toHaveLength(2)
    expect([first.calls.at(-1), second.calls.at(-1)]).toEqual(['c 1 [null,null]', 'c 3 [null,null]'])
  })

  test('an SDK that fails to give a meter harms neither registration nor the next SDK, and is reported', () => {
    const errors: string[] = []
    diag.setLogger({ error: (m) => errors.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
    const gauge = metrics.getMeter('m').createObservableGauge('g')
    gauge.addCallback((result) => result.observe(1))
    const broken = {
      getMeter: () => {
        throw new Error('broken')
      },
    }
    expect(metrics.setGlobalMeterProvider(broken)).toBe(true)
    expect(errors).toEqual([
      'API_LATE_BINDING: getMeter("m") of the registered SDK threw Error: broken; expected a meter; the instruments of this one record nothing',
    ])
    metrics.disable()
    const sdk = new NotingSdk()
    metrics.setGlobalMeterProvider(sdk)
    expect(sdk.collect()).toHaveLength(1)
  })

  test('a callback that the SDK does not take keeps no other one from it, and is reported', () => {
    const errors: string[] = []
    diag.setLogger({ error: (m) => errors.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
    const meter = metrics.getMeter('m')
    const gauges = ['a', 'b'].map((name) => meter.createObservableGauge(name))
    for (const gauge of gauges) gauge.addCallback(() => {})
    const taken: string[] = []
    metrics.setGlobalMeterProvider({
      getMeter: () => ({
        ...createNoopMeter(),
        createObservableGauge: (name) => ({
          addCallback: () => {
            if (name === 'a') throw new Error('broken')
            taken.push(name)
          },
          removeCallback() {},
        }),
      }),
    })
    expect([taken, errors]).toEqual([
      ['b'],
      [
        'API_LATE_BINDING: handing a callback over to the registered SDK threw Error: broken; expected it to take callbacks; this one is not called',
      ],
    ])
  })

  test('an SDK that fails to make an instrument harms nobody and is reported', () => {
    const errors: string[] = []
    diag.setLogger({ error: (m) => errors.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
    const counter = metrics.getMeter('m').createCounter('c')
    metrics.setGlobalMeterProvider({
      getMeter: () => ({
        ...createNoopMeter(),
        createCounter: () => {
          throw new Error('broken')
        },
      }),
    })
    counter.add(1)
    counter.add(1)
    expect(errors).toEqual([
      'API_LATE_BINDING: createCounter("c") of the registered SDK threw Error: broken; expected an instrument; this one records nothing',
    ])
  })
})

describe('metrics with an SDK', () => {
  test('getMeter gives the meter of the SDK itself', () => {
    const meter = createNoopMeter()
    metrics.setGlobalMeterProvider({ getMeter: () => meter })
    expect(metrics.getMeter('m')).toBe(meter)
  })

  test('a meter of an SDK without gauges gives gauges that record nothing', () => {
    const { createGauge: _, ...old } = createNoopMeter()
    const added: number[] = []
    metrics.setGlobalMeterProvider({
      getMeter: () =>
        ({ ...old, createCounter: () => ({ add: (value: number) => void added.push(value) }) }) as unknown as Meter,
    })
    const meter = metrics.getMeter('m')
    meter.createGauge('g').record(1)
    meter.createCounter('c').add(2)
    expect(added).toEqual([2])
  })

  test('unwrapObservable leaves what is no proxy alone', () => {
    const observable = createNoopMeter().createObservableGauge('g')
    expect(unwrapObservable(observable)).toBe(observable)
    expect(unwrapObservable(undefined as never)).toBe(undefined)
  })
})
