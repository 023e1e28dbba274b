// SPDX-License-Identifier: Apache-2.0
import { cursorPlace, quoteWord } from '../filter/tokens.ts'
import { fetchFields, fetchValues } from '../state/client.ts'

/** One line of the completion list: `insert` replaces `from`..`to` of the text. */
export interface Completion {
  kind: 'field' | 'value'
  label: string
  insert: string
  from: number
  to: number
  count?: number
  note?: string
}

/** Fields of the span itself; attributes come from the server. */
const plainNotes: Record<string, string> = {
  service: 'service.name',
  name: 'span name',
  duration: 'h m s ms us ns',
  status: 'unset, ok, error',
  kind: 'server, client, …',
  'scope.name': 'instrumentation scope',
  'trace.id': '',
  'span.id': '',
}

const fixedValues: Record<string, readonly string[]> = {
  status: ['error', 'ok', 'unset'],
  kind: ['server', 'client', 'internal', 'producer', 'consumer'],
  duration: ['10ms', '100ms', '500ms', '1s', '5s'],
}

const maxChoices = 12

/** What may stand at the cursor. Completion is a convenience: without an answer there are just no choices. */
export async function complete(text: string, cursor: number, signal: AbortSignal): Promise<Completion[]> {
  const place = cursorPlace(text, cursor)
  const { from, to } = place
  try {
    if (place.kind === 'field') {
      const { fields } = await fetchFields(place.prefix, signal)
      const choices = fields.slice(0, maxChoices).map(({ field, count }): Completion => {
        const note = plainNotes[field]
        const sign = place.hasOperator ? '' : field === 'duration' ? '>' : '='
        return {
          kind: 'field',
          label: field,
          insert: `${quoteWord(field)}${sign}`,
          from,
          to,
          ...(note === undefined ? { count } : { note }),
        }
      })
      if (place.prefix !== '' && 'error'.startsWith(place.prefix) && !place.hasOperator) {
        choices.unshift({ kind: 'field', label: 'error', insert: 'error ', from, to, note: 'status is error' })
      }
      return choices
    }
    const fixed = fixedValues[place.field]
    if (fixed) {
      return fixed
        .filter((value) => value.startsWith(place.prefix))
        .map((value) => ({ kind: 'value', label: value, insert: `${value} `, from, to }))
    }
    const { values } = await fetchValues(place.field, place.prefix, signal)
    return values.slice(0, maxChoices).map(({ value, count }) => ({
      kind: 'value',
      label: value,
      insert: `${quoteWord(value)} `,
      from,
      to,
      count,
    }))
  } catch {
    return []
  }
}
