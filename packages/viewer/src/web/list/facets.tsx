// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { formatShortCount } from '../format/count.ts'
import { parseDuration } from '../format/duration.ts'
import { singleLine } from '../format/text.ts'
import type { ListView } from '../state/location.ts'
import { emptyList, isFiltered } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { services } from '../state/services.ts'
import { ServiceDot } from '../ui/dot.tsx'

const durationChoices = ['10ms', '100ms', '1s', '10s']
const shownAtFirst = 30

/** Filters that need no typing. Every one is part of the URL. */
export function Facets({ view }: { view: ListView }): JSX.Element {
  const [showAll, setShowAll] = useState(false)
  const all = services.value
  const shown = showAll ? all : all.slice(0, shownAtFirst)
  const errorCount = all.reduce((sum, service) => sum + service.errorCount, 0)
  return (
    <aside class="facets" id="facets" aria-label="Quick filters">
      <div class="facet-head">
        <h2>Filters</h2>
        {isFiltered(view) && (
          <button type="button" class="text-button" onClick={() => navigate(emptyList)}>
            Clear all
          </button>
        )}
      </div>
      <section>
        <h3>Status</h3>
        <label class="facet-row">
          <input
            type="checkbox"
            checked={view.errorsOnly}
            onChange={(event) => navigate({ ...view, errorsOnly: event.currentTarget.checked })}
          />
          <span class="facet-name">Errors only</span>
          {errorCount > 0 && (
            <span class="facet-count is-error" title="Error spans held">
              {formatShortCount(errorCount)}
            </span>
          )}
        </label>
      </section>
      <section>
        <h3>Longer than</h3>
        <div class="chips">
          {durationChoices.map((choice) => (
            <button
              key={choice}
              type="button"
              class="chip"
              aria-pressed={view.minDuration === choice}
              onClick={() => navigate({ ...view, minDuration: view.minDuration === choice ? '' : choice })}
            >
              {choice}
            </button>
          ))}
        </div>
        <DurationField view={view} />
      </section>
      <section class="facet-services">
        <h3>
          Service <span class="quiet">{all.length > 0 ? all.length : ''}</span>
        </h3>
        <ul>
          {shown.map((service) => (
            <li key={service.name}>
              <button
                type="button"
                class="facet-row"
                aria-pressed={view.service === service.name}
                title={singleLine(service.name)}
                onClick={() => navigate({ ...view, service: view.service === service.name ? '' : service.name })}
              >
                <ServiceDot service={service.name} />
                <span class="facet-name">{singleLine(service.name)}</span>
                {service.errorCount > 0 && (
                  <span class="facet-count is-error" title={`${service.errorCount} error spans`}>
                    {formatShortCount(service.errorCount)}
                  </span>
                )}
                <span class="facet-count" title={`${service.spanCount} spans`}>
                  {formatShortCount(service.spanCount)}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {all.length === 0 && <p class="quiet">No service yet</p>}
        {all.length > shownAtFirst && (
          <button type="button" class="text-button" onClick={() => setShowAll(!showAll)}>
            {showAll ? 'Show fewer' : `Show all ${all.length}`}
          </button>
        )}
      </section>
    </aside>
  )
}

function DurationField({ view }: { view: ListView }): JSX.Element {
  const [text, setText] = useState(view.minDuration)
  useEffect(() => setText(view.minDuration), [view.minDuration])
  const isWrong = text.trim() !== '' && parseDuration(text) === undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!isWrong) navigate({ ...view, minDuration: text.trim() })
      }}
    >
      <input
        class="input"
        type="text"
        aria-label="Minimum duration"
        placeholder="e.g. 250ms"
        aria-invalid={isWrong}
        value={text}
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={() => {
          if (!isWrong && text.trim() !== view.minDuration) navigate({ ...view, minDuration: text.trim() })
        }}
      />
      {isWrong && <p class="field-error">A number with ns, us, ms, s, m or h</p>}
    </form>
  )
}
