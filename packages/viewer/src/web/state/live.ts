// SPDX-License-Identifier: Apache-2.0
import { type Signal, signal } from '@preact/signals'
import type { LiveEvent, StatsResponse } from '../../api.ts'

/** `connecting` only before the first contact; afterwards the line is either open or lost. */
export type Connection = 'connecting' | 'open' | 'lost'

export const connection: Signal<Connection> = signal<Connection>('connecting')
/** Whether the reader paused the list. */
export const paused: Signal<boolean> = signal(false)
/** The newest figures of the store, from whichever answer brought them. */
export const stats: Signal<StatsResponse | undefined> = signal<StatsResponse | undefined>(undefined)

type Listener = (event: LiveEvent | 'reconnected') => void
const listeners = new Set<Listener>()

/** Calls `listener` on each change in the store, and once when the line is back after a loss. */
export function onLive(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const firstRetryMillis = 400
const maxRetryMillis = 5000
// A line that is back within a moment is not worth a warning.
const patienceMillis = 800
let source: EventSource | undefined
let retryMillis = firstRetryMillis
let retryTimer: number | undefined
let lostTimer: number | undefined
let mayHaveMissed = false
let lastSequence = 0

/** Opens the stream of changes and keeps it open while the page is in sight. */
export function connectLive(): void {
  document.addEventListener('visibilitychange', () => {
    // Browsers allow six connections to a server over HTTP/1.1: pages in the background must not hold them all.
    if (document.hidden) disconnect()
    else open()
  })
  if (!document.hidden) open()
}

function open(): void {
  disconnect()
  source = new EventSource('/api/live')
  source.onopen = () => {
    window.clearTimeout(lostTimer)
    lostTimer = undefined
    connection.value = 'open'
    retryMillis = firstRetryMillis
    if (mayHaveMissed) notify('reconnected')
    mayHaveMissed = true
  }
  source.onmessage = (message) => {
    const event = parseEvent(message.data)
    if (!event) return
    // A lower sequence means another store: the server was started anew.
    if (event.sequence < lastSequence) notify('reconnected')
    lastSequence = event.sequence
    notify(event)
  }
  // The server no longer holds what this page missed, or was started anew.
  source.addEventListener('reset', () => notify('reconnected'))
  source.onerror = () => {
    lostTimer ??= window.setTimeout(() => {
      connection.value = 'lost'
    }, patienceMillis)
    // The browser's own retry waits longer and gives up on an HTTP error; this does neither.
    disconnect()
    retryTimer = window.setTimeout(open, retryMillis)
    retryMillis = Math.min(maxRetryMillis, retryMillis * 1.6)
  }
}

function disconnect(): void {
  window.clearTimeout(retryTimer)
  source?.close()
  source = undefined
}

function notify(event: LiveEvent | 'reconnected'): void {
  for (const listener of listeners) listener(event)
}

function parseEvent(text: string): LiveEvent | undefined {
  try {
    const event = JSON.parse(text) as LiveEvent
    return Array.isArray(event.traceIds) ? event : undefined
  } catch {
    return undefined
  }
}
