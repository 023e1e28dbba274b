// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Timer } from '@otel-ts/otlp'
import type { Store, StoreChange } from '@otel-ts/store'
import type { LiveEvent } from '../api.ts'
import { viewerError } from '../errors.ts'

const maxStreamCount = 64
const maxHeldEventCount = 256
const maxHeldTraceIdCount = 20_000
const maxTraceIdsPerEvent = 1000
const heartbeatMillis = 15_000
/** A reader that takes nothing for this long is cut off; its EventSource comes back and resumes. */
const maxStallMillis = 30_000

interface Stream {
  readonly response: ServerResponse
  /** The socket's buffer is full: changes gather in `waiting` until it drains. */
  isBlocked: boolean
  blockedSinceMillis: number
  waiting: LiveEvent | undefined
}

/**
 * Sends the store's changes to every open `GET /api/live`. Memory stays bounded whatever the readers do: the events
 * held for resuming are bounded in number and trace ids, and a reader that falls behind has one merged event waiting.
 */
export class LiveStreams {
  readonly #clock: Clock
  readonly #streams = new Set<Stream>()
  readonly #stopWatching: () => void
  #held: LiveEvent[] = []
  #heldTraceIdCount = 0
  /** Events with a greater sequence are all held. */
  #forgottenSequence = 0
  #lastSequence = 0
  #heartbeat: Timer | undefined
  #isClosed = false

  constructor(store: Store, clock: Clock) {
    this.#clock = clock
    this.#stopWatching = store.watch((change) => this.#publish(change))
  }

  get streamCount(): number {
    return this.#streams.size
  }

  open(request: IncomingMessage, response: ServerResponse): void {
    if (this.#streams.size >= maxStreamCount) {
      throw viewerError(
        'VIEWER_BUSY',
        `live stream: ${maxStreamCount} are open already, the most allowed; refused with 503; close another page`,
      )
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // Proxies that buffer would hold events back.
      'X-Accel-Buffering': 'no',
    })
    const stream: Stream = { response, isBlocked: false, blockedSinceMillis: 0, waiting: undefined }
    this.#streams.add(stream)
    response.on('drain', () => this.#drained(stream))
    response.on('close', () => this.#streams.delete(stream))
    response.on('error', () => this.#streams.delete(stream))
    this.#write(stream, 'retry: 1000\n\n')
    this.#resume(stream, request.headers['last-event-id'])
    this.#startHeartbeat()
  }

  close(): void {
    this.#isClosed = true
    this.#stopWatching()
    this.#heartbeat?.cancel()
    for (const { response } of this.#streams) response.destroy()
    this.#streams.clear()
  }

  #resume(stream: Stream, lastEventId: string | string[] | undefined): void {
    if (typeof lastEventId !== 'string' || lastEventId === '') return
    const sequence = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : -1
    if (sequence < this.#forgottenSequence || sequence > this.#lastSequence) {
      const nothing = { sequence: this.#lastSequence, traceIds: [], spanCount: 0, logCount: 0, metricPointCount: 0 }
      this.#write(stream, eventText(nothing, 'reset'))
      return
    }
    for (const event of this.#held) {
      if (event.sequence > sequence) this.#send(stream, event)
    }
  }

  #publish(change: StoreChange): void {
    const event: LiveEvent = {
      sequence: change.sequence,
      traceIds: change.traceIds.slice(0, maxTraceIdsPerEvent),
      spanCount: change.spanCount,
      logCount: change.logCount,
      metricPointCount: change.metricPointCount,
    }
    // What came in before anybody watched the store was never told; it cannot be resumed either.
    if (this.#lastSequence === 0) this.#forgottenSequence = event.sequence - 1
    this.#lastSequence = event.sequence
    this.#held.push(event)
    this.#heldTraceIdCount += event.traceIds.length
    while (this.#held.length > maxHeldEventCount || this.#heldTraceIdCount > maxHeldTraceIdCount) {
      const oldest = this.#held.shift()!
      this.#heldTraceIdCount -= oldest.traceIds.length
      this.#forgottenSequence = oldest.sequence
    }
    for (const stream of this.#streams) this.#send(stream, event)
  }

  #send(stream: Stream, event: LiveEvent): void {
    if (!stream.isBlocked) {
      this.#write(stream, eventText(event))
    } else if (this.#clock.nowMillis() - stream.blockedSinceMillis > maxStallMillis) {
      this.#cut(stream)
    } else {
      stream.waiting = stream.waiting === undefined ? event : merged(stream.waiting, event)
    }
  }

  #write(stream: Stream, text: string): void {
    if (stream.response.write(text)) return
    stream.isBlocked = true
    stream.blockedSinceMillis = this.#clock.nowMillis()
  }

  #drained(stream: Stream): void {
    stream.isBlocked = false
    const { waiting } = stream
    stream.waiting = undefined
    if (waiting !== undefined) this.#write(stream, eventText(waiting))
  }

  #cut(stream: Stream): void {
    this.#streams.delete(stream)
    stream.response.destroy()
  }

  #startHeartbeat(): void {
    if (this.#heartbeat !== undefined || this.#isClosed) return
    this.#heartbeat = this.#clock.after(heartbeatMillis, () => {
      this.#heartbeat = undefined
      for (const stream of this.#streams) {
        if (!stream.isBlocked) this.#write(stream, ': still here\n\n')
        else if (this.#clock.nowMillis() - stream.blockedSinceMillis > maxStallMillis) this.#cut(stream)
      }
      if (this.#streams.size > 0) this.#startHeartbeat()
    })
  }
}

function merged(first: LiveEvent, second: LiveEvent): LiveEvent {
  const traceIds = new Set(first.traceIds)
  for (const id of second.traceIds) {
    if (traceIds.size >= maxTraceIdsPerEvent) break
    traceIds.add(id)
  }
  return {
    sequence: second.sequence,
    traceIds: [...traceIds],
    spanCount: first.spanCount + second.spanCount,
    logCount: first.logCount + second.logCount,
    metricPointCount: first.metricPointCount + second.metricPointCount,
  }
}

function eventText(event: LiveEvent, name?: string): string {
  const head = name === undefined ? '' : `event: ${name}\n`
  return `${head}id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`
}
