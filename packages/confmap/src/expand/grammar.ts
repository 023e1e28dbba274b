// SPDX-License-Identifier: Apache-2.0

/** One `${…}` in a text. */
export interface Reference {
  /** Where `${` begins and where the text goes on after `}`. */
  readonly start: number
  readonly end: number
  /** What stands between the braces. */
  readonly body: string
}

/** How references are written in one family of configurations. */
export interface ExpansionGrammar {
  /** The next reference to expand in `text`, or undefined. */
  find(text: string): Reference | undefined
  /** Takes escapes away, once nothing is left to expand. */
  unescape(text: string): string
}

/**
 * The Collector's grammar: the innermost `${` before the first `}` comes first, so references nest; an odd number of `$`
 * before `${` escapes it; at the end each `$$` becomes `$`, also in values that came from a reference. `$NAME` without
 * braces is text.
 */
export const collectorGrammar: ExpansionGrammar = {
  find(text) {
    for (let from = 0; ; ) {
      const close = text.indexOf('}', from)
      if (close < 0) return undefined
      const start = text.lastIndexOf('${', close)
      if (start >= from && !isEscaped(text, start, from)) {
        return { start, end: close + 1, body: text.slice(start + 2, close) }
      }
      from = close + 1
    }
  },
  unescape: (text) => text.replaceAll('$$', '$'),
}

function isEscaped(text: string, start: number, from: number): boolean {
  let dollars = 0
  while (start - dollars - 1 >= from && text[start - dollars - 1] === '$') dollars++
  return dollars % 2 === 1
}
