// SPDX-License-Identifier: Apache-2.0

/** Where something stands in the model; lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One reason to refuse a model. */
export interface Problem {
  readonly place: Place
  readonly message: string
}

/** All problems of a model at once, since they come in groups and each run costs a second. */
export interface ModelError extends Error {
  readonly code: 'SEMCONV_MODEL'
  readonly problems: readonly Problem[]
}

/** Makes the error which refuses a model; its message has one line per problem, in the order of files and lines. */
export function modelError(problems: readonly Problem[]): ModelError {
  const sorted = [...problems].sort(
    (a, b) =>
      a.place.file.localeCompare(b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column,
  )
  const lines = sorted.map(({ place, message }) => `${place.file}:${place.line}:${place.column}: ${message}`)
  const error = new Error(`${lines.join('\n')}\n${count(sorted.length, 'problem')}; nothing generated`)
  return Object.assign(error, { name: 'ModelError', code: 'SEMCONV_MODEL' as const, problems: sorted })
}

/** `1 problem`, `2 problems`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
