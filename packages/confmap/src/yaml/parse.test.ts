// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { formatProblem } from '../errors.ts'
import { formatLocation } from '../location.ts'
import type { MapNode } from '../node.ts'
import { toPlain } from '../plain.ts'
import { parseYaml } from './parse.ts'

const text = `receivers:
  otlp:   # a comment
    endpoint: "0123"
    ports: [1, 0x2]
`

test('every key and value knows its line and column', () => {
  const root = parseYaml(text, 'a.yaml').node as MapNode
  const otlp = (root.entries.get('receivers')!.value as MapNode).entries.get('otlp')!
  const ports = (otlp.value as MapNode).entries.get('ports')!
  const second = ports.value.kind === 'list' ? ports.value.items[1]! : undefined
  expect(formatLocation(otlp.keyLocation)).toBe('a.yaml:2:3')
  expect(formatLocation(ports.keyLocation)).toBe('a.yaml:4:5')
  expect(formatLocation(second!.location)).toBe('a.yaml:4:16')
  expect(toPlain(root)).toEqual({ receivers: { otlp: { endpoint: '0123', ports: [1, 2] } } })
})

test('merge keys fill in what is not there, earlier maps first', () => {
  const { node, problems } = parseYaml('x: &x {a: 1, b: 1}\ny: {<<: [{b: 2}, *x], c: 3}\n', 'a.yaml')
  expect(problems).toEqual([])
  expect(toPlain(node)).toEqual({ x: { a: 1, b: 1 }, y: { c: 3, b: 2, a: 1 } })
})

test('a quoted << is an ordinary key', () => {
  expect(toPlain(parseYaml('"<<": {a: 1}', 'a.yaml').node)).toEqual({ '<<': { a: 1 } })
})

test('__proto__ is an ordinary key and touches no prototype', () => {
  const plain = toPlain(parseYaml('__proto__: {polluted: true}', 'a.yaml').node)
  expect(Object.keys(plain as object)).toEqual(['__proto__'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('explicit core tags type a value against its looks', () => {
  expect(toPlain(parseYaml('[!!str 12, !!int "12", !!float 1, !!bool true, !!null ""]', 'a.yaml').node)).toEqual([
    '12',
    12,
    1,
    true,
    null,
  ])
})

test('only the first document counts, and a second is warned about', () => {
  const { node, problems, warnings } = parseYaml('a: 1\n---\nb: [', 'a.yaml')
  expect([toPlain(node), problems]).toEqual([{ a: 1 }, []])
  expect(warnings.map(formatProblem)).toEqual([
    'a.yaml:2:1: has 2 YAML documents; only the first is used, as in the Go Collector',
  ])
})

describe('bad YAML is refused with its place', () => {
  test.each([
    ['a:\n\tb: 1', 'x:2:1: not valid YAML: Tabs are not allowed as indentation'],
    [
      'a: [1',
      'x:1:6: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a: 1\nb: 2\na: 3', 'x:3:1: key "a" is already at 1:1'],
    ['a: *missing', 'x:1:4: alias *missing has no anchor &missing before it'],
    ['a: &x [*x]', 'x:1:8: alias *x contains itself'],
    ['? [1]\n: 2', 'x:1:3: a key must be a plain name, not a list or a map'],
    ['a: !mine 1', 'x:1:10: "1" does not fit its tag !mine'],
    ['a: !!int yes', 'x:1:10: "yes" does not fit its tag tag:yaml.org,2002:int'],
    ['<<: 3', 'x:1:5: a merge key (<<) takes a map or a list of maps'],
  ])('%j', (source, message) => {
    expect(parseYaml(source, 'x').problems.map(formatProblem)).toEqual([message])
  })
})

describe('limits', () => {
  test('a text of the limit is read, one character more is not', () => {
    expect(parseYaml('aaaa', 'x', { maxLength: 4 }).problems).toEqual([])
    expect(parseYaml('aaaaa', 'x', { maxLength: 4 }).problems.map(formatProblem)).toEqual([
      'x: is 5 characters long; at most 4 are read',
    ])
  })

  test('nesting to the limit is read, one level more is not', () => {
    expect(parseYaml('[[[1]]]', 'x', { maxDepth: 3 }).problems).toEqual([])
    expect(parseYaml('[[[[1]]]]', 'x', { maxDepth: 3 }).problems.map(formatProblem)).toEqual([
      'x:1:5: is nested deeper than 3 levels',
    ])
  })

  test('nesting that would exhaust the stack is one problem, not the end of the process', () => {
    const deepest = { maxDepth: 5000 }
    expect(parseYaml('['.repeat(250) + ']'.repeat(250), 'x', deepest).problems).toEqual([])
    expect(parseYaml('['.repeat(251) + ']'.repeat(251), 'x', deepest).problems.map(formatProblem)).toEqual([
      'x:1:251: is nested deeper than 250 levels',
    ])
  })

  test.each([
    ['open brackets', '['.repeat(20_000)],
    ['open braces', '{a: '.repeat(20_000)],
    ['sequences in one line', '- '.repeat(20_000)],
    ['keys in one line', '? '.repeat(20_000)],
    ['sequences line by line', Array.from({ length: 1500 }, (_, depth) => `${' '.repeat(depth)}-`).join('\n')],
  ])('20,000 %s are refused before they are composed', (_what, text) => {
    expect(parseYaml(text, 'x').problems.map(({ message }) => message)).toEqual(['is nested deeper than 250 levels'])
  })

  test('aliases count written out: a bomb is refused, what just fits is not', () => {
    // a stands for 3 nodes, so b stands for 1 + 3 + 3.
    const source = '[&a [x, x], [*a, *a]]'
    expect(parseYaml(source, 'x', { maxNodeCount: 11 }).problems).toEqual([])
    expect(parseYaml(source, 'x', { maxNodeCount: 10 }).problems.map(({ message }) => message)).toEqual([
      'grows beyond 10 values once its aliases are written out',
    ])
    let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n'
    for (let i = 1; i < 12; i++)
      bomb += `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`
    expect(parseYaml(bomb, 'x').problems).toHaveLength(1)
  })
})
