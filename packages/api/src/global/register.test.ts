// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT_CONTEXT } from '../context/context.ts'
import { context } from '../context/context-api.ts'
import type { ContextManager } from '../context/context-manager.ts'
import { diag } from '../diag/diag-api.ts'
import { logs } from '../logs/logs-api.ts'
import { createNoopLogger } from '../logs/noop-logger.ts'
import { metrics } from '../metrics/metrics-api.ts'
import { createNoopMeter } from '../metrics/noop-meter.ts'
import { propagation } from '../propagation/propagation-api.ts'
import { trace } from '../trace/trace-api.ts'
import type { TracerProvider } from '../trace/tracer.ts'
import { type GlobalParts, type GlobalSlot, hasDiagLogger, registerGlobals, setGlobal } from './register.ts'

const globalKey = Symbol.for('opentelemetry.js.api.1')
const legacyLogsKey = Symbol.for('io.opentelemetry.js.api.logs')
type Shared = Record<string, unknown>
const host = globalThis as unknown as { [key: symbol]: Shared | undefined }

const tracer = { startSpan: () => trace.wrapSpanContext({ traceId: 't', spanId: 's', traceFlags: 0 }) }
const parts: () => Required<GlobalParts> = () => ({
  trace: { getTracer: () => tracer } as unknown as TracerProvider,
  metrics: { getMeter: createNoopMeter },
  logs: { getLogger: createNoopLogger },
  context: { active: () => ROOT_CONTEXT, disable: () => {} } as unknown as ContextManager,
  propagation: { inject() {}, extract: (c) => c, fields: () => ['x'] },
})
const slots = Object.keys(parts()) as GlobalSlot[]

function reset(): void {
  diag.disable()
  delete host[globalKey]
  delete host[legacyLogsKey]
  delete host[Symbol.for('otel-ts.api.1')]
}
beforeEach(reset)
afterEach(reset)

describe('what never writes the OpenTelemetry global', () => {
  test('reading everything, with an empty global', () => {
    trace.getTracer('t').startSpan('s').end()
    trace.getTracerProvider()
    trace.getActiveSpan()
    metrics.getMeter('m').createCounter('c').add(1)
    metrics
      .getMeterProvider()
      .getMeter('m')
      .createObservableGauge('g')
      .addCallback(() => {})
    logs.getLogger('l').emit({})
    logs.getLoggerProvider()
    context.with(context.active(), () => {})
    propagation.inject(ROOT_CONTEXT, {})
    propagation.extract(ROOT_CONTEXT, {})
    propagation.getActiveBaggage()
    diag.error('e')
    diag.createComponentLogger({ namespace: 'n' }).error('e')
    diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} })
    for (const api of [trace, metrics, logs, context, propagation, diag]) api.disable()
    expect([globalKey in globalThis, legacyLogsKey in globalThis]).toEqual([false, false])
  })

  test('reading and setting a logger, with an older object that cannot be changed', () => {
    host[globalKey] = Object.freeze({ version: '1.4.1' }) as Shared
    trace.getTracer('t').startSpan('s').end()
    metrics.getMeter('m').createCounter('c').add(1)
    logs.getLogger('l').emit({})
    diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} })
    expect(host[globalKey]).toEqual({ version: '1.4.1' })
  })
})

describe('registration', () => {
  test('makes an object with our stamp that nobody can lower, and fills it', () => {
    const all = parts()
    const registration = registerGlobals(all)
    expect([registration.version, registration.registered, registration.refused]).toEqual(['1.10.0', slots, []])
    const shared = host[globalKey]!
    expect(Object.keys(shared).sort()).toEqual([
      'context',
      'diag',
      'logs',
      'metrics',
      'propagation',
      'trace',
      'version',
    ])
    expect(Object.getOwnPropertyDescriptor(shared, 'version')).toEqual({
      value: '1.10.0',
      enumerable: true,
      writable: false,
      configurable: false,
    })
    expect([shared['metrics'], shared['logs'], shared['context'], shared['propagation']]).toEqual([
      all.metrics,
      all.logs,
      all.context,
      all.propagation,
    ])
  })

  test('puts an object with getTracer, getDelegate, setDelegate and getDelegateTracer as trace', () => {
    const all = parts()
    registerGlobals({ trace: all.trace })
    const registered = host[globalKey]!['trace'] as Record<string, (arg?: unknown) => unknown>
    expect(registered['getDelegate']!()).toBe(all.trace)
    expect([registered['getTracer']!('t'), registered['getDelegateTracer']!('t')]).toEqual([tracer, tracer])
    const other = parts().trace
    registered['setDelegate']!(other)
    expect(registered['getDelegate']!()).toBe(other)
  })

  test.each([
    ['1.0.0', '1.10.0', false],
    ['1.9.1', '1.10.0', false],
    ['1.10.0-alpha', '1.10.0', false],
    ['1.10.0', '1.10.0', true],
    ['1.10.1', '1.10.1', true],
    ['1.99.0', '1.99.0', true],
    [undefined, '1.10.0', false],
    ['nonsense', '1.10.0', false],
  ])('on an object of version %j leaves version %j, the same object: %j', (before, after, isSame) => {
    const existing: Shared = { version: before, vendor: 1 }
    host[globalKey] = existing
    expect(registerGlobals(parts()).version).toBe(after)
    expect(host[globalKey] === existing).toBe(isSame)
    expect(host[globalKey]).toMatchObject({ version: after, vendor: 1 })
  })

  test('replaces an object that cannot be changed', () => {
    host[globalKey] = Object.freeze({ version: '1.10.0', vendor: 1 }) as Shared
    expect(registerGlobals({ metrics: parts().metrics }).registered).toEqual(['metrics'])
    expect(host[globalKey]).toMatchObject({ version: '1.10.0', vendor: 1 })
  })

  test('keeps parts and logger of others when it raises the version', () => {
    const theirs = parts()
    const logger = { error() {}, warn() {}, info() {}, debug() {}, verbose() {} }
    host[globalKey] = { version: '1.4.1', context: theirs.context, diag: logger }
    registerGlobals({ trace: parts().trace })
    expect([host[globalKey]!['context'], host[globalKey]!['diag']]).toEqual([theirs.context, logger])
  })

  test.each(slots)('refuses %s when it is taken, says so, and leaves it', (slot) => {
    const errors: string[] = []
    diag.setLogger({ error: (m) => errors.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
    class SomebodysProvider {}
    const occupant = new SomebodysProvider()
    host[globalKey] = { version: '1.9.1', [slot]: occupant }
    const registration = registerGlobals(parts())
    const message =
      `API_SLOT_TAKEN: ${slot}: something is registered already (a SomebodysProvider, global version 1.9.1); ` +
      `one is allowed in a process; the new one is not used. Register it first, or call ${slot}.disable() before`
    expect(errors).toEqual([message])
    expect(registration.refused).toEqual([{ slot, code: 'API_SLOT_TAKEN', message }])
    expect(registration.registered).toEqual(slots.filter((other) => other !== slot))
    expect(host[globalKey]![slot]).toBe(occupant)
  })

  test.each(slots)('the public function refuses %s likewise', (slot) => {
    const set = {
      trace: () => trace.setGlobalTracerProvider(parts().trace),
      metrics: () => metrics.setGlobalMeterProvider(parts().metrics),
      logs: () => logs.setGlobalLoggerProvider(parts().logs),
      context: () => context.setGlobalContextManager(parts().context),
      propagation: () => propagation.setGlobalPropagator(parts().propagation),
    }[slot]
    expect([set(), set()]).toEqual([true, false])
    expect(host[globalKey]!['version']).toBe('1.10.0')
  })

  test.each(slots)('registering the same %s again changes nothing and succeeds', (slot) => {
    const all = parts()
    registerGlobals(all)
    const before = host[globalKey]![slot]
    expect(setGlobal(slot, all[slot])).toBe(true)
    expect(host[globalKey]![slot]).toBe(before)
  })

  test('unregister takes out its own parts only', () => {
    const first = registerGlobals({ trace: parts().trace, logs: parts().logs })
    const meterProvider = parts().metrics
    registerGlobals({ metrics: meterProvider })
    first.unregister()
    expect([host[globalKey]!['trace'], host[globalKey]!['logs'], host[legacyLogsKey]]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(host[globalKey]!['metrics']).toBe(meterProvider)
  })

  test('unregister leaves no empty object behind, which would keep SDKs of other versions out', () => {
    registerGlobals(parts()).unregister()
    expect(host[globalKey]).toBe(undefined)
  })

  test('unregister leaves an object in which others have something', () => {
    const logger = { error() {}, warn() {}, info() {}, debug() {}, verbose() {} }
    host[globalKey] = { version: '1.10.0', diag: logger }
    registerGlobals(parts()).unregister()
    expect(host[globalKey]).toEqual({ version: '1.10.0', diag: logger })
  })

  test('unregister leaves what somebody else has registered since', () => {
    const first = registerGlobals(parts())
    const later = parts()
    for (const api of [trace, metrics, logs, context, propagation]) api.disable()
    registerGlobals(later)
    first.unregister()
    expect([host[globalKey]!['metrics'], host[globalKey]!['logs']]).toEqual([later.metrics, later.logs])
    expect((host[legacyLogsKey] as unknown as (version: number) => unknown)(1)).toBe(later.logs)
  })
})

describe('copies given to registration', () => {
  test('a copy that throws harms nothing, is reported, and the globals are as they should be', () => {
    const errors: string[] = []
    diag.setLogger({ error: (m) => errors.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
    const broken = {
      trace: {
        setGlobalTracerProvider: () => {
          throw new Error('broken')
        },
      },
    }
    const registration = registerGlobals(parts(), { apis: [broken] })
    expect(registration.registered).toEqual(slots)
    expect(host[globalKey]!['version']).toBe('1.10.0')
    expect(errors).toEqual([
      'API_COPY_FAILED: a copy of @opentelemetry/api given to registration threw Error: broken; expected 1.x of ' +
        '@opentelemetry/api or 0.x of @opentelemetry/api-logs; what was taken from it early stays silent',
    ])
  })

  test('what others have in the global is there again after a copy had it for itself', () => {
    const theirs = parts()
    const legacyLogs = (() => theirs.logs) as unknown as Shared
    host[globalKey] = { version: '1.10.0', context: theirs.context, vendor: 1 }
    host[legacyLogsKey] = legacyLogs
    const seen: unknown[] = []
    const copy = {
      trace: {
        setGlobalTracerProvider: (provider: TracerProvider) => {
          seen.push(host[globalKey], host[legacyLogsKey])
          host[globalKey] = { version: '1.4.1', trace: provider }
        },
      },
    }
    registerGlobals({ trace: parts().trace }, { apis: [copy] })
    expect(seen).toEqual([undefined, undefined])
    expect(host[globalKey]).toMatchObject({ version: '1.10.0', context: theirs.context, vendor: 1 })
    expect(host[legacyLogsKey]).toBe(legacyLogs)
  })

  test('a copy never sees a provider that was refused', () => {
    const told: unknown[] = []
    host[globalKey] = { version: '1.10.0', trace: {} }
    registerGlobals(parts(), { apis: [{ trace: { setGlobalTracerProvider: (provider) => told.push(provider) } }] })
    expect(told).toEqual([])
  })

  test('a copy of a newer minor raises the stamp', () => {
    const copy = {
      trace: {
        setGlobalTracerProvider: (provider: TracerProvider) => {
          host[globalKey] = { version: '1.12.3', trace: provider }
        },
      },
    }
    expect(registerGlobals(parts(), { apis: [copy] }).version).toBe('1.12.3')
    expect(host[globalKey]!['version']).toBe('1.12.3')
  })
})

describe('hasDiagLogger', () => {
  test('knows a logger set here or through an npm copy, but not our own forwarder or a fallback', () => {
    const logger = { error() {}, warn() {}, info() {}, debug() {}, verbose() {} }
    expect(hasDiagLogger()).toBe(false)
    const registration = registerGlobals({}, { fallbackDiagLogger: logger })
    expect(hasDiagLogger()).toBe(false)
    registration.unregister()
    host[globalKey] = { version: '1.9.1', diag: logger }
    expect(hasDiagLogger()).toBe(true)
    delete host[globalKey]
    diag.setLogger(logger)
    expect(hasDiagLogger()).toBe(true)
  })
})
