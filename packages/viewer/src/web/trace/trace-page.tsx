// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TraceResponse } from '../../api.ts'
import { asRequestError, fetchTrace, isAbort, type RequestError } from '../state/client.ts'
import { onLive } from '../state/live.ts'
import { emptyList, type TraceView } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { refreshServices, serviceColours } from '../state/services.ts'
import { Message, Skeleton } from '../ui/message.tsx'
import { Splitter } from '../ui/splitter.tsx'
import { storedSize } from '../ui/stored-size.ts'
import { MinimapStrip } from './minimap-strip.tsx'
import { buildTrace, type TraceModel } from './model.ts'
import { SpanDrawer } from './span-drawer.tsx'
import { TraceHeader } from './trace-header.tsx'
import { useTraceKeys } from './trace-keys.ts'
import { TraceTools } from './trace-tools.tsx'
import { deriveView } from './view-model.ts'
import { WaterfallPane } from './waterfall-pane.tsx'

const drawerWidth = storedSize('drawer-width', 440)
// A trace that is still growing is asked for at most this often.
const refreshMillis = 700

/** One trace: header, minimap, waterfall, drawer. */
export function TracePage({ view }: { view: TraceView }): JSX.Element {
  const { trace, error, reload } = useTrace(view.traceId)
  if (error && !trace) return <TraceError view={view} error={error} onRetry={reload} />
  if (!trace) {
    return (
      <main class="trace-page" id="main" aria-busy="true">
        <Skeleton rows={18} />
      </main>
    )
  }
  return <LoadedTrace trace={trace} view={view} />
}

function LoadedTrace({ trace, view }: { trace: TraceModel; view: TraceView }): JSX.Element {
  const derived = useMemo(
    () => deriveView(trace, view),
    // The window and the selection do not change which rows there are.
    // These are the parts of the view that deriveView reads.
    [trace, view.fold, view.find, view.criticalPath],
  )
  const findInput = useRef<HTMLInputElement>(null)
  const window = view.window ?? { from: 0, to: trace.durationNano }
  const selected = view.spanId === '' ? -1 : (trace.indexById.get(view.spanId) ?? -1)
  useTraceKeys(trace, derived, view, window, selected, findInput)

  useEffect(() => {
    const root = trace.layout.mainRoot
    document.title = root >= 0 ? `${trace.names[root]} · otel-ts` : 'Trace · otel-ts'
  }, [trace])

  return (
    <main class={`trace-page${selected >= 0 ? ' has-drawer' : ''}`} id="main">
      <TraceHeader trace={trace} />
      <div class="trace-body">
        <div class="trace-left">
          <MinimapStrip trace={trace} view={view} window={window} />
          <TraceTools trace={trace} view={view} derived={derived} selected={selected} inputRef={findInput} />
          <WaterfallPane trace={trace} window={window} derived={derived} selected={selected} />
        </div>
        {view.spanId !== '' && (
          <>
            <Splitter
              label="Width of the span's details"
              value={drawerWidth.value}
              min={300}
              max={900}
              reversed
              onChange={(width) => {
                drawerWidth.value = width
              }}
            />
            <SpanDrawer trace={trace} view={view} selected={selected} width={drawerWidth.value} />
          </>
        )}
      </div>
    </main>
  )
}

function TraceError({
  view,
  error,
  onRetry,
}: {
  view: TraceView
  error: RequestError
  onRetry: () => void
}): JSX.Element {
  const back = (
    <button type="button" class="button" onClick={() => navigate(emptyList)}>
      Back to the traces
    </button>
  )
  const id = <code class="mono trace-id">{view.traceId.slice(0, 64)}</code>
  if (/EVICTED/i.test(error.code)) {
    return (
      <main class="trace-page" id="main">
        <Message icon="warning" title="This trace was let go">
          <p>{id}</p>
          <p>It was held here, and removed to make room for newer ones. A larger memory limit keeps traces longer.</p>
          {back}
        </Message>
      </main>
    )
  }
  if (error.status === 404 || error.status === 400) {
    return (
      <main class="trace-page" id="main">
        <Message icon="search" title="No such trace here">
          <p>{id}</p>
          <p>
            {error.status === 404
              ? 'It has never been received, or this otel-ts was started after it. It shows up here as soon as it comes in.'
              : error.message}
          </p>
          {back}
        </Message>
      </main>
    )
  }
  return (
    <main class="trace-page" id="main">
      <Message
        icon="error"
        tone="error"
        title={error.status === 0 ? 'The server does not answer' : 'The server could not answer'}
      >
        <p class="error-text">{error.status === 0 ? 'This page tries again by itself.' : error.message}</p>
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
        {back}
      </Message>
    </main>
  )
}

interface LoadedState {
  trace: TraceModel | undefined
  error: RequestError | undefined
  reload: () => void
}

/** Loads a trace and loads it again when spans of it come in. */
function useTrace(traceId: string): LoadedState {
  const [state, setState] = useState<{ id: string; trace?: TraceModel; error?: RequestError }>({ id: traceId })
  const reload = useRef<() => void>(() => undefined)
  useEffect(() => {
    let abort = new AbortController()
    let timer: number | undefined
    let spanCount = -1
    const load = async (): Promise<void> => {
      abort.abort()
      abort = new AbortController()
      const { signal } = abort
      try {
        // Colours first: a service must not change its colour a moment after the trace is drawn.
        const [response] = await Promise.all([fetchTrace(traceId, signal), refreshServices()])
        if (signal.aborted || !isNews(response, spanCount)) return
        spanCount = response.spans.length
        serviceColours.reserve(response.services)
        setState({ id: traceId, trace: buildTrace(response) })
      } catch (error) {
        if (isAbort(error) || signal.aborted) return
        setState((old) => ({
          id: traceId,
          ...(old.id === traceId && old.trace ? { trace: old.trace } : {}),
          error: asRequestError(error),
        }))
      }
    }
    reload.current = () => void load()
    const stop = onLive((event) => {
      if (event !== 'reconnected' && !event.traceIds.includes(traceId)) return
      timer ??= window.setTimeout(() => {
        timer = undefined
        void load()
      }, refreshMillis)
    })
    void load()
    return () => {
      abort.abort()
      stop()
      window.clearTimeout(timer)
    }
  }, [traceId])
  const mine = state.id === traceId ? state : undefined
  return { trace: mine?.trace, error: mine?.error, reload: () => reload.current() }
}

function isNews(response: TraceResponse, spanCount: number): boolean {
  return response.spans.length !== spanCount
}
