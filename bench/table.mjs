// SPDX-License-Identifier: Apache-2.0
// node bench/table.mjs [--check]: writes the tables of README.md and bench/README.md from the committed results, between
// <!-- bench:start --> and <!-- bench:end -->. --check changes nothing and fails when a table is missing or stale.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { line } from './harness/results.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const start = '<!-- bench:start -->'
const end = '<!-- bench:end -->'

// Areas in the order of the tables; `short` are the cases that README.md shows.
const areas = [
  {
    title: 'SDK',
    prefix: 'sdk-',
    short: {
      'sdk-span-0': 'start and end a span',
      'sdk-span-5-options': 'the same with 5 attributes',
      'sdk-span-nested-active': 'nested active spans, each',
      'sdk-span-unsampled-child': 'a span that is not sampled',
      'sdk-span-batch-encode': 'a span of 10 attributes through batch and protobuf encoding',
      'sdk-span-batch-encode-unique': 'the same, no value ever repeated',
      'sdk-span-retained': 'memory of a span that waits',
      'sdk-encode-protobuf': 'encode protobuf',
      'sdk-encode-json': 'encode JSON',
      'sdk-w3c-extract': 'extract `traceparent`',
      'sdk-start-up': 'start-up with exporter, over bare node',
    },
  },
  {
    title: 'Whole request, the same npm instrumentations on each SDK',
    prefix: 'express-',
    more: ['sdk-http-request'],
    short: {
      'sdk-http-request': 'CPU added to a `node:http` request',
      'express-request': 'CPU added to an Express request, spans sent',
    },
  },
  {
    title: 'Collector, requests of 100 spans, against a bare `node:http` server that throws them away',
    prefix: 'http-',
    short: {
      'http-receive-batch': 'OTLP/HTTP, checked, to batch',
      'http-receive-gzip': 'the same, gzip',
      'http-through': 'on to OTLP/HTTP',
      'http-through-gzip': 'the same, gzip in and out',
    },
  },
  {
    title: 'gRPC, requests of 100 spans, and what one request costs the client',
    prefix: 'grpc-',
    more: ['http-client-request'],
    short: {
      'grpc-receive-batch': 'OTLP/gRPC, checked, to batch',
      'grpc-client-request': 'one gRPC request, for the client',
      'http-client-request': 'one HTTP request, for the client',
    },
  },
  {
    title: 'Codec',
    prefix: 'otlp-',
    short: {
      'otlp-index': 'check a request and index all of it',
      'otlp-decode': 'decode',
      'otlp-append-attribute': 'add an attribute to every span',
    },
  },
  {
    title: 'Store and viewer, 100,000 spans',
    prefix: 'store-',
    more: ['viewer-open-10k', 'viewer-filter-100k', 'viewer-live'],
    short: {
      'store-ingest': 'take a span into the store',
      'store-filter-attribute': 'filter by an attribute, in the store',
      'viewer-filter-100k': 'the same, until the page shows it',
      'viewer-open-10k': 'open a trace of 10,000 spans in the page',
      'viewer-live': 'a trace shows after its export',
    },
  },
]

function readResults() {
  const listed = spawnSync('git', ['ls-files', '--', 'bench/results'], { cwd: root, encoding: 'utf8' })
  if (listed.status !== 0) throw new Error(`git ls-files bench/results: ${listed.stderr}; no table is written`)
  const rows = []
  const singles = {}
  for (const path of listed.stdout.trim().split('\n')) {
    if (!existsSync(join(root, path))) continue
    const content = JSON.parse(readFileSync(join(root, path), 'utf8'))
    if (Array.isArray(content)) rows.push(...content)
    else singles[basename(path, '.json')] = content
  }
  return { rows, singles }
}

const { rows, singles } = readResults()
const lines = [...new Set(rows.map(({ node }) => line(node)))].sort((a, b) => a - b)

function areaOf(name) {
  return areas.find(({ more }) => more?.includes(name)) ?? areas.find(({ prefix }) => name.startsWith(prefix))
}

const number = (value) => (value >= 1e6 ? `${trim(value / 1e6)} M` : trim(value))
const trim = (value) => String(Number(value.toPrecision(3)))
const amount = (value, unit) => `${number(value)} ${unit}`.replace('us/', 'µs/')
const ratioText = (value) => (value === null || value === undefined ? '' : `${trim(value)}x`)

/** The row of the peer that does best, floors (which are no peers) left out. */
function best(candidates) {
  const peers = candidates.filter(({ isFloor, ratio }) => isFloor !== true && ratio !== null)
  if (peers.length === 0) return candidates[0]
  return peers.reduce((a, b) => (b.ratio < a.ratio ? b : a))
}

const rowsOf = (name, nodeLine) => rows.filter((row) => row.case === name && line(row.node) === nodeLine)

function shortTable() {
  const text = [
    `| | ours | fastest peer | Node ${lines.join(' | Node ')} |`,
    `|---|---|---|${lines.map(() => '---').join('|')}|`,
  ]
  for (const { title, short } of areas) {
    const known = Object.entries(short).filter(([name]) => rows.some((row) => row.case === name))
    if (known.length === 0) continue
    text.push(`| **${title}** | | |${lines.map(() => ' ').join('|')}|`)
    for (const [name, what] of known) {
      const first = best(
        rowsOf(
          name,
          lines.find((one) => rowsOf(name, one).length > 0),
        ),
      )
      const cells = lines.map((one) => {
        const found = rowsOf(name, one)
        return found.length === 0 ? '' : ratioText(best(found).ratio)
      })
      const theirs = first.theirs === null ? '' : amount(first.theirs, first.unit)
      text.push(`| ${what} | ${amount(first.ours, first.unit)} | ${theirs} | ${cells.join(' | ')} |`)
    }
  }
  return [...text, '', ...notes()].join('\n')
}

function longTable() {
  const text = []
  for (const area of areas) {
    const names = [...new Set(rows.map((row) => row.case))].filter((name) => areaOf(name) === area).sort()
    if (names.length === 0) continue
    text.push(`**${area.title}**`, '', `| case | peer |${lines.map((one) => ` Node ${one}: ours / theirs |`).join('')}`)
    text.push(`|---|---|${lines.map(() => '---|').join('')}`)
    for (const name of names) {
      const own = rows.filter((row) => row.case === name)
      for (const peer of [...new Set(own.map((row) => row.peer))]) {
        const cells = lines.map((one) => {
          const row = own.find((candidate) => candidate.peer === peer && line(candidate.node) === one)
          if (row === undefined) return ''
          if (row.theirs === null) return amount(row.ours, row.unit)
          return `${number(row.ours)} / ${amount(row.theirs, row.unit)} = ${ratioText(row.ratio)}`
        })
        text.push(`| ${name} | ${peer === 'none' ? '' : peer} | ${cells.join(' | ')} |`)
      }
    }
    text.push('')
  }
  return [...text, ...notes()].join('\n')
}

function notes() {
  const versions = [...new Set(rows.map(({ node }) => node))].sort((a, b) => line(a) - line(b))
  const text = [
    `Node ${versions.map((version) => version.slice(1)).join(', ')}; ${singles.machine?.machine ?? 'machine not recorded'}. CPU time, medians; a ratio above 1 is in our favour. The figures are those of the first Node line that has them.`,
  ]
  const { soak, hostile } = singles
  if (soak !== undefined) {
    const [early, late] = Object.entries(soak.residentMegabytes)
    text.push(
      '',
      `S${soak.case.slice(1)} (Node ${soak.node.slice(1)}): ${soak.sentCount} sent, ${soak.missingCount} missing, ${soak.duplicateCount} twice; resident ${early[1]} MB at ${early[0]}, ${late[1]} MB at ${late[0]}; ${soak.collectorCpuMicrosecondsPerSpan} µs CPU a span.`,
    )
  }
  if (hostile !== undefined) {
    text.push(
      '',
      `Hostile clients (${hostile.case.replace('hostile clients ', '')}): good client ${hostile.goodRequests} requests, ${hostile.goodFailures} failed, p99 ${hostile.goodWaitMillis.p99} ms; event loop late by at most ${hostile.eventLoopDelayMillis.max} ms (p99 ${hostile.eventLoopDelayMillis.p99} ms); peak resident ${hostile.peakResidentMegabytes} MB.`,
    )
  }
  return text
}

const isCheck = process.argv.includes('--check')
const problems = []
for (const [file, make] of [
  ['README.md', shortTable],
  ['bench/README.md', longTable],
]) {
  const path = join(root, file)
  if (!existsSync(path)) {
    problems.push(`${file}: is missing; expected with ${start} and ${end} in it`)
    continue
  }
  const old = readFileSync(path, 'utf8')
  const from = old.indexOf(start)
  const to = old.indexOf(end)
  if (from === -1 || to < from) {
    problems.push(`${file}: has no ${start} … ${end}; put both lines where the table belongs`)
    continue
  }
  const text = `${old.slice(0, from + start.length)}\n\n${make()}\n\n${old.slice(to)}`
  if (text === old) continue
  if (isCheck) problems.push(`${file}: its table is stale; run node bench/table.mjs`)
  else writeFileSync(path, text)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
