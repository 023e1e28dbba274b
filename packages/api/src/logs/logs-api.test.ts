// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT_CONTEXT } from '../context/context.ts'
import type { LogRecord } from './log-record.ts'
import type { Logger, LoggerProvider } from './logger.ts'
import { logs } from './logs-api.ts'

const legacyKey = Symbol.for('io.opentelemetry.js.api.logs')
const host = globalThis as unknown as Record<symbol, unknown>

function notingProvider() {
  const got: unknown[][] = []
  const emitted: LogRecord[] = []
  const logger: Logger = { emit: (record) => void emitted.push(record), enabled: () => true }
  const provider: LoggerProvider = {
    getLogger(...args) {
      got.push(args)
      return logger
    },
  }
  return { provider, logger, got, emitted }
}

beforeEach(() => logs.disable())
afterEach(() => logs.disable())

describe('logs without an SDK', () => {
  test('a logger takes records and is not enabled', () => {
    const logger = logs.getLogger('l')
    logger.emit({ body: 'lost' })
    expect(logger.enabled({ severityNumber: 9 })).toBe(false)
  })
})

describe('logs with an SDK', () => {
  test('getLogger passes name, version and options, and gives the logger of the SDK itself', () => {
    const { provider, logger, got } = notingProvider()
    expect(logs.setGlobalLoggerProvider(provider)).toBe(true)
    expect(logs.getLogger('l', '1', { schemaUrl: 'u', attributes: { a: 1 } })).toBe(logger)
    expect(got).toEqual([['l', '1', { schemaUrl: 'u', attributes: { a: 1 } }]])
    expect(logs.getLoggerProvider()).toBe(provider)
  })

  test('a logger taken before registration finds the SDK', () => {
    const early = logs.getLogger('l', '1', { attributes: { a: 1 } })
    const { provider, got, emitted } = notingProvider()
    early.emit({ body: 'lost' })
    logs.setGlobalLoggerProvider(provider)
    const record: LogRecord = {
      eventName: 'e',
      body: { a: [1, null] },
      exception: new Error('x'),
      context: ROOT_CONTEXT,
    }
    early.emit(record)
    expect([early.enabled(), got, emitted]).toEqual([true, [['l', '1', { attributes: { a: 1 } }]], [record]])
    expect(emitted[0]).toBe(record)
  })

  test('a logger taken early moves to the next SDK and is silent between the two', () => {
    const early = logs.getLogger('l')
    const first = notingProvider()
    const second = notingProvider()
    logs.setGlobalLoggerProvider(first.provider)
    early.emit({ body: 1 })
    logs.disable()
    early.emit({ body: 2 })
    logs.setGlobalLoggerProvider(second.provider)
    early.emit({ body: 3 })
    expect([first.emitted, second.emitted]).toEqual([[{ body: 1 }], [{ body: 3 }]])
  })

  test('a provider that was asked for early finds the SDK', () => {
    const early = logs.getLoggerProvider()
    const { provider, logger } = notingProvider()
    logs.setGlobalLoggerProvider(provider)
    expect(early.getLogger('l')).toBe(logger)
  })

  test('a logger without enabled() counts as enabled', () => {
    const emitted: LogRecord[] = []
    const old = { emit: (record: LogRecord) => void emitted.push(record) } as unknown as Logger
    logs.setGlobalLoggerProvider({ getLogger: () => old })
    const logger = logs.getLogger('l')
    logger.emit({ body: 1 })
    expect([logger.enabled(), emitted]).toEqual([true, [{ body: 1 }]])
  })

  test('registration fills both globals, and disable empties both', () => {
    const { provider } = notingProvider()
    logs.setGlobalLoggerProvider(provider)
    const legacy = host[legacyKey] as (version: number) => LoggerProvider
    expect(legacy(1)).toBe(provider)
    expect(legacy(2).getLogger('l').enabled()).toBe(false)
    logs.disable()
    expect(host[legacyKey]).toBe(undefined)
  })

  test('a provider that only api-logs 0.x knows is found', () => {
    const early = logs.getLogger('l')
    const { provider, logger, emitted } = notingProvider()
    host[legacyKey] = (version: number) => (version === 1 ? provider : undefined)
    early.emit({ body: 1 })
    expect([logs.getLogger('l') === logger, emitted]).toEqual([true, [{ body: 1 }]])
    expect(logs.setGlobalLoggerProvider(notingProvider().provider)).toBe(false)
  })
})
