// SPDX-License-Identifier: Apache-2.0
import type { JSX, RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { formatShortCount } from '../format/count.ts'
import { shorten } from '../format/text.ts'
import type { RequestError } from '../state/client.ts'
import { asTraceId, type ListView, traceView } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { Icon } from '../ui/icon.tsx'
import { type Completion, complete } from './completion.ts'

/** The filter text with completion. What is typed takes effect on Enter; a trace id alone opens that trace. */
export function FilterBox({
  view,
  inputRef,
  error,
}: {
  view: ListView
  inputRef: RefObject<HTMLInputElement | null>
  error: RequestError | undefined
}): JSX.Element {
  const [text, setText] = useState(view.query)
  const [choices, setChoices] = useState<readonly Completion[]>([])
  const [active, setActive] = useState(-1)
  const [isOpen, setOpen] = useState(false)
  const underline = useRef<HTMLDivElement>(null)
  const asking = useRef(new AbortController())

  useEffect(() => setText(view.query), [view.query])
  useEffect(() => () => asking.current.abort(), [])

  const ask = (value: string, cursor: number): void => {
    asking.current.abort()
    asking.current = new AbortController()
    const { signal } = asking.current
    void complete(value, cursor, signal).then((found) => {
      if (signal.aborted) return
      setChoices(found)
      setActive(-1)
      setOpen(true)
    })
  }
  const close = (): void => {
    asking.current.abort()
    setOpen(false)
    setActive(-1)
  }
  const submit = (value: string): void => {
    close()
    const traceId = asTraceId(value)
    if (traceId) navigate(traceView(traceId))
    else navigate({ ...view, query: value.trim() })
  }
  const accept = (choice: Completion): void => {
    const input = inputRef.current
    if (!input) return
    const next = text.slice(0, choice.from) + choice.insert + text.slice(choice.to)
    const cursor = choice.from + choice.insert.length
    setText(next)
    // The cursor can only be placed once the field holds the new text.
    input.value = next
    input.focus()
    input.setSelectionRange(cursor, cursor)
    ask(next, cursor)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const shows = isOpen && choices.length > 0
    if (event.key === 'ArrowDown' && shows) setActive((active + 1) % choices.length)
    else if (event.key === 'ArrowUp' && shows) setActive(active <= 0 ? choices.length - 1 : active - 1)
    else if (event.key === 'Enter') {
      if (shows && active >= 0) accept(choices[active]!)
      else submit(text)
    } else if (event.key === 'Tab' && shows && !event.shiftKey && (active >= 0 || text !== view.query)) {
      accept(choices[Math.max(0, active)]!)
    } else if (event.key === 'Escape') {
      if (isOpen) close()
      else {
        setText(view.query)
        inputRef.current?.blur()
      }
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  const syncScroll = (): void => {
    if (underline.current && inputRef.current) underline.current.scrollLeft = inputRef.current.scrollLeft
  }

  const queryError = error && error.status === 400 && text.trim() === view.query ? error : undefined
  return (
    <div class={`filter-box${queryError ? ' has-error' : ''}`}>
      <Icon name="search" size={14} />
      <div class="filter-field">
        <div ref={underline} class="filter-underline" aria-hidden="true">
          {queryError?.position !== undefined && <Underline text={text} error={queryError} />}
        </div>
        <input
          ref={inputRef}
          type="text"
          role="combobox"
          aria-label="Filter traces"
          aria-expanded={isOpen && choices.length > 0}
          aria-controls="filter-choices"
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? `filter-choice-${active}` : undefined}
          aria-invalid={queryError !== undefined}
          aria-describedby={queryError ? 'filter-error' : undefined}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="Filter, such as  service=cart  duration>100ms  http.route=/pay  error"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value)
            ask(event.currentTarget.value, event.currentTarget.selectionStart ?? event.currentTarget.value.length)
            syncScroll()
          }}
          onFocus={(event) => ask(event.currentTarget.value, event.currentTarget.value.length)}
          onBlur={close}
          onClick={(event) => ask(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)}
          onScroll={syncScroll}
          onKeyDown={onKeyDown}
        />
      </div>
      {text !== '' && (
        <button type="button" class="icon-button small" aria-label="Clear filter text" onClick={() => submit('')}>
          <Icon name="close" size={12} />
        </button>
      )}
      <kbd class="filter-key">/</kbd>
      {isOpen && choices.length > 0 && (
        <div id="filter-choices" class="choices" role="listbox" aria-label="Completions">
          {choices.map((choice, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the field that owns this list.
            // biome-ignore lint/a11y/useFocusableInteractive: options of a combobox are reached by aria-activedescendant.
            <div
              key={`${choice.kind} ${choice.label}`}
              id={`filter-choice-${i}`}
              role="option"
              aria-selected={i === active}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => accept(choice)}
            >
              <span class="choice-label">{shorten(choice.label, 120)}</span>
              <span class="choice-note">
                {choice.count !== undefined ? formatShortCount(choice.count) : choice.note}
              </span>
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

function Underline({ text, error }: { text: string; error: RequestError }): JSX.Element {
  const from = Math.min(error.position ?? 0, text.length)
  const rest = /^\S+/.exec(text.slice(from))?.[0].length ?? 1
  const to = Math.min(text.length, from + Math.max(1, error.length ?? rest))
  return (
    <>
      {text.slice(0, from)}
      <u>{text.slice(from, to) || ' '}</u>
      {text.slice(to)}
    </>
  )
}
