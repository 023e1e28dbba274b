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
  const rows: string[][] = [['key', 'type', 'default', 'meaning']]
  const refusedRows: string[] = []
  collect(schema, '', rows, refusedRows)
  let text = rows.length === 1 ? 'There is nothing to configure.\n' : aligned(rows)
  if (refusedRows.length > 0) {
    text += `\nKeys of the Go Collector that are refused by name (never ignored):\n\n${refusedRows.join('\n')}\n`
  }
  return text
}

function collect(schema: Documented, prefix: string, rows: string[][], refusedRows: string[]): void {
  for (const [key, info] of Object.entries(schema.fields ?? {})) {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (info.refused !== undefined) {
      refusedRows.push(`- \`${path}\`: ${info.refused}`)
      continue
    }
    const fieldSchema = info.schema as Documented | undefined
    rows.push([`\`${path}\``, cell(fieldSchema?.typeName ?? ''), defaultCell(info), cell(info.description)])
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

// Columns stand under each other, as formatters of Markdown want them: a generated file must not fight with those.
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column]!)).join(' | ')} |\n`
  const [head = [], ...body] = rows
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + body.map(line).join('')
}
