// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createMemoryStore } from '@otel-ts/store'
import { fakeClock, recordsBatch, spanRecord, spansOfService } from '@otel-ts/testkit'
import { test } from 'vitest'
import { LiveStreams } from './live-stream.ts'

/** A reader whose socket buffer is full until `drain`. */
class SlowReader extends EventEmitter {
  readonly written: string[] = []
  isFull = true
  isDestroyed = false
  writeHead(): void {}
  write(text: string): boolean {
    this.written.push(text)
    return !this.isFull
  }
  destroy(): void {
    this.isDestroyed = true
    this.emit('close')
  }
}

function open() {
  const clock = fakeClock()
  const store = createMemoryStore({ clock })
  const streams = new LiveStreams(store, clock)
  const reader = new SlowReader()
  streams.open({ headers: {} } as IncomingMessage, reader as unknown as ServerResponse)
  const change = async (number: number, count = 1) => {
    const spans = Array.from({ length: count }, (_, i) =>
      spanRecord({ traceId: (number * 1000 + i + 1).toString(16).padStart(32, '0') }),
    )
    await store.ingest(recordsBatch('traces', [spansOfService('s', spans)]))
    await clock.advance(100)
  }
  return { clock, streams, reader, change }
}

test('a reader that falls behind has one merged event waiting, whatever comes in', async () => {
  const { streams, reader, change } = open()
  for (let i = 0; i < 200; i++) await change(i)
  // Only the greeting was written; the socket has not asked for more.
  assert.deepEqual(reader.written, ['retry: 1000\n\n'])
  reader.isFull = false
  reader.emit('drain')
  assert.equal(reader.written.length, 2)
  const event = JSON.parse(reader.written[1]!.split('data: ')[1]!)
  assert.deepEqual([event.sequence, event.spanCount, event.traceIds.length], [200, 200, 200])
  await change(200)
  assert.match(reader.written[2]!, /^id: 201\n/)
  streams.close()
})

test('the traces named in a merged event are bounded', async () => {
  const { streams, reader, change } = open()
  for (let i = 0; i < 3; i++) await change(i, 400)
  reader.emit('drain')
  const event = JSON.parse(reader.written[1]!.split('data: ')[1]!)
  assert.deepEqual([event.traceIds.length, event.spanCount], [1000, 1200])
  streams.close()
})

test('a reader that takes nothing for 30 s is cut off, not before', async () => {
  const { clock, streams, reader } = open()
  await clock.advance(30_000)
  assert.equal(reader.isDestroyed, false)
  await clock.advance(15_000)
  assert.equal(reader.isDestroyed, true)
  assert.equal(streams.streamCount, 0)
  // The heartbeat stops with the last reader.
  assert.equal(clock.pendingCount, 0)
  streams.close()
})
