// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ROOT_CONTEXT } from '../context/context.ts'
import { diag } from '../diag/diag-api.ts'
import type { Span } from './span.ts'
import type { Tracer } from './tracer.ts'
import { withActiveSpan } from './with-active-span.ts'

/** A tracer that notes what happens to its spans. */
function noting() {
  const notes: unknown[][] = []
  let isEnded = false
  const span = {
    isRecording: () => !isEnded,
    end() {
      isEnded = true
      notes.push(['end'])
    },
    recordException: (error: unknown) => void notes.push(['exception', error]),
    setStatus: (status: unknown) => void notes.push(['status', status]),
  } as unknown as Span
  const tracer = {
    startActiveSpan(...args: unknown[]) {
      notes.push(['start', ...args.slice(0, -1)])
      return (args.at(-1) as (span: Span) => unknown)(span)
    },
  } as unknown as Tracer
  return { notes, span, tracer }
}

afterEach(() => vi.restoreAllMocks())

test('ends the span when the function returns, and returns what it returns', () => {
  const { notes, span, tracer } = noting()
  const result = withActiveSpan(tracer, 'a', (given) => {
    notes.push(['run', given === span])
    return 42
  })
  expect(result).toBe(42)
  expect(notes).toEqual([['start', 'a'], ['run', true], ['end']])
})

test('passes options and context on', () => {
  const options = { attributes: { k: 1 } }
  const { notes, tracer } = noting()
  withActiveSpan(tracer, 'a', options, () => 0)
  withActiveSpan(tracer, 'b', options, ROOT_CONTEXT, () => 0)
  expect(notes.filter(([what]) => what === 'start')).toEqual([
    ['start', 'a', options],
    ['start', 'b', options, ROOT_CONTEXT],
  ])
})

test('ends the span when the promise resolves, not before', async () => {
  const { notes, tracer } = noting()
  let resolve = (_value: string) => {}
  const result = withActiveSpan(tracer, 'a', () => new Promise<string>((done) => (resolve = done)))
  await Promise.resolve()
  expect(notes).toEqual([['start', 'a']])
  resolve('done')
  expect(await result).toBe('done')
  expect(notes.at(-1)).toEqual(['end'])
})

const failures: [string, unknown, object][] = [
  ['an error', new TypeError('no'), { code: 2, message: 'no' }],
  ['a text', 'no', { code: 2, message: 'no' }],
  ['undefined', undefined, { code: 2 }],
  ['null', null, { code: 2 }],
  ['an object without message', { code: 'E' }, { code: 2 }],
]

describe.each(failures)('%s', (_name, error, status) => {
  test('that is thrown is recorded, makes the status error, and reaches the caller unchanged', () => {
    const { notes, tracer } = noting()
    let caught: unknown = 'nothing'
    try {
      withActiveSpan(tracer, 'a', () => {
        throw error
      })
    } catch (thrown) {
      caught = thrown
    }
    expect(caught).toBe(error)
    expect(notes).toEqual([['start', 'a'], ['exception', error], ['status', status], ['end']])
  })

  test('that a promise rejects with likewise', async () => {
    const { notes, tracer } = noting()
    const outcome = await withActiveSpan(tracer, 'a', () => Promise.reject(error)).then(
      () => 'nothing',
      (rejected) => rejected,
    )
    expect(outcome).toBe(error)
    expect(notes).toEqual([['start', 'a'], ['exception', error], ['status', status], ['end']])
  })
})

test('onException takes the place of recording, and the span still ends', async () => {
  const { notes, span, tracer } = noting()
  const onException = vi.fn()
  const abort = new Error('aborted')
  await expect(withActiveSpan(tracer, 'a', { onException }, () => Promise.reject(abort))).rejects.toBe(abort)
  expect(onException).toHaveBeenCalledExactlyOnceWith(abort, span)
  expect(notes.map(([what]) => what)).toEqual(['start', 'end'])
})

test('an onException that throws hides neither the first error nor the end of the span', () => {
  const said = vi.spyOn(diag, 'error').mockImplementation(() => {})
  const { notes, tracer } = noting()
  const onException = () => {
    throw new Error('second')
  }
  expect(() =>
    withActiveSpan(tracer, 'a', { onException }, () => {
      throw new Error('first')
    }),
  ).toThrow('first')
  expect(notes.at(-1)).toEqual(['end'])
  expect(said).toHaveBeenCalledOnce()
})

test('a span that the function ended is not ended again', () => {
  const { notes, tracer } = noting()
  withActiveSpan(tracer, 'a', (span) => span.end())
  expect(notes).toEqual([['start', 'a'], ['end']])
})

test('a query that runs when it is awaited runs once', async () => {
  const { notes, tracer } = noting()
  let runs = 0
  const query = {
    // biome-ignore lint/suspicious/noThenProperty: such are the queries of database libraries
    then(onFulfilled: (value: string) => unknown) {
      runs++
      return Promise.resolve('rows').then(onFulfilled)
    },
  }
  expect(await withActiveSpan(tracer, 'a', () => query)).toBe('rows')
  expect([runs, notes.at(-1)]).toEqual([1, ['end']])
})
