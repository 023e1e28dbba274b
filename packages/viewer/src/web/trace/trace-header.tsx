// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { formatCount, plural } from '../format/count.ts'
import { formatDuration } from '../format/duration.ts'
import { formatAbsolute, formatRelative, nanoToMillis } from '../format/time.ts'
import { otlpUrl } from '../state/client.ts'
import { emptyList, formatView } from '../state/location.ts'
import { goBackToList } from '../state/router.ts'
import { say } from '../ui/announce.ts'
import { copyText } from '../ui/clipboard.ts'
import { ServiceDot } from '../ui/dot.tsx'
import { Icon } from '../ui/icon.tsx'
import { serviceOf, type TraceModel } from './model.ts'

const servicesShown = 5

export function TraceHeader({ trace }: { trace: TraceModel }): JSX.Element {
  const [allServices, setAllServices] = useState(false)
  const root = trace.layout.mainRoot
  const startMillis = nanoToMillis(String(trace.startUnixNano))
  const shown = allServices ? trace.services : trace.services.slice(0, servicesShown)
  const hidden = trace.services.length - shown.length
  return (
    <header class="trace-header">
      <div class="trace-title">
        <a
          class="icon-button"
          href={formatView(emptyList)}
          aria-label="Back to the traces"
          title="Back to the traces (Esc)"
          onClick={(event) => {
            if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
            event.preventDefault()
            goBackToList()
          }}
        >
          <Icon name="back" />
        </a>
        {root >= 0 && <ServiceDot service={serviceOf(trace, root)} />}
        <h1>
          <strong>{root >= 0 ? serviceOf(trace, root) : ''}</strong> <span>{root >= 0 ? trace.names[root] : ''}</span>
        </h1>
        <span class="trace-actions">
          <button
            type="button"
            class="button"
            title="Copy link (y)"
            onClick={() => void copyText(window.location.href, 'Link')}
          >
            <Icon name="link" size={14} />
            <span>Copy link</span>
          </button>
          <button
            type="button"
            class="button"
            title="Copy the whole trace as OTLP JSON"
            onClick={() => void copyJson(trace.traceId)}
          >
            <Icon name="json" size={14} />
            <span>Copy JSON</span>
          </button>
        </span>
      </div>
      <dl class="facts">
        <div>
          <dt>Duration</dt>
          <dd class="mono">{formatDuration(trace.durationNano)}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd title={formatRelative(Date.now(), startMillis)}>{formatAbsolute(startMillis)}</dd>
        </div>
        <div>
          <dt>Spans</dt>
          <dd class="mono">{formatCount(trace.spans.length)}</dd>
        </div>
        <div>
          <dt>Errors</dt>
          <dd class={`mono${trace.errorCount > 0 ? ' is-error' : ''}`}>
            {trace.errorCount > 0 && <Icon name="error" size={12} />}
            {formatCount(trace.errorCount)}
          </dd>
        </div>
        <div class="fact-id">
          <dt>Trace</dt>
          <dd>
            <button
              type="button"
              class="text-button mono"
              title="Copy trace id"
              onClick={() => void copyText(trace.traceId, 'Trace id')}
            >
              {trace.traceId}
            </button>
          </dd>
        </div>
        <div class="fact-services">
          <dt>Services</dt>
          <dd>
            {shown.map((service) => (
              <span
                key={service.name}
                class="service-tag"
                title={`${plural(service.spanCount, 'span')}${service.errorCount > 0 ? `, ${plural(service.errorCount, 'error')}` : ''}`}
              >
                <ServiceDot service={service.name} />
                {service.name}
                <span class="quiet mono">{formatCount(service.spanCount)}</span>
              </span>
            ))}
            {(hidden > 0 || allServices) && trace.services.length > servicesShown && (
              <button type="button" class="text-button" onClick={() => setAllServices(!allServices)}>
                {allServices ? 'fewer' : `+${hidden} more`}
              </button>
            )}
          </dd>
        </div>
      </dl>
    </header>
  )
}

async function copyJson(traceId: string): Promise<void> {
  try {
    const response = await fetch(otlpUrl(traceId))
    if (!response.ok) throw new Error(`${response.status}`)
    await copyText(await response.text(), 'OTLP JSON')
  } catch (error) {
    say(`The trace could not be fetched (${error instanceof Error ? error.message : 'no answer'}); nothing copied`)
  }
}
