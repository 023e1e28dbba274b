// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as users write them are what is tested
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatProblem } from './errors.ts'
import { loadConfigMap } from './load.ts'
import type { ConfigNode, MapNode } from './node.ts'
import { toPlain } from './plain.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confmap-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function load(yaml: string, environment: Record<string, string> = {}) {
  return loadConfigMap({ sources: [`yaml:${yaml}`], environment })
}

async function expandedValue(yaml: string, environment: Record<string, string> = {}) {
  const { root, problems, warnings } = await load(`v: ${yaml}`, environment)
  const node = root.entries.get('v')!.value
  return { plain: toPlain(node), original: node.expanded?.original, problems, warnings, node }
}

describe('a value that is one reference is YAML, and keeps its text for string fields', () => {
  test.each([
    ['0123', 83, '0123'],
    ['"x"', '"x"', '"x"'],
    ['true', true, 'true'],
    ['', null, ''],
    ['1e3', 1000, '1e3'],
    ['[a, 1]', ['a', 1], '[a, 1]'],
    ['{a: 1}', { a: 1 }, '{a: 1}'],
    ['[broken', '[broken', '[broken'],
    ['a: b: c', 'a: b: c', 'a: b: c'],
    ['2020-01-01', '2020-01-01', '2020-01-01'],
  ])('%j', async (variable, plain, original) => {
    const value = await expandedValue(`${'$'}{env:X}`, { X: variable })
    expect([value.plain, value.original, value.problems]).toEqual([plain, original, []])
  })
})

describe('expansion', () => {
  test.each<[string, Record<string, string>, unknown]>([
    ['${X}', { X: '1' }, 1],
    ['$X', { X: '1' }, '$X'],
    ['http://${env:H}:${P}/', { H: 'h', P: '0123' }, 'http://h:0123/'],
    ['${env:A}${env:B}', { A: '1', B: '2' }, '12'],
    ['${env:${env:NAME}}', { NAME: 'X', X: '7' }, 7],
    ['${env:A}', { A: '${env:B}', B: '[1, "${env:C}"]', C: '3' }, [1, 3]],
    ['${env:N:-fallback}', {}, 'fallback'],
    ['${env:N:-4317}', {}, 4317],
    ['${env:N:-}', {}, ''],
    ['${env:N:-fallback}', { N: '' }, null],
    ['${env:N:-a:-b}', {}, 'a:-b'],
    ['"${env:M}"', { M: '{a: 1}' }, { a: 1 }],
    ['x${env:M}', { M: '{a: 1}' }, 'x{a: 1}'],
    ['"}${X}"', { X: '1' }, '}1'],
    ['"${"', {}, '${'],
  ])('%s', async (yaml, environment, expected) => {
    const { plain, problems } = await expandedValue(yaml, environment)
    expect([plain, problems]).toEqual([expected, []])
  })
})

describe('escaping', () => {
  test.each<[string, Record<string, string>, unknown]>([
    ['$${env:X}', { X: '1' }, '${env:X}'],
    ['$$${env:X}', { X: '1' }, '$1'],
    ['$$$${env:X}', { X: '1' }, '$${env:X}'],
    ['$$', {}, '$'],
    ['a$$b', {}, 'a$b'],
    ['${env:X}', { X: 'pa$$word' }, 'pa$word'],
    ['${env:X}', { X: 'pa$word' }, 'pa$word'],
    ['$${env:X} ${env:X}', { X: '1' }, '${env:X} 1'],
  ])('%s', async (yaml, environment, expected) => {
    const { plain, problems } = await expandedValue(yaml, environment)
    expect([plain, problems]).toEqual([expected, []])
  })
})

test('keys are not expanded', async () => {
  const { root } = await load('{"${env:X}": 1}', { X: 'a' })
  expect(toPlain(root)).toEqual({ '${env:X}': 1 })
})

describe('a reference that cannot be expanded', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      '${env:1X}',
      {},
      'v: ${env:1X}: environment variable "1X" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$',
    ],
    [
      '${NAME:-x}',
      {},
      'v: ${NAME:-x}: scheme "NAME" is not supported; did you mean ${env:NAME:-x}? supported: env, file, yaml',
    ],
    ['${enw:X}', {}, 'v: ${enw:X}: scheme "enw" is not supported; did you mean "env"? supported: env, file, yaml'],
    ['${a:b}', {}, 'v: ${a:b}: invalid uri "a:b"; expected ${scheme:value}'],
    ['${env:$X}', {}, `v: \${env:$X}: the uri "env:$X" contains unsupported characters ('$')`],
    ['${file:/no/such}', {}, 'v: ${file:/no/such}: unable to read the file "/no/such": no such file'],
    ['${A}', { A: '${A}' }, 'v: too many recursive expansions: more than 1000 in one value'],
    ['x${A}', { A: 'x${A}' }, 'v: too many recursive expansions: more than 1000 in one value'],
  ])('%s', async (yaml, environment, message) => {
    const { problems } = await expandedValue(yaml, environment)
    expect(problems.map((problem) => formatProblem({ ...problem, location: undefined }))).toEqual([message])
  })

  test('all of them are reported at once, in order, with their places', async () => {
    const file = join(folder, 'two.yaml')
    await writeFile(file, 'a: ${nope:1}\nb:\n  - ${env:OK}\n  - x${bad:2}\n')
    const { problems } = await loadConfigMap({ sources: [file], environment: { OK: '1' } })
    expect(problems.map(formatProblem)).toEqual([
      `${file}:1:4: a: \${nope:1}: scheme "nope" is not supported; supported: env, file, yaml`,
      `${file}:4:5: b[1]: \${bad:2}: scheme "bad" is not supported; supported: env, file, yaml`,
    ])
  })

  test('references that multiply stop at the length limit', async () => {
    const environment: Record<string, string> = { A0: 'x'.repeat(100_000) }
    for (let i = 1; i < 30; i++) environment[`A${i}`] = `\${A${i - 1}}\${A${i - 1}}`
    const { problems } = await expandedValue('y${A29}', environment)
    expect(problems.map(({ message }) => message)).toEqual(['grows beyond 4194304 characters by its references'])
  })
})

test('an unset variable is null with a warning that tells how to give a default', async () => {
  const { plain, warnings } = await expandedValue('${env:UNSET}')
  expect(plain).toBeNull()
  expect(warnings.map(({ code, path, message }) => [code, path, message])).toEqual([
    [
      'CONFIG_UNSET_VARIABLE',
      'v',
      'environment variable UNSET is not set; its value is taken as empty (write ${env:UNSET:-default} to give one)',
    ],
  ])
})

test('a file reference brings its own file name and lines', async () => {
  const file = join(folder, 'part.yaml')
  await writeFile(file, 'a:\n  b: 1\n')
  const { node } = await expandedValue(`\${file:${file}}`)
  const a = (node as MapNode).entries.get('a')!
  expect([toPlain(node), a.value.location]).toEqual([{ a: { b: 1 } }, { file, line: 2, column: 3 }])
})

describe('several sources', () => {
  const merge = async (...sources: string[]) => {
    const { root, problems } = await loadConfigMap({ sources: sources.map((yaml) => `yaml:${yaml}`), environment: {} })
    expect(problems).toEqual([])
    return toPlain(root)
  }

  test('maps merge deeply, lists and scalars are replaced', async () => {
    expect(await merge('{a: {x: 1, l: [1, 2]}, b: 1}', '{a: {y: 2, l: [3]}, b: {c: 1}}')).toEqual({
      a: { x: 1, l: [3], y: 2 },
      b: { c: 1 },
    })
  })

  test('null replaces: an empty section wipes that of an earlier source', async () => {
    expect(await merge('{processors: {batch: {timeout: 1s}}}', '{processors: }')).toEqual({ processors: null })
  })

  test('top-level keys may be written as paths', async () => {
    expect(
      await merge('{processors: {batch: {timeout: 1s, send_batch_size: 1}}}', 'processors::batch::timeout: 2s'),
    ).toEqual({ processors: { batch: { timeout: '2s', send_batch_size: 1 } } })
  })

  test('--set wins, with dots as separators and YAML values', async () => {
    const { root } = await loadConfigMap({
      sources: ['yaml:{a: {b: 1}}'],
      set: ['a.b=[x, 2]', 'a.c=', 'd=k=v'],
      environment: {},
    })
    expect(toPlain(root)).toEqual({ a: { b: ['x', 2], c: null }, d: 'k=v' })
  })

  test('expansion follows merging: a replaced reference is never looked up', async () => {
    const { root, problems } = await loadConfigMap({
      sources: ['yaml:{a: "${nope:1}"}', 'yaml:{a: 2}'],
      environment: {},
    })
    expect([toPlain(root), problems]).toEqual([{ a: 2 }, []])
  })

  test('what cannot be read is reported beside the other sources', async () => {
    const { problems } = await loadConfigMap({
      sources: ['/no/such.yaml', 's3:bucket', 'yaml:[1]', 'yaml:a: b: c'],
      set: ['novalue'],
      environment: {},
    })
    expect(problems.map(formatProblem)).toEqual([
      'yaml:[1]:1:1: must be a map with keys such as receivers and service, got a list',
      'yaml:a: b: c:1:4: not valid YAML: Nested mappings are not allowed in compact mappings',
      '--config /no/such.yaml: unable to read the file "/no/such.yaml": no such file',
      '--config s3:bucket: scheme "s3" is not supported; supported: env, file, yaml',
      '--set novalue: expected key=value, such as --set processors.batch.timeout=2s',
    ])
  })

  test('a file over the size limit is refused', async () => {
    const file = join(folder, 'big.yaml')
    await writeFile(file, 'a: 1234')
    const at = (maxLength: number) => loadConfigMap({ sources: [file], limits: { maxLength } })
    expect((await at(7)).problems).toEqual([])
    expect((await at(6)).problems.map(({ message }) => message)).toEqual([
      `--config ${file}: unable to read the file "${file}": it is 7 bytes long, at most 6 are read`,
    ])
  })
})

test('one node shared by aliases expands in each place', async () => {
  const { root } = await load('{a: &x {k: "${env:X}"}, b: *x}', { X: '1' })
  const at = (key: string): ConfigNode => root.entries.get(key)!.value
  expect([toPlain(at('a')), toPlain(at('b'))]).toEqual([{ k: 1 }, { k: 1 }])
})
