// SPDX-License-Identifier: Apache-2.0
import { batch, type Signal, signal } from '@preact/signals'
import type { TraceListResponse, TraceRow } from '../../api.ts'
import { asRequestError, fetchTraces, isAbort, type RequestError } from '../state/client.ts'
import { onLive, paused, stats } from '../state/live.ts'
import { formatView, type ListView } from '../state/location.ts'
import { refreshServices, refreshServicesLater, services } from '../state/services.ts'
import { mergeHead, updateInPlace } from './merge.ts'

// Receipt to screen within half a second, without asking more than four times a second under load.
const refreshMillis = 250
// While new rows come in at the top the list would grow without end; past this it starts over from the newest page.
const maxLiveRows = 2000

/** What the list shows and how it gets there. One for the life of the page, so Back finds rows and scroll offset again. */
export class TraceList {
  readonly rows: Signal<readonly TraceRow[]> = signal<readonly TraceRow[]>([])
  readonly matchCount: Signal<number> = signal(0)
  readonly scannedSpanCount: Signal<number> = signal(0)
  readonly elapsedMillis: Signal<number> = signal(0)
  readonly loading: Signal<'first' | 'more' | undefined> = signal<'first' | 'more' | undefined>('first')
  readonly error: Signal<RequestError | undefined> = signal<RequestError | undefined>(undefined)
  /** New traces that wait until the reader is back at the top or resumes. */
  readonly waitingCount: Signal<number> = signal(0)
  /** Traces that came in just now, for the flash. */
  readonly arrived: Signal<ReadonlySet<string>> = signal<ReadonlySet<string>>(new Set())
  /** Row under the keyboard's cursor. */
  readonly cursor: Signal<string> = signal('')

  scrollTop = 0
  #view: ListView | undefined
  #next: string | null = null
  #abort = new AbortController()
  #refreshTimer: number | undefined
  #refreshing = false
  #again = false

  constructor() {
    onLive(() => this.#schedule())
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#schedule()
    })
  }

  get hasMore(): boolean {
    return this.#next !== null
  }

  /** Shows the traces of a view; the same view again keeps its rows and only brings them up to date. */
  show(view: ListView): void {
    const same = this.#view !== undefined && formatView(this.#view) === formatView(view)
    if (same && !this.error.peek() && this.loading.peek() === undefined) {
      this.#schedule()
      return
    }
    this.#view = view
    this.scrollTop = 0
    void this.reload()
  }

  async reload(): Promise<void> {
    const view = this.#view
    if (!view) return
    const signal = this.#restart()
    this.loading.value = 'first'
    try {
      const [response] = await Promise.all([fetchTraces(view, undefined, signal), refreshServices()])
      if (signal.aborted) return
      batch(() => {
        this.#take(response)
        this.rows.value = response.traces
        this.#next = response.next
        this.arrived.value = new Set()
        this.waitingCount.value = 0
        this.loading.value = undefined
      })
    } catch (error) {
      if (isAbort(error) || signal.aborted) return
      batch(() => {
        this.error.value = asRequestError(error)
        this.loading.value = undefined
      })
    }
  }

  async loadMore(): Promise<void> {
    if (!this.#view || this.#next === null || this.loading.peek() !== undefined) return
    const { signal } = this.#abort
    this.loading.value = 'more'
    try {
      const response = await fetchTraces(this.#view, this.#next, signal)
      if (signal.aborted) return
      batch(() => {
        const known = new Set(this.rows.peek().map((row) => row.traceId))
        this.rows.value = [...this.rows.peek(), ...response.traces.filter((row) => !known.has(row.traceId))]
        this.#next = response.next
        this.loading.value = undefined
      })
    } catch (error) {
      if (isAbort(error) || signal.aborted) return
      // What is shown stays; the next scroll tries again.
      this.loading.value = undefined
    }
  }

  /** The reader is at the top and wants to see what waits. */
  takeWaiting(): void {
    this.waitingCount.value = 0
    void this.reload()
  }

  #restart(): AbortSignal {
    this.#abort.abort()
    this.#abort = new AbortController()
    return this.#abort.signal
  }

  #schedule(): void {
    if (!this.#view || document.hidden || this.#refreshTimer !== undefined) return
    if (this.#refreshing) {
      this.#again = true
      return
    }
    this.#refreshTimer = window.setTimeout(() => {
      this.#refreshTimer = undefined
      void this.#refresh()
    }, refreshMillis)
  }

  async #refresh(): Promise<void> {
    const view = this.#view
    if (!view || this.loading.peek() === 'first') return
    this.#refreshing = true
    const { signal } = this.#abort
    try {
      const response = await fetchTraces(view, undefined, signal)
      if (signal.aborted) return
      // A service not seen before gets its colour in the order of the alphabet, before its first row is drawn.
      const isKnown = new Set(services.peek().map((service) => service.name))
      if (response.traces.every((row) => isKnown.has(row.rootService))) refreshServicesLater()
      else await refreshServices()
      if (!signal.aborted) batch(() => this.#mergeFresh(response))
    } catch {
      // The connection's own state tells the reader; what is shown stays.
    } finally {
      this.#refreshing = false
      if (this.#again) {
        this.#again = false
        this.#schedule()
      }
    }
  }

  #mergeFresh(response: TraceListResponse): void {
    this.#take(response)
    const rows = this.rows.peek()
    const merged = mergeHead(rows, response.traces, response.next === null)
    const mayInsert = this.scrollTop <= 0 && !paused.peek()
    if (!mayInsert && rows.length > 0) {
      this.rows.value = updateInPlace(rows, response.traces)
      this.waitingCount.value = merged.newIds.length
      return
    }
    if (merged.replaced || merged.rows.length > maxLiveRows) {
      this.rows.value = response.traces
      this.#next = response.next
    } else {
      this.rows.value = merged.rows
    }
    this.waitingCount.value = 0
    this.arrived.value = new Set(merged.newIds)
  }

  #take(response: TraceListResponse): void {
    this.error.value = undefined
    this.matchCount.value = response.matchCount
    this.scannedSpanCount.value = response.scannedSpanCount
    this.elapsedMillis.value = response.elapsedMillis
    stats.value = response.stats
  }
}
