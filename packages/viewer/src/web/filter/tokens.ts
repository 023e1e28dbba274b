// SPDX-License-Identifier: Apache-2.0
// Completion needs to know only where the cursor stands: in the name of a field or in a value. The server parses the
// filter (terms such as `service=cart`, `duration>100ms`, `!user.id`, `"GET /"`); a text that is half typed is normal
// here and never an error.

export type CursorPlace =
  /** Typing the name of a field; `from`..`to` is what a choice replaces. */
  | { kind: 'field'; prefix: string; from: number; to: number; hasOperator: boolean }
  | { kind: 'value'; field: string; prefix: string; from: number; to: number }

const operator = /^(?:!=|!~|>=|<=|=|>|<|~)/

/** Where the cursor stands. */
export function cursorPlace(text: string, cursor: number): CursorPlace {
  const { from, to } = termAt(text, cursor)
  let at = from
  if (text[at] === '!' && cursor > at) at++
  const nameFrom = at
  if (text[at] === '"') at = quotedEnd(text, at, to)
  else while (at < to && !/[!=<>~"]/.test(text[at]!)) at++
  const sign = operator.exec(text.slice(at, to))?.[0]
  if (sign === undefined || cursor < at + sign.length) {
    return {
      kind: 'field',
      prefix: text.slice(nameFrom, Math.max(nameFrom, Math.min(cursor, at))),
      from: nameFrom,
      to: at,
      hasOperator: sign !== undefined,
    }
  }
  const valueFrom = at + sign.length
  return {
    kind: 'value',
    field: unquote(text.slice(nameFrom, at)),
    prefix: unquote(text.slice(valueFrom, cursor)),
    from: valueFrom,
    to,
  }
}

/** The stretch without unquoted blanks that the cursor is in or at the end of; empty between terms. */
function termAt(text: string, cursor: number): { from: number; to: number } {
  let at = 0
  while (at < text.length) {
    while (at < text.length && /\s/.test(text[at]!)) at++
    if (at > cursor) break
    const from = at
    while (at < text.length && !/\s/.test(text[at]!)) at = text[at] === '"' ? quotedEnd(text, at, text.length) : at + 1
    if (cursor >= from && cursor <= at) return { from, to: at }
  }
  return { from: cursor, to: cursor }
}

/** The place after the quotation that begins at `from`; `end` when it is not closed. */
function quotedEnd(text: string, from: number, end: number): number {
  let at = from + 1
  while (at < end && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return Math.min(end, at + 1)
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text
  return text
    .slice(1)
    .replace(/(^|[^\\])"$/, '$1')
    .replace(/\\(["\\])/g, '$1')
}

/** A name or value as it is written in a filter: bare where that is unambiguous, else in double quotes. */
export function quoteWord(word: string): string {
  if (/^[^\s"!=<>~]+$/.test(word)) return word
  return `"${word.replace(/[\\"]/g, '\\$&')}"`
}

/** One condition as text: `condition('http.route', '=', '/pay me')` is `http.route="/pay me"`. */
export function condition(field: string, sign: string, value: string): string {
  return `${quoteWord(field)}${sign}${quoteWord(value)}`
}
