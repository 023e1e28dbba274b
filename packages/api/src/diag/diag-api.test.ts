// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest'
import { registerGlobals } from '../global/register.ts'
import { diag } from './diag-api.ts'
import { type DiagLogger, DiagLogLevel } from './diag-logger.ts'

const globalKey = Symbol.for('opentelemetry.js.api.1')
const host = globalThis as unknown as Record<symbol, { diag?: DiagLogger } | undefined>
const levels = ['error', 'warn', 'info', 'debug', 'verbose'] as const

function noting() {
  const lines: string[] = []
  const note =
    (level: string) =>
    (...args: unknown[]) =>
      void lines.push([level, ...args].join(' '))
  const logger = Object.fromEntries(levels.map((level) => [level, note(level)])) as unknown as DiagLogger
  return { lines, logger }
}

function sayAll(logger: DiagLogger): void {
  for (const level of levels) logger[level](level, 1)
}

afterEach(() => {
  diag.disable()
  delete host[globalKey]
})

describe('diagnostics', () => {
  test('are silent without a logger', () => {
    expect(() => sayAll(diag)).not.toThrow()
  })

  test.each([
    [DiagLogLevel.NONE, 0],
    [DiagLogLevel.ERROR, 1],
    [DiagLogLevel.WARN, 2],
    [undefined, 3],
    [DiagLogLevel.INFO, 3],
    [DiagLogLevel.DEBUG, 4],
    [DiagLogLevel.VERBOSE, 5],
    [DiagLogLevel.ALL, 5],
  ])('at level %j pass the first %i of error, warn, info, debug, verbose', (level, count) => {
    for (const options of [level, level === undefined ? {} : { logLevel: level }]) {
      const { lines, logger } = noting()
      diag.setLogger(logger, options as never)
      sayAll(diag)
      expect(lines).toEqual(levels.slice(0, count).map((name) => `${name} ${name} 1`))
      diag.disable()
    }
  })

  test('setting a logger never touches the OpenTelemetry global', () => {
    diag.setLogger(noting().logger)
    expect(globalKey in globalThis).toBe(false)
    host[globalKey] = Object.freeze({ version: '1.9.1' }) as object
    diag.setLogger(noting().logger)
    expect(host[globalKey]).toEqual({ version: '1.9.1' })
  })

  test('the API as its own logger is refused and reported to the present one', () => {
    const { lines, logger } = noting()
    diag.setLogger(logger)
    expect(diag.setLogger(diag)).toBe(false)
    diag.warn('still here')
    expect(lines).toEqual([
      'error API_DIAG_SELF: diag.setLogger: got diag itself, which would call itself for ever; ' +
        'expected another logger such as new DiagConsoleLogger(); the logger is unchanged',
      'warn still here',
    ])
  })

  test('a logger that replaces another one tells both, unless asked not to', () => {
    const first = noting()
    const second = noting()
    const third = noting()
    diag.setLogger(first.logger)
    diag.setLogger(second.logger)
    expect(first.lines[0]).toMatch(
      /^warn This diagnostic logger is replaced by another one\. Error: diag\.setLogger was called\n/,
    )
    expect(second.lines[0]).toMatch(
      /^warn This diagnostic logger replaces another one\. Error: diag\.setLogger was called\n/,
    )
    diag.setLogger(third.logger, { suppressOverrideMessage: true })
    expect([second.lines.length, third.lines.length]).toEqual([1, 0])
  })

  test('a logger that throws or lacks methods harms nobody', () => {
    const broken = () => {
      throw new Error('broken')
    }
    diag.setLogger({ error: broken } as unknown as DiagLogger, DiagLogLevel.ALL)
    expect(() => sayAll(diag)).not.toThrow()
    expect(() => diag.setLogger(undefined as never)).not.toThrow()
  })

  test('a component logger puts its namespace in front', () => {
    const { lines, logger } = noting()
    const component = diag.createComponentLogger({ namespace: 'my-package' })
    diag.setLogger(logger, DiagLogLevel.ALL)
    sayAll(component)
    expect(lines).toEqual(levels.map((name) => `${name} my-package ${name} 1`))
  })
})

describe('who gets the diagnostics', () => {
  test('the logger that an npm copy set, if none was set here', () => {
    const theirs = noting()
    host[globalKey] = { diag: theirs.logger }
    diag.error('a')
    expect(theirs.lines).toEqual(['error a'])
  })

  test('the logger set here before one that an npm copy set', () => {
    const theirs = noting()
    const ours = noting()
    host[globalKey] = { diag: theirs.logger }
    diag.setLogger(ours.logger)
    diag.error('a')
    expect([theirs.lines, ours.lines]).toEqual([[], ['error a']])
  })

  test('the fallback of the SDK only if nobody set one', () => {
    const fallback = noting()
    const theirs = noting()
    const ours = noting()
    const registration = registerGlobals({}, { fallbackDiagLogger: fallback.logger })
    const before = fallback.lines.length
    diag.error('a')
    host[globalKey]!.diag!.error('b')
    const forwarder = host[globalKey]!.diag!
    host[globalKey]!.diag = theirs.logger
    diag.error('c')
    host[globalKey]!.diag = forwarder
    diag.setLogger(ours.logger)
    diag.error('d')
    forwarder.error('e')
    diag.disable()
    registration.unregister()
    diag.error('f')
    forwarder.error('g')
    expect([fallback.lines.slice(before), theirs.lines, ours.lines]).toEqual([
      ['error a', 'error b'],
      ['error c'],
      ['error d', 'error e'],
    ])
  })
})
