// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { formatBytes, formatCount, plural } from './format/count.ts'
import { ListPage } from './list/list-page.tsx'
import { bindKeys, helpOpen } from './state/keys.ts'
import { connection, paused, stats } from './state/live.ts'
import { emptyList, formatView } from './state/location.ts'
import { followLink, navigate, view } from './state/router.ts'
import { nextTheme, themeChoice } from './state/theme.ts'
import { TracePage } from './trace/trace-page.tsx'
import { announcement } from './ui/announce.ts'
import { Help } from './ui/help.tsx'
import { Icon } from './ui/icon.tsx'
import { MenuHost } from './ui/menu.tsx'
import { Message } from './ui/message.tsx'

export function App(): JSX.Element {
  useLayoutEffect(
    () =>
      bindKeys({
        title: 'Everywhere',
        bindings: [
          {
            keys: ['?'],
            does: 'This help',
            run: () => {
              helpOpen.value = true
            },
          },
          { keys: ['t'], does: 'Theme: system, light, dark', run: nextTheme },
        ],
      }),
    [],
  )
  const now = view.value
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Rail isList={now.page === 'list'} />
      <div class="content">
        {connection.value === 'lost' && (
          <p class="banner" role="alert">
            <Icon name="warning" size={14} />
            Disconnected from the server. What is shown may be out of date; trying again…
          </p>
        )}
        {now.page === 'list' && <ListPage view={now} />}
        {now.page === 'trace' && <TracePage key={now.traceId} view={now} />}
        {now.page === 'unknown' && (
          <main class="trace-page" id="main">
            <Message icon="search" title="There is no such page">
              <p class="mono">{now.path.slice(0, 200)}</p>
              <button type="button" class="button" onClick={() => navigate(emptyList)}>
                To the traces
              </button>
            </Message>
          </main>
        )}
        <StatusBar />
      </div>
      <MenuHost />
      <Help />
      <div class={`toast${announcement.value ? ' is-shown' : ''}`} role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  )
}

function Rail({ isList }: { isList: boolean }): JSX.Element {
  const choice = themeChoice.value
  const icon = choice === 'dark' ? 'moon' : choice === 'light' ? 'sun' : 'system'
  return (
    <nav class="rail" aria-label="Main">
      <a class="logo" href={formatView(emptyList)} title="otel-ts" onClick={(event) => followLink(event, emptyList)}>
        <span class="visually-hidden">otel-ts</span>
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
          <rect x="2" y="3" width="13" height="4" rx="2" class="logo-a" />
          <rect x="6" y="9" width="14" height="4" rx="2" class="logo-b" />
          <rect x="9" y="15" width="7" height="4" rx="2" class="logo-c" />
        </svg>
      </a>
      <a
        class="rail-item"
        href={formatView(emptyList)}
        aria-current={isList ? 'page' : undefined}
        title="Traces"
        onClick={(event) => followLink(event, emptyList)}
      >
        <Icon name="traces" size={18} />
        <span>Traces</span>
      </a>
      <span class="spacer" />
      <button
        type="button"
        class="rail-item"
        title={`Theme: ${choice} (t)`}
        aria-label={`Theme: ${choice}. Change`}
        onClick={nextTheme}
      >
        <Icon name={icon} size={18} />
      </button>
      <button
        type="button"
        class="rail-item"
        title="Keyboard shortcuts (?)"
        aria-label="Keyboard shortcuts"
        onClick={() => {
          helpOpen.value = true
        }}
      >
        <Icon name="help" size={18} />
      </button>
    </nav>
  )
}

/** What the store holds and what it has let go. */
function StatusBar(): JSX.Element {
  const now = stats.value
  const state =
    connection.value === 'lost'
      ? 'Disconnected'
      : paused.value
        ? 'Paused'
        : connection.value === 'open'
          ? 'Connected'
          : 'Connecting'
  const evicted = now ? now.evictedSpanCount + now.evictedLogCount + now.evictedMetricPointCount : 0
  return (
    <footer class="status-bar">
      <span class={`status-state is-${connection.value}`}>
        <i class="live-dot" />
        {state}
      </span>
      {now && (
        <>
          <span>{plural(now.traceCount, 'trace')}</span>
          <span>{plural(now.spanCount, 'span')}</span>
          {now.logCount > 0 && <span class="wide-only">{plural(now.logCount, 'log')}</span>}
          {now.metricPointCount > 0 && <span class="wide-only">{plural(now.metricPointCount, 'metric point')}</span>}
          <span class="wide-only">{`${formatBytes(now.byteCount)} of ${formatBytes(now.maxByteCount)}`}</span>
          {evicted > 0 && (
            <span
              class="is-warning"
              title={`Let go to stay within memory: ${plural(now.evictedSpanCount, 'span')}, ${plural(now.evictedLogCount, 'log')}, ${plural(now.evictedMetricPointCount, 'metric point')}`}
            >
              <Icon name="warning" size={12} />
              {`${formatCount(evicted)} evicted`}
            </span>
          )}
          <span class="spacer" />
          <span class="quiet wide-only">{`otel-ts ${now.version}`}</span>
        </>
      )}
    </footer>
  )
}
