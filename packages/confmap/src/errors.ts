// SPDX-License-Identifier: Apache-2.0
import { formatLocation, type Location } from './location.ts'

/** What each code of a {@link Problem} means. */
export const configProblems = {
  CONFIG_SOURCE: 'A source could not be read: no such file, no such scheme, too large',
  CONFIG_YAML: 'The text is not YAML, or uses a part of YAML that configuration does not allow',
  CONFIG_DUPLICATE_KEY: 'A map has the same key twice',
  CONFIG_EXPANSION: 'A reference could not be expanded',
  CONFIG_TYPE: 'A value has the wrong type',
  CONFIG_VALUE: 'A value has the right type but is not allowed',
  CONFIG_UNKNOWN_KEY: 'A key is not known at this place',
  CONFIG_REQUIRED: 'A value that must be given is missing',
  CONFIG_NOT_SUPPORTED: 'A key is known upstream, but its function does not exist here',
  CONFIG_UNSET_VARIABLE: 'An environment variable is referenced but not set (warning)',
  CONFIG_SUSPICIOUS: 'A value is allowed but most likely not meant (warning)',
  CONFIG_DEPRECATED: 'A name or key still works but has a newer spelling (warning)',
} as const

/** Code of a {@link Problem}; packages that add checks of their own add codes of their own. */
export type ConfigProblemCode = keyof typeof configProblems | (string & {})

/** One thing wrong with a configuration: where, at which path, and what would be right. */
export interface Problem {
  readonly code: ConfigProblemCode
  readonly location: Location | undefined
  /** Keys from the root joined by `::`, such as `receivers::otlp::protocols`; empty for the document itself. */
  readonly path: string
  /** What was met and what is allowed, without location and path. */
  readonly message: string
}

/**
 * Writes a problem on one line.
 *
 * @example
 * ```ts
 * import { formatProblem, integer, parseYaml, readConfig } from '@otel-ts/confmap'
 * const { problems } = readConfig(integer({ min: 1 }), parseYaml('0', 'gateway.yaml').node, ['queue_size'])
 * for (const problem of problems) console.log(formatProblem(problem)) // gateway.yaml:1:1: queue_size: expected an integer >= 1, got 0
 * ```
 */
export function formatProblem(problem: Problem): string {
  let text = problem.location === undefined ? '' : `${formatLocation(problem.location)}: `
  if (problem.path !== '') text += `${problem.path}: `
  return text + problem.message
}

const brand: unique symbol = Symbol.for('otel-ts.error') as never

/** A configuration was refused; carries every problem found, in the order of the sources. */
export interface ConfigError extends Error {
  readonly code: 'CONFIG_INVALID'
  readonly problems: readonly Problem[]
}

/**
 * Makes the error that refuses a configuration. Its message has one line per problem and ends with what happens now.
 *
 * @example
 * ```ts
 * import { configError, isConfigError } from '@otel-ts/confmap'
 * const error = configError([{ code: 'CONFIG_REQUIRED', location: undefined, path: 'exporters', message: 'is missing' }])
 * console.log(isConfigError(error), error.message.split('\n')[0]) // true exporters: is missing
 * ```
 */
export function configError(problems: readonly Problem[]): ConfigError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const lines = problems.map(formatProblem)
  const error = new Error(`${lines.join('\n')}\n${count} in the configuration; it was not used`)
  return Object.assign(error, {
    name: 'ConfigError',
    code: 'CONFIG_INVALID' as const,
    problems,
    [brand]: true as const,
  })
}

/** Whether `value` is a {@link ConfigError}, of whichever copy of the package. */
export function isConfigError(value: unknown): value is ConfigError {
  return typeof value === 'object' && value !== null && brand in value && 'problems' in value
}

/**
 * Sorts problems by source, line and column. Sources stand in the order of `files`; problems without a place come last,
 * since they are about what the whole lacks.
 */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = (problem: Problem): number => {
    if (problem.location === undefined) return Number.MAX_SAFE_INTEGER
    const index = files.indexOf(problem.location.file)
    return index < 0 ? files.length : index
  }
  return problems.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
      (a.location?.column ?? 0) - (b.location?.column ?? 0),
  )
}
