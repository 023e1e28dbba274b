// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { formatAxisTime } from '../format/time.ts'
import { connection, paused } from '../state/live.ts'
import type { ListView } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { Icon } from '../ui/icon.tsx'

const ranges: readonly [string, string][] = [
  ['', 'All time'],
  ['5m', 'Last 5 min'],
  ['15m', 'Last 15 min'],
  ['1h', 'Last hour'],
  ['6h', 'Last 6 h'],
  ['1d', 'Last 24 h'],
]

/** Time range and live switch. */
export function ListTools({ view, onTogglePaused }: { view: ListView; onTogglePaused: () => void }): JSX.Element {
  const brushed = view.fromMillis !== undefined || view.toMillis !== undefined
  const isLive = !paused.value && connection.value !== 'lost'
  const label = paused.value ? 'Paused' : connection.value === 'lost' ? 'Offline' : 'Live'
  return (
    <>
      {brushed ? (
        <button
          type="button"
          class="button range-chip"
          title="Show all times again"
          onClick={() => navigate({ ...view, fromMillis: undefined, toMillis: undefined })}
        >
          {`${bound(view.fromMillis)} – ${bound(view.toMillis)}`}
          <Icon name="close" size={12} />
        </button>
      ) : (
        <select
          class="select"
          aria-label="Time range"
          value={view.range}
          onChange={(event) => navigate({ ...view, range: event.currentTarget.value })}
        >
          {ranges.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
          {ranges.every(([value]) => value !== view.range) && (
            <option value={view.range}>{`Last ${view.range}`}</option>
          )}
        </select>
      )}
      <button
        type="button"
        class={`button live-button${isLive ? ' is-live' : ''}`}
        aria-pressed={!paused.value}
        title={paused.value ? 'Resume (l)' : 'Pause (l)'}
        onClick={onTogglePaused}
      >
        <span class="live-mark">{paused.value ? <Icon name="pause" size={12} /> : <i class="live-dot" />}</span>
        <span class="live-label">{label}</span>
      </button>
    </>
  )
}

function bound(millis: number | undefined): string {
  return millis === undefined ? '…' : formatAxisTime(millis, 1000)
}
