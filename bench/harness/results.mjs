// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../results', import.meta.url))

/** Writes rows `{case, node, peer, ours, theirs, unit, ratio}`; rows of the same Node line and peer are replaced. */
export function writeResults(name, rows) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  const old = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const isReplaced = (row) => rows.some((now) => line(now.node) === line(row.node) && now.peer === row.peer)
  const all = [...old.filter((row) => !isReplaced(row)), ...rows]
  all.sort((a, b) => line(a.node) - line(b.node) || (a.peer < b.peer ? -1 : 1))
  writeFileSync(file, `[\n${all.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`)
}

/** Notes what the figures were measured on: results of different machines do not belong into one folder. */
export function writeMachine() {
  const [cpu] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const machine = `${availableParallelism()} x ${cpu?.model ?? 'unknown CPU'}, ${gigabytes} GiB, ${type()} ${release().split('.', 2).join('.')}`
  writeFileSync(join(folder, 'machine.json'), `${JSON.stringify({ machine })}\n`)
}

/** Major version of Node: 20 of v20.20.2. */
export function line(version) {
  return Number(/^v(\d+)/.exec(version)?.[1])
}

/** Three significant digits. */
export function rounded(value) {
  return value === 0 ? 0 : Number(value.toPrecision(3))
}

export function printTable(rows) {
  const cells = rows.map((row) => row.map(String))
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  for (const row of cells) {
    // Text left, numbers right.
    const texts = row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    console.log(texts.join('  ').trimEnd())
  }
}
