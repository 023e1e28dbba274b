// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { LogJson, SpanDetailResponse } from '../../api.ts'
import { formatDuration } from '../format/duration.ts'
import { shorten, singleLine } from '../format/text.ts'
import { formatAbsolute, formatClock, nanoToMillis } from '../format/time.ts'
import { stretchTotal } from '../layout/span-time.ts'
import { asRequestError, fetchSpan, isAbort, otlpUrl, type RequestError } from '../state/client.ts'
import { formatView, type TraceView, traceView } from '../state/location.ts'
import { followLink } from '../state/router.ts'
import { copyText } from '../ui/clipboard.ts'
import { ServiceDot } from '../ui/dot.tsx'
import { Icon } from '../ui/icon.tsx'
import { Message, Skeleton } from '../ui/message.tsx'
import { adjustTrace, selectSpan } from './actions.ts'
import { AttributeList } from './attribute-list.tsx'
import { LongText } from './long-text.tsx'
import { errorStatus, kindNames, serviceOf, statusNames, type TraceModel } from './model.ts'
import { oddityTexts } from './oddities.ts'

/** Everything known about the selected span. */
export function SpanDrawer({
  trace,
  view,
  selected,
  width,
}: {
  trace: TraceModel
  view: TraceView
  selected: number
  width: number
}): JSX.Element {
  const { detail, error } = useSpan(view.traceId, view.spanId, trace)
  const close = (
    <button
      type="button"
      class="icon-button"
      aria-label="Close details"
      title="Close (Esc)"
      onClick={() => adjustTrace({ spanId: '' })}
    >
      <Icon name="close" />
    </button>
  )
  if (selected < 0) {
    return (
      <aside class="drawer" aria-label="Span" style={{ width: `${width}px` }}>
        <header class="drawer-head">
          <h2>Span</h2>
          {close}
        </header>
        <Message icon="search" title="No such span in this trace">
          <p class="mono">{view.spanId.slice(0, 64)}</p>
        </Message>
      </aside>
    )
  }
  return (
    <aside class="drawer" aria-label="Span" style={{ width: `${width}px` }}>
      <header class="drawer-head">
        <ServiceDot service={serviceOf(trace, selected)} />
        <h2>
          <span class="drawer-service">{serviceOf(trace, selected)}</span>
          <span class="drawer-name">{trace.names[selected]}</span>
        </h2>
        {close}
      </header>
      <div class="drawer-scroll" tabIndex={-1}>
        <Facts trace={trace} span={selected} detail={detail} />
        {error && (
          <p class="error-text" role="alert">
            {`The span's details could not be read: ${error.message}`}
          </p>
        )}
        {detail ? <Details trace={trace} detail={detail} /> : !error && <Skeleton rows={8} />}
      </div>
    </aside>
  )
}

function Facts({
  trace,
  span,
  detail,
}: {
  trace: TraceModel
  span: number
  detail: SpanDetailResponse | undefined
}): JSX.Element {
  const { spanId, durationNano, startOffsetNano, statusCode, kind } = trace.spans[span]!
  const parent = trace.layout.parent[span]!
  const isError = statusCode === errorStatus
  return (
    <>
      <dl class="span-facts">
        <div>
          <dt>Duration</dt>
          <dd class="mono">{formatDuration(durationNano)}</dd>
        </div>
        <div>
          <dt>Self time</dt>
          <dd class="mono">{formatDuration(stretchTotal(trace.selfTime, span))}</dd>
        </div>
        <div>
          <dt>Starts after</dt>
          <dd class="mono" title={detail ? formatAbsolute(nanoToMillis(detail.startUnixNano)) : ''}>
            {formatDuration(startOffsetNano)}
          </dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>{kindNames[kind] ?? String(kind)}</dd>
        </div>
        <div>
          <dt>Status</dt>
          <dd class={isError ? 'is-error' : ''}>
            {isError && <Icon name="error" size={12} />}
            {statusNames[statusCode] ?? String(statusCode)}
          </dd>
        </div>
        <div>
          <dt>Span</dt>
          <dd>
            <button
              type="button"
              class="text-button mono"
              title="Copy span id"
              onClick={() => void copyText(spanId, 'Span id')}
            >
              {spanId}
            </button>
          </dd>
        </div>
        {parent >= 0 && (
          <div class="fact-wide">
            <dt>Parent</dt>
            <dd>
              <button type="button" class="text-button" onClick={() => selectSpan(trace, parent)}>
                {shorten(trace.names[parent]!, 60)}
              </button>
            </dd>
          </div>
        )}
      </dl>
      {detail?.statusMessage && (
        <div class={`status-message${isError ? ' is-bad' : ''}`}>
          <LongText text={detail.statusMessage} />
        </div>
      )}
      {oddityTexts(trace, span).map((text) => (
        <p key={text} class="oddity">
          <Icon name="warning" size={13} />
          {text}
        </p>
      ))}
    </>
  )
}

function Details({ trace, detail }: { trace: TraceModel; detail: SpanDetailResponse }): JSX.Element {
  return (
    <>
      <Section title="Attributes" count={detail.attributes.length} dropped={detail.droppedAttributesCount} open>
        <AttributeList attributes={detail.attributes} scope="attribute" filterable />
      </Section>
      {(detail.events.length > 0 || detail.droppedEventsCount > 0) && (
        <Section title="Events" count={detail.events.length} dropped={detail.droppedEventsCount} open>
          {detail.events.slice(0, maxItems).map((event, i) => (
            <Item
              key={i}
              title={event.name || '(no name)'}
              time={`+${formatDuration(event.offsetNano)}`}
              isError={event.name === 'exception'}
              hover={formatAbsolute(nanoToMillis(event.timeUnixNano))}
            >
              <AttributeList attributes={event.attributes} />
              <Dropped count={event.droppedAttributesCount} what="attributes" />
            </Item>
          ))}
          <More count={detail.events.length - maxItems} />
        </Section>
      )}
      {detail.logs.length > 0 && (
        <Section title="Logs" count={detail.logs.length} open>
          {detail.logs.slice(0, maxItems).map((log, i) => (
            <Log key={i} log={log} />
          ))}
          <More count={detail.logs.length - maxItems} />
        </Section>
      )}
      {(detail.links.length > 0 || detail.droppedLinksCount > 0) && (
        <Section title="Links" count={detail.links.length} dropped={detail.droppedLinksCount} open>
          {detail.links.slice(0, maxItems).map((link, i) => {
            const target = traceView(link.traceId, link.spanId)
            return (
              <div class="item" key={i}>
                <p class="item-head">
                  <a class="mono" href={formatView(target)} onClick={(event) => followLink(event, target)}>
                    {`${link.traceId.slice(0, 16)}… / ${link.spanId}`}
                  </a>
                  <span class="quiet">{link.traceId === detail.traceId ? 'this trace' : 'other trace'}</span>
                </p>
                <AttributeList attributes={link.attributes} />
                <Dropped count={link.droppedAttributesCount} what="attributes" />
              </div>
            )
          })}
          <More count={detail.links.length - maxItems} />
        </Section>
      )}
      <Section title="Resource" count={detail.resource.attributes.length}>
        <AttributeList attributes={detail.resource.attributes} scope="resource" filterable />
        <SchemaUrl url={detail.resource.schemaUrl} />
      </Section>
      <Section title="Scope" note={singleLine(`${detail.scope.name} ${detail.scope.version}`.trim())}>
        <dl class="plain-facts">
          <dt>Name</dt>
          <dd class="mono">{detail.scope.name || '–'}</dd>
          <dt>Version</dt>
          <dd class="mono">{detail.scope.version || '–'}</dd>
        </dl>
        <AttributeList attributes={detail.scope.attributes} />
        <SchemaUrl url={detail.scope.schemaUrl} />
      </Section>
      <footer class="drawer-foot">
        {detail.traceState !== '' && <p class="mono">{`tracestate: ${shorten(detail.traceState, 600)}`}</p>}
        <p class="quiet mono">{`flags: 0x${(detail.flags >>> 0).toString(16).padStart(2, '0')}`}</p>
        <a href={otlpUrl(trace.traceId)} target="_blank" rel="noopener noreferrer">
          <Icon name="json" size={13} /> Raw OTLP JSON
        </a>
      </footer>
    </>
  )
}

// A span with 100,000 events must still open; the rest is in the raw JSON.
const maxItems = 200

function More({ count }: { count: number }): JSX.Element | null {
  return count > 0 ? <p class="quiet">{`${count} more in the raw OTLP JSON`}</p> : null
}

function Dropped({ count, what }: { count: number; what: string }): JSX.Element | null {
  return count > 0 ? <p class="is-warning">{`${count} ${what} dropped by the sender`}</p> : null
}

function SchemaUrl({ url }: { url: string }): JSX.Element | null {
  return url === '' ? null : <p class="quiet mono schema-url">{shorten(url, 300)}</p>
}

function Section({
  title,
  count,
  dropped = 0,
  note,
  open = false,
  children,
}: {
  title: string
  count?: number
  dropped?: number
  note?: string
  open?: boolean
  children: ComponentChildren
}): JSX.Element {
  return (
    <details class="section" open={open}>
      <summary>
        <h3>{title}</h3>
        {count !== undefined && <span class="section-count">{count}</span>}
        {note !== undefined && <span class="quiet section-note">{note}</span>}
        {dropped > 0 && <span class="is-warning">{`${dropped} dropped by the sender`}</span>}
      </summary>
      {children}
    </details>
  )
}

function Item({
  title,
  time,
  hover,
  isError,
  children,
}: {
  title: string
  time: string
  hover: string
  isError: boolean
  children: ComponentChildren
}): JSX.Element {
  return (
    <div class={`item${isError ? ' is-bad' : ''}`}>
      <p class="item-head">
        {isError && <Icon name="error" size={12} />}
        <strong>{shorten(title, 200)}</strong>
        <span class="quiet mono" title={hover}>
          {time}
        </span>
      </p>
      {children}
    </div>
  )
}

function Log({ log }: { log: LogJson }): JSX.Element {
  const severity = severityOf(log.severityNumber)
  return (
    <div class={`item log log-${severity}`}>
      <p class="item-head">
        <span class={`severity severity-${severity}`}>{shorten(log.severityText || severity.toUpperCase(), 12)}</span>
        <span class="quiet mono" title={formatAbsolute(nanoToMillis(log.timeUnixNano))}>
          {formatClock(nanoToMillis(log.timeUnixNano))}
        </span>
        {log.eventName !== '' && <strong>{shorten(log.eventName, 100)}</strong>}
      </p>
      <LongText text={log.body} />
      {log.attributes.length > 0 && <AttributeList attributes={log.attributes} />}
    </div>
  )
}

function severityOf(number: number): 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' {
  if (number >= 21) return 'fatal'
  if (number >= 17) return 'error'
  if (number >= 13) return 'warn'
  if (number >= 9 || number === 0) return 'info'
  return number >= 5 ? 'debug' : 'trace'
}

function useSpan(
  traceId: string,
  spanId: string,
  trace: TraceModel,
): { detail: SpanDetailResponse | undefined; error: RequestError | undefined } {
  const [state, setState] = useState<{ spanId: string; detail?: SpanDetailResponse; error?: RequestError }>({ spanId })
  // `trace` changes when spans come in: logs of this span may have come with them.
  // See above.
  useEffect(() => {
    const abort = new AbortController()
    // Holding j passes dozens of spans a second; only where it rests is the server asked.
    const timer = window.setTimeout(() => {
      fetchSpan(traceId, spanId, abort.signal)
        .then((detail) => setState({ spanId, detail }))
        .catch((error: unknown) => {
          if (!isAbort(error)) setState({ spanId, error: asRequestError(error) })
        })
    }, 30)
    return () => {
      abort.abort()
      window.clearTimeout(timer)
    }
  }, [traceId, spanId, trace])
  if (state.spanId !== spanId) return { detail: undefined, error: undefined }
  return { detail: state.detail, error: state.error }
}
