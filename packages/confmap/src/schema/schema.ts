// SPDX-License-Identifier: Apache-2.0
import type { ConfigProblemCode, Problem } from '../errors.ts'
import type { Location } from '../location.ts'
import { type ConfigNode, describeNode } from '../node.ts'

/** JSON Schema, draft 2020-12, as far as the combinators write it. */
export interface JsonSchema {
  [keyword: string]: unknown
}

/** Result of {@link Schema.read} for a value that was refused; the problem is already in the scope. */
export const invalid: unique symbol = Symbol('otel-ts.config.invalid')
export type Invalid = typeof invalid

/**
 * One definition of a piece of configuration: it checks and types the value, and writes JSON Schema and documentation.
 * Combinators make them; a hand-written one must report exactly when it returns {@link invalid}.
 */
export interface Schema<T> {
  /** Checks `node` and returns its value, or reports what is wrong and returns {@link invalid}. */
  read(node: ConfigNode, scope: Scope): T | Invalid
  /** The type in words for tables and messages: `integer`, `duration`, `"basic" | "normal"`. */
  readonly typeName: string
  jsonSchema(): JsonSchema
  /** Writes a default value as one would in YAML. */
  format(value: T): string
  /** Takes a null that came from `${}` as empty text instead of as absent: string fields do, as upstream. */
  readonly readsEmptyText?: boolean
  /** Keys below, for documentation. */
  readonly fields?: Readonly<Record<string, FieldInfo>>
  /** What lists and maps hold, for documentation. */
  readonly element?: Schema<unknown>
}

/** The TypeScript type of a schema's values. */
export type Infer<S> = S extends Schema<infer T> ? T : never

/** What documentation needs to know of a field. */
export interface FieldInfo {
  readonly schema: Schema<never> | undefined
  readonly description: string
  readonly required: boolean
  /** Default as YAML text; undefined when there is none. */
  readonly defaultText: string | undefined
  /** Set when the key is refused. */
  readonly refused?: string
}

/** Where a schema is reading, and where problems go. */
export class Scope {
  readonly path: readonly string[]
  readonly problems: Problem[]
  readonly warnings: Problem[]

  constructor(path: readonly string[], problems: Problem[], warnings: Problem[]) {
    this.path = path
    this.problems = problems
    this.warnings = warnings
  }

  /** Scope of a key or, with `[0]`, of a list item. */
  at(key: string): Scope {
    return new Scope([...this.path, key], this.problems, this.warnings)
  }

  /** Path as messages show it: `receivers::otlp::protocols`, list positions as `processors[0]`. */
  get pathText(): string {
    return this.path.join('::').replaceAll('::[', '[')
  }

  /** Reports a problem and returns {@link invalid}. */
  problem(code: ConfigProblemCode, location: Location | undefined, message: string): Invalid {
    this.problems.push({ code, location, path: this.pathText, message })
    return invalid
  }

  warn(code: ConfigProblemCode, location: Location | undefined, message: string): void {
    this.warnings.push({ code, location, path: this.pathText, message })
  }

  /** Reports that `node` has the wrong type. */
  expected(what: string, node: ConfigNode): Invalid {
    return this.problem('CONFIG_TYPE', node.location, `expected ${what}, got ${describeNode(node)}`)
  }
}

/** What {@link readConfig} returns. `value` is undefined exactly when there are problems. */
export interface ReadResult<T> {
  readonly value: T | undefined
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * Reads a node against a schema, reporting everything wrong with it at once.
 *
 * @param path path of the node in the whole configuration, for messages
 * @example
 * ```ts
 * import { field, formatProblem, integer, object, parseYaml, readConfig } from '@otel-ts/confmap'
 * const schema = object({ send_batch_size: field(integer({ min: 1 }), { default: 8192, description: 'Items per batch.' }) })
 * const { problems } = readConfig(schema, parseYaml('send_batch_sise: 0', 'x.yaml').node, ['processors', 'batch'])
 * console.log(formatProblem(problems[0]!)) // x.yaml:1:1: processors::batch: unknown key "send_batch_sise"; did you mean "send_batch_size"? known: send_batch_size
 * ```
 */
export function readConfig<T>(schema: Schema<T>, node: ConfigNode, path: readonly string[] = []): ReadResult<T> {
  const scope = new Scope(path, [], [])
  const value = schema.read(node, scope)
  return {
    value: value === invalid || scope.problems.length > 0 ? undefined : value,
    problems: scope.problems,
    warnings: scope.warnings,
  }
}
