// SPDX-License-Identifier: Apache-2.0
// npm run bench [-- --case <part of name>] [--node <path of a node binary>] [--gate] [--list] [--sets N] [--windows N]
// Peers and us in one run. Prints a table, writes bench/results/<case>.json; --gate fails below bench/gates.mjs.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { installPeer } from '../tools/peers.mjs'
import { gates } from './gates.mjs'
import { measureCase } from './harness/measure.mjs'
import { line, printTable, rounded, writeMachine, writeResults } from './harness/results.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const { values: options } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    node: { type: 'string', default: process.execPath },
    gate: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    sets: { type: 'string', default: '2' },
    windows: { type: 'string', default: '11' },
  },
})

// A case file is bench/<area>/*.cases.mjs and exports `cases`: see bench/README.md.
async function loadCases() {
  const cases = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    for (const file of readdirSync(join(folder, entry.name)).sort()) {
      if (!file.endsWith('.cases.mjs')) continue
      const loaded = await import(pathToFileURL(join(folder, entry.name, file)).href)
      cases.push(...loaded.cases)
    }
  }
  return cases
}

// Smaller is better, except for rates.
const ratioOf = (unit, ours, theirs) => (unit.endsWith('/s') ? ours / theirs : theirs / ours)

function gateOf(name, nodeLine) {
  const gate = gates[name]
  return gate === undefined ? {} : { ...gate, ratio: nodeLine === 20 ? gate.ratio : (gate.ratioOnNewer ?? gate.ratio) }
}

async function runCase(benchCase) {
  const arms = []
  for (const arm of benchCase.arms) {
    const context = { ...arm.context }
    if (arm.peer !== undefined) context.peerFolder = installPeer(arm.peer)
    // Arms that need several folders name them.
    for (const [name, peer] of Object.entries(arm.peers ?? {})) context[name] = installPeer(peer)
    arms.push({ ...arm, context })
  }
  const { version, medians } = await measureCase(arms, {
    node: options.node,
    sets: Number(options.sets),
    windows: benchCase.windows ?? Number(options.windows),
  })
  const ours = medians.get('ours')
  const peers = benchCase.arms.filter((arm) => arm.name !== 'ours')
  const row = (peer, theirs, isFloor = false) => ({
    case: benchCase.name,
    node: version,
    peer,
    ...(isFloor ? { isFloor } : {}),
    ours: rounded(ours),
    theirs: theirs === null ? null : rounded(theirs),
    unit: benchCase.unit,
    ratio: theirs === null ? null : rounded(ratioOf(benchCase.unit, ours, theirs)),
  })
  return peers.length === 0
    ? [row('none', null)]
    : peers.map((arm) => row(arm.name, medians.get(arm.name), arm.isFloor))
}

/** What is wrong with rows under their gate; undefined when nothing is. Floors, which nobody reaches, do not count. */
function verdict(rows) {
  const { ratio, atMost, atLeast } = gateOf(rows[0].case, line(rows[0].node))
  const [{ ours, unit }] = rows
  const ratios = rows.filter((row) => row.ratio !== null && row.isFloor !== true).map((row) => row.ratio)
  // Against the faster peer.
  if (ratio !== undefined && Math.min(...ratios) < ratio) return `ratio below ${ratio}`
  if (atMost !== undefined && ours > atMost) return `over ${atMost} ${unit}`
  if (atLeast !== undefined && ours < atLeast) return `under ${atLeast} ${unit}`
  return undefined
}

const wanted = (name) => options.case === undefined || options.case.some((part) => name.includes(part))
const cases = (await loadCases()).filter(({ name }) => wanted(name))
if (options.list) {
  for (const { name } of cases) console.log(name)
  process.exit(0)
}
if (cases.length === 0) {
  console.error(`no case matches ${options.case}; --list shows all; nothing was run`)
  process.exit(2)
}

const table = [['case', 'peer', 'ours', 'theirs', 'unit', 'ratio', 'gate', '']]
let failures = 0
for (const benchCase of cases) {
  process.stderr.write(`${benchCase.name} … \r`)
  let rows
  try {
    rows = await runCase(benchCase)
  } catch (error) {
    failures++
    console.error(`${benchCase.name}: not measured: ${error.message}`)
    continue
  }
  writeResults(benchCase.name, rows)
  const failure = verdict(rows)
  if (failure !== undefined) failures++
  const { ratio, atMost, atLeast } = gateOf(benchCase.name, line(rows[0].node))
  const gate =
    ratio !== undefined ? `${ratio}x` : atMost !== undefined ? `<= ${atMost}` : atLeast ? `>= ${atLeast}` : '-'
  rows.forEach((row, i) => {
    table.push([
      row.case,
      row.peer,
      row.ours,
      row.theirs ?? '-',
      row.unit,
      row.ratio === null ? '-' : `${row.ratio}x`,
      gate,
      i === 0 && failure ? `FAILS: ${failure}` : '',
    ])
  })
}
writeMachine()
printTable(table)
if (failures > 0) {
  console.log(`${failures} of ${cases.length} cases fail their gate or could not be measured`)
  if (options.gate) process.exitCode = 1
}
