// SPDX-License-Identifier: Apache-2.0

// Characters that would reorder or hide what follows them: C0 and C1 controls, zero-width marks, the bidirectional
// overrides and isolates. A span name must not be able to rewrite the row around it.
const invisible = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** One line of text that is safe to draw between other text: each control or bidirectional mark becomes `·`. */
export function singleLine(text: string): string {
  return text.replace(invisible, '·')
}

/** The first `maxLength` UTF-16 units, without half a surrogate pair at the end. */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const last = text.charCodeAt(maxLength - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxLength - 1 : maxLength)
}

/** As {@link cut}, on one line and with an ellipsis when something was left out. */
export function shorten(text: string, maxLength: number): string {
  const short = cut(text, maxLength)
  return short.length < text.length ? `${singleLine(short)}…` : singleLine(short)
}

/** JSON with indentation; the text itself when it is no JSON or longer than `maxLength`. */
export function prettyJson(text: string, maxLength = 200_000): string {
  // Short ones read better on one line.
  if (text.length > maxLength || text.length <= 48) return text
  // Numbers pass through untouched only while they are exact as doubles; otherwise showing the original is right.
  if (/\d{16,}/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
