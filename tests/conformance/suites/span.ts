// SPDX-License-Identifier: Apache-2.0
import type { HrTime } from '@otel-ts/api'
import { describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { processor, remoteParent, startTracing } from '../tracing.ts'

/** trace/api.md#span and trace/sdk.md#span-limits */
export function spanConformance(implementation: Implementation, test: DefineTest): void {
  const { api, sdk } = implementation

  describe('span', () => {
    test('takes a new name', () => {
      expect(startTracing(implementation).exported((span) => span.updateName('new')).name).toBe('new')
    })

    test('takes a start time as milliseconds, as a date and as seconds with nanoseconds', () => {
      const { exported } = startTracing(implementation)
      const millis = 1_700_000_000_123
      const times = [millis, new Date(millis), [1_700_000_000, 123_000_000] as HrTime]
      expect(times.map((startTime) => exported(undefined, { startTime }).startTime)).toEqual([
        [1_700_000_000, 123_000_000],
        [1_700_000_000, 123_000_000],
        [1_700_000_000, 123_000_000],
      ])
    })

    test('takes an end time, and the duration follows from it', () => {
      const { tracer, spans } = startTracing(implementation)
      tracer.startSpan('a', { startTime: [1_700_000_000, 900_000_000] }, api.ROOT_CONTEXT).end([1_700_000_002, 100])
      expect([spans()[0]?.endTime, spans()[0]?.duration]).toEqual([
        [1_700_000_002, 100],
        [1, 100_000_100],
      ])
    })

    test('ends once: later calls change nothing and export nothing', () => {
      const { tracer, spans } = startTracing(implementation)
      const span = tracer.startSpan('a', {}, api.ROOT_CONTEXT)
      span.end()
      const [seconds, nanos] = spans()[0]?.endTime ?? [0, 0]
      expect(seconds).toBeGreaterThan(0)
      span.end([1, 1])
      span.setAttribute('late', 1).addEvent('late').updateName('late').setStatus({ code: 2 })
      expect(spans()).toHaveLength(1)
      expect(spans()[0]).toMatchObject({ name: 'a', endTime: [seconds, nanos], attributes: {}, events: [] })
      expect(spans()[0]?.status).toEqual({ code: 0 })
    })

    test('an ended span is still a parent', () => {
      const { tracer, exported } = startTracing(implementation)
      const parent = tracer.startSpan('parent', {}, api.ROOT_CONTEXT)
      parent.end()
      const child = exported(undefined, {}, api.trace.setSpan(api.ROOT_CONTEXT, parent))
      expect(child.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
    })

    test('records if sampled, and does not if the sampler drops it', () => {
      const { tracer } = startTracing(implementation)
      expect(tracer.startSpan('a').isRecording()).toBe(true)
      const dropping = startTracing(implementation, { sampler: new sdk.AlwaysOffSampler() })
      expect(dropping.tracer.startSpan('a').isRecording()).toBe(false)
    })

    test('does not record once it has ended', () => {
      const span = startTracing(implementation).tracer.startSpan('a')
      span.end()
      expect(span.isRecording()).toBe(false)
    })

    test('keeps status ok over error over unset, and a description only with error', () => {
      const { exported } = startTracing(implementation)
      const status = (...codes: { code: 0 | 1 | 2; message?: string }[]) =>
        exported((span) => {
          for (const code of codes) span.setStatus(code)
        }).status
      expect(status()).toEqual({ code: 0 })
      expect(status({ code: 2, message: 'no' })).toEqual({ code: 2, message: 'no' })
      expect(status({ code: 2, message: 'no' }, { code: 0 })).toEqual({ code: 2, message: 'no' })
      expect(status({ code: 2 }, { code: 1 })).toMatchObject({ code: 1 })
      expect(status({ code: 1 }, { code: 2, message: 'no' })).toEqual({ code: 1 })
      expect(status({ code: 1, message: 'fine' }).message).toBe(undefined)
    })

    test('may be used from inside the processors that it is given to', () => {
      const { exported } = startTracing(implementation, {
        spanProcessors: [
          processor({
            onStart: (span) => void span.setAttribute('at start', true).addEvent('at start'),
            onEnd: (span) =>
              void (span as unknown as { setAttribute(k: string, v: string): void }).setAttribute('late', ''),
          }),
        ],
      })
      const span = exported()
      expect([span.attributes, span.events.map((event) => event.name)]).toEqual([{ 'at start': true }, ['at start']])
    })

    test('holds 128 events unless configured, and counts the others', () => {
      const add = (count: number) => (span: { addEvent(name: string): unknown }) => {
        for (let i = 0; i < count; i++) span.addEvent(`e${i}`)
      }
      const byDefault = startTracing(implementation).exported(add(129))
      expect([byDefault.events.length, byDefault.droppedEventsCount]).toEqual([128, 1])
      const two = startTracing(implementation, { spanLimits: { eventCountLimit: 2 } })
      expect([two.exported(add(2)).droppedEventsCount, two.exported(add(3)).droppedEventsCount]).toEqual([0, 1])
    })

    test('holds 128 attributes unless configured, counts the others, and still changes those it holds', () => {
      const set = (count: number) => (span: { setAttribute(key: string, value: number): unknown }) => {
        for (let i = 0; i < count; i++) span.setAttribute(`k${i}`, i)
        span.setAttribute('k0', -1)
      }
      const byDefault = startTracing(implementation).exported(set(129))
      expect([Object.keys(byDefault.attributes).length, byDefault.droppedAttributesCount]).toEqual([128, 1])
      expect(byDefault.attributes['k0']).toBe(-1)
      const two = startTracing(implementation, { spanLimits: { attributeCountLimit: 2 } })
      expect(two.exported(set(2)).droppedAttributesCount).toBe(0)
      expect(two.exported(set(3)).attributes).toEqual({ k0: -1, k1: 1 })
    })

    test('holds 128 links unless configured, and counts the others', () => {
      const links = (count: number) => Array.from({ length: count }, () => ({ context: remoteParent }))
      const byDefault = startTracing(implementation).exported(undefined, { links: links(129) })
      expect([byDefault.links.length, byDefault.droppedLinksCount]).toEqual([128, 1])
      const two = startTracing(implementation, { spanLimits: { linkCountLimit: 2 } })
      const late = two.exported((span) => span.addLinks(links(3)))
      expect([late.links.length, late.droppedLinksCount]).toEqual([2, 1])
    })

    test('is given to every processor while it is ending: after its end time, before any onEnd, still open to change', () => {
      const calls: string[] = []
      const { exported } = startTracing(implementation, {
        spanProcessors: [
          processor({ onEnd: () => void calls.push('end') }),
          processor({
            onEnding(span) {
              calls.push(`ending ${span.endTime[0] > 0} ${span.isRecording()}`)
              span.setAttribute('at the end', true)
            },
          }),
        ],
      })
      expect(exported().attributes).toEqual({ 'at the end': true })
      expect(calls).toEqual(['ending true true', 'end'])
    })
  })
}
