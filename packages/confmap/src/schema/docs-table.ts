// SPDX-License-Identifier: Apache-2.0
import type { FieldInfo, Schema } from './schema.ts'

type Documented = Pick<Schema<never>, 'fields' | 'element' | 'typeName'>

/**
 * Writes the keys of a schema as a Markdown table: key with its path, type, default, meaning. Refused keys follow as a
 * list, so that a reader who comes with a configuration finds each of them.
 *
 * @example
 * ```ts
 * import { docsTable, durationMillis, field, object } from '@otel-ts/confmap'
 * const schema = object({ timeout: field(durationMillis(), { default: 200, description: 'Longest wait.' }) })
 * console.log(docsTable(schema).split('\n')[2]) // | `timeout` | duration | `200ms` | Longest wait. |
 * ```
 */
export function docsTable(schema: Documented): string {
  const rows: string[] = []
  const refusedRows: string[] = []
  collect(schema, '', rows, refusedRows)
  let text = `| key | type | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
  if (rows.length === 0) text = 'There is nothing to configure.\n'
  if (refusedRows.length > 0) {
    text += `\nKeys of the Go Collector that are refused by name (never ignored):\n\n${refusedRows.join('\n')}\n`
  }
  return text
}

function collect(schema: Documented, prefix: string, rows: string[], refusedRows: string[]): void {
  for (const [key, info] of Object.entries(schema.fields ?? {})) {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (info.refused !== undefined) {
      refusedRows.push(`- \`${path}\`: ${info.refused}`)
      continue
    }
    const fieldSchema = info.schema as Documented | undefined
    rows.push(
      `| \`${path}\` | ${cell(fieldSchema?.typeName ?? '')} | ${defaultCell(info)} | ${cell(info.description)} |`,
    )
    if (fieldSchema?.fields !== undefined) collect(fieldSchema, path, rows, refusedRows)
    if (fieldSchema?.element?.fields !== undefined) collect(fieldSchema.element, `${path}[]`, rows, refusedRows)
  }
}

function defaultCell(info: FieldInfo): string {
  if (info.required) return '**required**'
  return info.defaultText === undefined ? '' : cell(info.defaultText)
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
