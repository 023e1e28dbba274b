// SPDX-License-Identifier: Apache-2.0
import type { JSX, RefObject } from 'preact'
import { formatCount } from '../format/count.ts'
import { formatDuration } from '../format/duration.ts'
import type { TraceView } from '../state/location.ts'
import { Icon } from '../ui/icon.tsx'
import { adjustTrace, foldAll, goToError, goToMatch } from './actions.ts'
import type { TraceModel } from './model.ts'
import type { DerivedView } from './view-model.ts'

/** Search, errors, critical path, expand and collapse: a strip above the waterfall. */
export function TraceTools({
  trace,
  view,
  derived,
  selected,
  inputRef,
}: {
  trace: TraceModel
  view: TraceView
  derived: DerivedView
  selected: number
  inputRef: RefObject<HTMLInputElement | null>
}): JSX.Element {
  const text = view.find
  const hasSearch = derived.marks !== undefined
  return (
    <div class="trace-tools" role="toolbar" aria-label="Waterfall">
      <div class="find-box">
        <Icon name="search" size={13} />
        <input
          ref={inputRef}
          type="search"
          aria-label="Search in this trace"
          placeholder="Search name, service, id, status"
          value={text}
          spellcheck={false}
          onInput={(event) => {
            adjustTrace({ find: event.currentTarget.value })
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') goToMatch(trace, derived, selected, event.shiftKey ? -1 : 1)
            else if (event.key === 'Escape') {
              if (text !== '') adjustTrace({ find: '' })
              event.currentTarget.blur()
            } else return
            event.preventDefault()
            event.stopPropagation()
          }}
        />
        {hasSearch && (
          <span class={`find-count${derived.markCount === 0 ? ' is-none' : ''}`} role="status">
            {derived.markCount === 0 ? 'none' : formatCount(derived.markCount)}
          </span>
        )}
        {hasSearch && derived.markCount > 0 && (
          <>
            <button
              type="button"
              class="icon-button small"
              title="Previous match (N)"
              aria-label="Previous match"
              onClick={() => goToMatch(trace, derived, selected, -1)}
            >
              <Icon name="up" size={12} />
            </button>
            <button
              type="button"
              class="icon-button small"
              title="Next match (n)"
              aria-label="Next match"
              onClick={() => goToMatch(trace, derived, selected, 1)}
            >
              <Icon name="down" size={12} />
            </button>
          </>
        )}
      </div>
      {trace.errorCount > 0 && (
        <span class="tool-group">
          <button
            type="button"
            class="button error-button"
            title="Next error (e)"
            onClick={() => goToError(trace, selected, 1)}
          >
            <Icon name="error" size={13} />
            {`${formatCount(trace.errorCount)} ${trace.errorCount === 1 ? 'error' : 'errors'}`}
          </button>
          <button
            type="button"
            class="icon-button small"
            title="Previous error (E)"
            aria-label="Previous error"
            onClick={() => goToError(trace, selected, -1)}
          >
            <Icon name="up" size={12} />
          </button>
          <button
            type="button"
            class="icon-button small"
            title="Next error (e)"
            aria-label="Next error"
            onClick={() => goToError(trace, selected, 1)}
          >
            <Icon name="down" size={12} />
          </button>
        </span>
      )}
      <span class="spacer" />
      {view.window && (
        <button
          type="button"
          class="button"
          title="Show the whole trace (0)"
          onClick={() => adjustTrace({ window: undefined })}
        >
          <Icon name="zoom" size={13} />
          <span>{formatDuration(view.window.to - view.window.from)}</span>
          <Icon name="close" size={11} />
        </button>
      )}
      <button
        type="button"
        class="button"
        aria-pressed={view.criticalPath}
        title="Critical path (c): the stretches that make the trace as long as it is"
        onClick={() => adjustTrace({ criticalPath: !view.criticalPath })}
      >
        <Icon name="path" size={13} />
        <span class="wide-only">Critical path</span>
      </button>
      <button
        type="button"
        class="icon-button"
        title="Expand all ([)"
        aria-label="Expand all"
        onClick={() => foldAll(false)}
      >
        <Icon name="expand" size={14} />
      </button>
      <button
        type="button"
        class="icon-button"
        title="Collapse all (])"
        aria-label="Collapse all"
        onClick={() => foldAll(true)}
      >
        <Icon name="collapse" size={14} />
      </button>
    </div>
  )
}
