// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import { type Component, listComponents } from '@otel-ts/collector'
import { parseChoice } from '../arguments.ts'
import type { Terminal } from '../terminal.ts'

export const componentsHelp = `Usage: otel-ts components [--format table|json]

Lists the Collector's components with the stability of each signal.`

const kinds = ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const

/** `otel-ts components`. */
export async function components(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({ args, options: { format: { type: 'string', default: 'table' } } })
  const format = parseChoice('--format', values.format, ['table', 'json'])
  const all = (await listComponents()).toSorted(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.type < b.type ? -1 : 1),
  )
  if (format === 'json') terminal.out(JSON.stringify(all.map(describe), undefined, 2))
  else for (const line of table(all, terminal)) terminal.out(line)
  return 0
}

function describe({ kind, type, aliases, description, stability }: Component): object {
  return { kind, type, aliases, description, stability }
}

function table(all: readonly Component[], terminal: Terminal): string[] {
  const typeWidth = Math.max(...all.map(({ type }) => type.length))
  const rows: string[] = []
  for (const kind of kinds) {
    const ofKind = all.filter((component) => component.kind === kind)
    if (ofKind.length === 0) continue
    if (rows.length > 0) rows.push('')
    rows.push(terminal.bold(`${kind}s`))
    for (const { type, aliases, description, stability } of ofKind) {
      const signals = Object.entries(stability).map(([signal, word]) => `${signal} ${word}`)
      const also = aliases.length === 0 ? '' : ` (also ${aliases.join(', ')})`
      rows.push(`  ${type.padEnd(typeWidth)}  ${description}${also}`)
      rows.push(terminal.dim(`  ${''.padEnd(typeWidth)}  ${signals.join(', ')}`))
    }
  }
  return rows
}
