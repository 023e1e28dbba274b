// SPDX-License-Identifier: Apache-2.0
import type { Schema } from './schema.ts'

/** Identity of a configured component: `otlp` or `otlp/internal`. */
export interface ComponentId {
  readonly type: string
  /** What stands after `/`; empty when there is none. */
  readonly name: string
  /** The whole, without spaces around the parts. */
  readonly text: string
}

const typeForm = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/
const nameForm = /^[^\p{Z}\p{C}\p{S}]+$/u

/**
 * Reads a component id; returns what is wrong as text.
 *
 * @example
 * ```ts
 * import { parseComponentId } from '@otel-ts/confmap'
 * console.log(parseComponentId(' otlp / 2 ')) // { type: 'otlp', name: '2', text: 'otlp/2' }
 * console.log(parseComponentId('otlp/')) // in "otlp/" id: the part after / should not be empty
 * ```
 */
export function parseComponentId(text: string): ComponentId | string {
  const slash = text.indexOf('/')
  const type = (slash < 0 ? text : text.slice(0, slash)).trim()
  const name = slash < 0 ? '' : text.slice(slash + 1).trim()
  const quoted = JSON.stringify(text)
  if (text.trim() === '') return 'id must not be empty'
  if (type === '') return `in ${quoted} id: the part before / should not be empty`
  if (slash >= 0 && name === '') return `in ${quoted} id: the part after / should not be empty`
  if (!typeForm.test(type)) return `in ${quoted} id: invalid character(s) in type ${JSON.stringify(type)}`
  if (slash >= 0 && name.length > 1024)
    return `in ${quoted} id: the name has ${name.length} characters, at most 1024 are allowed`
  if (slash >= 0 && !nameForm.test(name)) return `in ${quoted} id: invalid character(s) in name ${JSON.stringify(name)}`
  return { type, name, text: name === '' ? type : `${type}/${name}` }
}

/**
 * A reference to a component: `otlp` or `otlp/internal`.
 *
 * @example
 * ```ts
 * import { componentId, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(componentId(), parseYaml('otlp/2', 'x').node).value?.name) // 2
 * ```
 */
export function componentId(): Schema<ComponentId> {
  return {
    typeName: 'component id',
    read(node, scope) {
      // A bare number such as 1 cannot be a type, so that an id is text or wrong.
      if (node.kind !== 'scalar' || typeof node.value !== 'string') return scope.expected('a component id', node)
      const id = parseComponentId(node.value)
      return typeof id === 'string' ? scope.problem('CONFIG_VALUE', node.location, id) : id
    },
    jsonSchema: () => ({ type: 'string' }),
    format: (id) => `\`${id.text}\``,
  }
}
