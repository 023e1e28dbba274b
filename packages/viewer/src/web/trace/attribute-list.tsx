// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { AttributeJson } from '../../api.ts'
import { condition, quoteWord } from '../filter/tokens.ts'
import { cut, prettyJson, shorten } from '../format/text.ts'
import { emptyList } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { copyText } from '../ui/clipboard.ts'
import { Icon } from '../ui/icon.tsx'
import { type MenuItem, openMenu } from '../ui/menu.tsx'
import { LongText } from './long-text.tsx'

// Fewer are read at a glance.
const filterFrom = 9
const maxShown = 500
// A filter of a megabyte is no filter.
const maxFilterValue = 1000

/** Attributes by key. A click on one opens what can be done with it. */
export function AttributeList({
  attributes,
  scope,
  filterable = false,
}: {
  attributes: readonly AttributeJson[]
  /** How the filter names them; without it they cannot be filtered by. */
  scope?: 'attribute' | 'resource'
  filterable?: boolean
}): JSX.Element | null {
  const [text, setText] = useState('')
  const sorted = useMemo(
    () => attributes.map((attribute, i) => ({ attribute, i })).sort((a, b) => compareKeys(a.attribute, b.attribute)),
    [attributes],
  )
  if (attributes.length === 0) return filterable ? <p class="quiet none">None</p> : null
  const wanted = text.toLowerCase()
  const matching =
    wanted === ''
      ? sorted
      : sorted.filter(
          ({ attribute }) =>
            attribute.key.toLowerCase().includes(wanted) || cut(attribute.value, 10_000).toLowerCase().includes(wanted),
        )
  return (
    <>
      {filterable && attributes.length >= filterFrom && (
        <div class="attribute-filter">
          <Icon name="filter" size={12} />
          <input
            type="text"
            aria-label="Filter attributes"
            placeholder={`Filter ${attributes.length} attributes`}
            value={text}
            spellcheck={false}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return
              event.stopPropagation()
              event.preventDefault()
              if (text === '') event.currentTarget.blur()
              setText('')
            }}
          />
        </div>
      )}
      <dl class="attributes">
        {matching.slice(0, maxShown).map(({ attribute, i }) => (
          <div key={i} class={`attribute${isLong(attribute.value) ? ' is-long' : ''}`}>
            <dt>
              <button
                type="button"
                aria-haspopup="menu"
                title={shorten(attribute.key, 300)}
                onClick={(event) => openMenu(event.currentTarget, menuFor(attribute, scope))}
              >
                {shorten(attribute.key, 120) || '(empty key)'}
              </button>
            </dt>
            <dd class={`value value-${attribute.type}`}>
              <Value attribute={attribute} />
            </dd>
          </div>
        ))}
      </dl>
      {matching.length === 0 && <p class="quiet none">No attribute matches</p>}
      {matching.length > maxShown && (
        <p class="quiet none">{`${matching.length - maxShown} more; filter to see them`}</p>
      )}
    </>
  )
}

/** Stack traces and the like get the whole width below their key. */
function isLong(value: string): boolean {
  return value.length > 90 || value.includes('\n')
}

function Value({ attribute }: { attribute: AttributeJson }): JSX.Element {
  if (attribute.type === 'empty') return <span class="quiet">empty</span>
  if (attribute.value === '') return <span class="quiet">""</span>
  if (attribute.type === 'array' || attribute.type === 'map') return <LongText text={prettyJson(attribute.value)} />
  return <LongText text={attribute.value} />
}

function menuFor(attribute: AttributeJson, scope: 'attribute' | 'resource' | undefined): MenuItem[] {
  const items: MenuItem[] = []
  const { key, value } = attribute
  const isComparable = ['string', 'bool', 'int', 'double'].includes(attribute.type)
  // The filter is one line: a value with line breaks could not be written in it.
  if (scope && isComparable && value.length <= maxFilterValue && !/[\r\n]/.test(value)) {
    const field = scope === 'resource' && key === 'service.name' ? 'service' : `${scope}.${key}`
    const goTo = (sign: string): void => navigate({ ...emptyList, query: condition(field, sign, value) })
    items.push({ label: 'Traces with this value', run: () => goTo('=') })
    items.push({ label: 'Traces with another value', run: () => goTo('!=') })
  }
  if (scope) {
    items.push({
      label: 'Traces that have this attribute',
      run: () => navigate({ ...emptyList, query: quoteWord(`${scope}.${key}`) }),
    })
  }
  items.push({ label: 'Copy value', run: () => void copyText(value, 'Value') })
  items.push({ label: 'Copy key', run: () => void copyText(key, 'Key') })
  return items
}

function compareKeys(a: AttributeJson, b: AttributeJson): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
