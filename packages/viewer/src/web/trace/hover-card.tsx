// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { plural } from '../format/count.ts'
import { formatDuration } from '../format/duration.ts'
import { type Stretches, stretchTotal } from '../layout/span-time.ts'
import { ServiceDot } from '../ui/dot.tsx'
import { errorStatus, kindNames, serviceOf, type TraceModel } from './model.ts'
import { oddityTexts } from './oddities.ts'

const cardWidth = 300

/** Beside the cursor, never under it. */
export function HoverCard({
  trace,
  span,
  x,
  y,
  width,
  height,
  critical,
}: {
  trace: TraceModel
  span: number
  x: number
  y: number
  width: number
  height: number
  critical: Stretches | undefined
}): JSX.Element {
  const { startOffsetNano, durationNano, kind, statusCode, eventOffsetsNano, linkCount, logCount } = trace.spans[span]!
  const self = stretchTotal(trace.selfTime, span)
  const onRight = x + cardWidth + 24 < width
  const share = (durationNano / trace.durationNano) * 100
  const extras = [
    ...(eventOffsetsNano.length > 0 ? [plural(eventOffsetsNano.length, 'event')] : []),
    ...(linkCount > 0 ? [plural(linkCount, 'link')] : []),
    ...(logCount > 0 ? [plural(logCount, 'log')] : []),
  ]
  return (
    <div
      class="hover-card"
      role="presentation"
      style={{
        width: `${cardWidth}px`,
        left: `${Math.max(4, onRight ? x + 16 : x - cardWidth - 16)}px`,
        ...(y > height / 2 ? { bottom: `${height - y + 12}px` } : { top: `${y + 16}px` }),
      }}
    >
      <p class="hover-title">
        <ServiceDot service={serviceOf(trace, span)} />
        <strong>{serviceOf(trace, span)}</strong>
        <span class="quiet">{kindNames[kind] ?? kind}</span>
      </p>
      <p class="hover-name">{trace.names[span]}</p>
      <dl>
        <div>
          <dt>Duration</dt>
          <dd>{`${formatDuration(durationNano)} · ${share < 0.1 ? '<0.1' : share.toFixed(share < 10 ? 1 : 0)} % of trace`}</dd>
        </div>
        <div>
          <dt>Self time</dt>
          <dd>{formatDuration(self)}</dd>
        </div>
        {critical && (
          <div>
            <dt>On critical path</dt>
            <dd>{formatDuration(stretchTotal(critical, span))}</dd>
          </div>
        )}
        <div>
          <dt>Starts after</dt>
          <dd>{formatDuration(startOffsetNano)}</dd>
        </div>
        {extras.length > 0 && (
          <div>
            <dt>Has</dt>
            <dd>{extras.join(', ')}</dd>
          </div>
        )}
      </dl>
      {statusCode === errorStatus && <p class="is-error">Status: error</p>}
      {oddityTexts(trace, span).map((text) => (
        <p key={text} class="is-warning">
          {text}
        </p>
      ))}
    </div>
  )
}
