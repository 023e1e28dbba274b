// SPDX-License-Identifier: Apache-2.0
// Reads tests/conformance/matrix.tsv and refuses whatever would make its score untrue.

/** Sections of the specification's compliance matrix: prefix of the ids, first and last number, name. */
export const sections = [
  { prefix: 'T', from: 1, to: 64, name: 'Traces' },
  { prefix: 'B', from: 1, to: 2, name: 'Baggage' },
  { prefix: 'M', from: 1, to: 88, name: 'Metrics' },
  { prefix: 'L', from: 1, to: 18, name: 'Logs' },
  { prefix: 'R', from: 1, to: 7, name: 'Resource' },
  { prefix: 'C', from: 1, to: 19, name: 'Context propagation' },
  { prefix: 'E', from: 1, to: 30, name: 'Environment variables' },
  { prefix: 'D', from: 1, to: 13, name: 'Declarative configuration' },
  { prefix: 'X', from: 1, to: 4, name: 'Exporters' },
  { prefix: 'X', from: 5, to: 23, name: 'Exporters: OTLP' },
  { prefix: 'X', from: 24, to: 37, name: 'Exporters: Zipkin' },
  { prefix: 'X', from: 38, to: 59, name: 'Exporters: Prometheus' },
  { prefix: 'S', from: 1, to: 17, name: 'SDK self-observability' },
  { prefix: 'OC', from: 1, to: 2, name: 'OpenCensus compatibility' },
  { prefix: 'OT', from: 1, to: 7, name: 'OpenTracing compatibility' },
]

export const classes = ['required', 'optional', 'deprecated']
const columns = ['id', 'class', 'label', 'opentelemetry-js', 'state', 'tests']
const maxRowsPerTest = 3

/**
 * @typedef {{ id: string, class: string, label: string, published: string, proven: boolean, tests: string[], line: number }} Row
 * @param {string} file name for messages
 * @param {string} text
 * @returns {{ rows: Row[], problems: string[] }}
 */
export function parseMatrix(file, text) {
  const problems = []
  const rows = []
  const lines = text.split('\n')
  if (lines[0] !== columns.join('\t')) {
    problems.push(`${file}:1: the header is not "${columns.join(' <tab> ')}"`)
  }
  const byId = new Map()
  const byTest = new Map()
  for (let index = 1; index < lines.length; index++) {
    if (lines[index] === '') continue
    const line = index + 1
    const wrong = (message) => problems.push(`${file}:${line}: ${message}`)
    const [id = '', kind = '', label = '', published = '', state = '', ...tests] = lines[index].split('\t')
    if (sectionOf(id) === undefined) {
      wrong(`id "${id}" is not one of the ${total()} rows`)
      continue
    }
    if (byId.has(id)) wrong(`id ${id} stands in line ${byId.get(id)} already`)
    else byId.set(id, line)
    if (!classes.includes(kind)) wrong(`${id}: class "${kind}" is not known; allowed: ${classes.join(', ')}`)
    if (label === '' || label.length > 80) wrong(`${id}: the label has ${label.length} characters; allowed: 1 to 80`)
    if (!['+', '-', '?'].includes(published)) wrong(`${id}: opentelemetry-js is "${published}"; allowed: +, -, ?`)
    if (state !== '+' && state !== '-') wrong(`${id}: state "${state}" is not known; allowed: +, -`)
    if (state === '+' && tests.length === 0) wrong(`${id}: is + without a test; expected path#test name`)
    if (state === '-' && tests.length > 0) wrong(`${id}: is - but names a test; a proven row is +`)
    for (const test of new Set(tests)) {
      if (!/^[^#]+\.test\.ts#.+$/.test(test))
        wrong(`${id}: "${test}" does not name a test; expected path.test.ts#test name`)
      const ids = byTest.get(test) ?? []
      byTest.set(test, [...ids, id])
      if (ids.length === maxRowsPerTest) {
        wrong(`${id}: "${test}" proves ${ids.join(', ')} already; one test may prove ${maxRowsPerTest} rows`)
      }
    }
    rows.push({ id, class: kind, label, published, proven: state === '+', tests, line })
  }
  for (const { prefix, from, to } of sections) {
    for (let number = from; number <= to; number++) {
      const id = prefix + String(number).padStart(2, '0')
      if (!byId.has(id)) problems.push(`${file}: row ${id} is missing`)
    }
  }
  return { rows, problems }
}

/** The section an id belongs to, or undefined. */
export function sectionOf(id) {
  const match = /^([A-Z]+)(\d\d)$/.exec(id)
  if (match === null) return undefined
  const number = Number(match[2])
  return sections.find(({ prefix, from, to }) => prefix === match[1] && number >= from && number <= to)
}

function total() {
  return sections.reduce((sum, { from, to }) => sum + to - from + 1, 0)
}
