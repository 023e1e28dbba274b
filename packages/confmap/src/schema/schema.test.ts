// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as users write them are what is tested
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  anything,
  boolean,
  byShape,
  byteSize,
  checked,
  componentId,
  docsTable,
  durationMillis,
  durationNanos,
  field,
  formatProblem,
  type Infer,
  integer,
  list,
  loadConfigMap,
  located,
  mapOf,
  number,
  object,
  oneOf,
  opaqueString,
  optionalSection,
  parseYaml,
  readConfig,
  refused,
  required,
  type Schema,
  section,
  string,
  union,
} from '../index.ts'

const read = <T>(schema: Schema<T>, yaml: string) => readConfig(schema, parseYaml(yaml, 'x').node, ['p'])
const problemsOf = (schema: Schema<unknown>, yaml: string) => read(schema, yaml).problems.map(formatProblem)

async function fromEnv<T>(schema: Schema<T>, variable: string) {
  const { root } = await loadConfigMap({ sources: ['yaml:{v: "${env:X}"}'], environment: { X: variable } })
  return readConfig(object({ v: field(schema, { description: '' }) }), root)
}

const server = object(
  {
    endpoint: field(string(), { default: 'localhost:4318', description: 'Address to listen on.' }),
    max: field(integer({ min: 1, max: 10 }), { default: 5, description: 'Most at once.' }),
    token: field(opaqueString(), { description: 'Secret.' }),
    tls: optionalSection(object({ cert: required(string(), 'Certificate.') }), {
      description: 'TLS.',
      whenNull: 'absent',
    }),
    cors: optionalSection(object({ max_age: field(integer(), { default: 0, description: 'Seconds.' }) }), {
      description: 'CORS.',
      whenNull: 'present',
    }),
    limits: section(object({ soft: field(integer(), { default: 1, description: 'Soft.' }) }), 'Limits.'),
    middlewares: refused('extensions cannot intercept requests', ['none']),
  },
  (value, scope, locate) => {
    if (value.limits.soft > value.max) {
      scope.at('limits').at('soft').problem('CONFIG_VALUE', locate('limits', 'soft'), 'must not exceed max')
    }
  },
)

test('an empty map has all defaults; absent sections are undefined', () => {
  expect(read(server, '{}').value).toEqual({
    endpoint: 'localhost:4318',
    max: 5,
    token: undefined,
    tls: undefined,
    cors: undefined,
    limits: { soft: 1 },
  })
})

test('the type of the value follows from the definition', () => {
  const value: Infer<typeof server> = read(server, 'max: 7').value!
  const max: number = value.max
  const endpoint: string = value.endpoint
  const age: number | undefined = value.cors?.max_age
  expect([max, endpoint, age, 'middlewares' in value]).toEqual([7, 'localhost:4318', undefined, false])
})

test('absent, null and {} differ by section', () => {
  expect(read(server, 'cors:').value?.cors).toEqual({ max_age: 0 })
  expect(read(server, 'cors: {}').value?.cors).toEqual({ max_age: 0 })
  expect(read(server, 'tls:').value?.tls).toBeUndefined()
  expect(problemsOf(server, 'tls: {}')).toEqual(['x:1:6: p::tls::cert: is missing; expected string'])
})

test('null for a plain key keeps its default', () => {
  expect(read(server, '{max: , endpoint: ~}').value).toMatchObject({ max: 5, endpoint: 'localhost:4318' })
})

test('all problems show at once, in the order of the text', () => {
  expect(problemsOf(server, 'endpont: x\nmax: 11\ncors: {max_age: soon}\nmiddlewares: [a]\nlimits: 3\n')).toEqual([
    'x:2:6: p::max: expected an integer from 1 to 10, got 11',
    'x:3:17: p::cors::max_age: expected an integer, got "soon"',
    'x:5:9: p::limits: expected a map, got the number 3',
    'x:4:14: p::middlewares: is not supported: extensions cannot intercept requests',
    'x:1:1: p: unknown key "endpont"; did you mean "endpoint"? known: endpoint, max, token, tls, cors, limits',
  ])
})

test('a refused key may stand with a value that changes nothing', () => {
  for (const yaml of ['middlewares: none', 'middlewares: []', 'middlewares: {}', 'middlewares:']) {
    expect(problemsOf(server, yaml)).toEqual([])
  }
})

test('a check over several keys points at the key', () => {
  expect(problemsOf(server, 'limits: {soft: 6}')).toEqual(['x:1:16: p::limits::soft: must not exceed max'])
  expect(problemsOf(server, 'limits: {soft: 5}')).toEqual([])
})

test('__proto__ and constructor are unknown keys, not properties', () => {
  expect(problemsOf(object({}), '{__proto__: {a: 1}, constructor: 1}')).toEqual([
    'x:1:2: p: unknown key "__proto__"; known: none',
    'x:1:21: p: unknown key "constructor"; known: none',
  ])
  const map = read(mapOf(string()), '__proto__: a').value!
  expect([...map]).toEqual([['__proto__', 'a']])
})

describe('weak typing is off', () => {
  test.each<[string, Schema<unknown>, string, string]>([
    ['string', string(), '12', 'expected a string, got a number; put it in quotes'],
    ['string', string(), 'true', 'expected a string, got a boolean; put it in quotes'],
    ['string', string(), '[a]', 'expected a string, got a list'],
    ['integer', integer(), '"12"', 'expected an integer, got "12"'],
    ['integer', integer(), '1.5', 'expected an integer, got 1.5'],
    ['integer', integer(), '9007199254740993', 'expected an integer, got 9007199254740993'],
    ['integer', integer({ min: 0 }), '-1', 'expected an integer >= 0, got -1'],
    ['number', number({ max: 1 }), '1.01', 'expected a number <= 1, got 1.01'],
    ['number', number(), '.nan', 'expected a number, got NaN'],
    ['boolean', boolean(), '"true"', 'expected true or false, got "true"'],
    ['boolean', boolean(), 'yes', 'expected true or false, got "yes"'],
    ['boolean', boolean(), '1', 'expected true or false, got the number 1'],
    ['duration', durationMillis(), 'fast', 'expected a duration, such as 200ms or 1m30s, got "fast"'],
    [
      'duration',
      durationMillis({ min: '1s' }),
      '999ms',
      'expected a duration of at least 1s, such as 200ms or 1m30s, got 999ms',
    ],
    ['duration', durationNanos(), '1.5', 'expected a duration, such as 200ms or 1m30s, got the number 1.5'],
    ['bytes', byteSize(), '1 XB', 'expected a size in bytes, such as 1048576 or 1MiB, got "1 XB"'],
    ['bytes', byteSize(), '-1', 'expected a size in bytes, such as 1048576 or 1MiB, got -1'],
    ['enum', oneOf(['gzip', 'none']), 'gzp', '"gzp" is not allowed; did you mean "gzip"? allowed: gzip, none'],
    ['enum', oneOf(['gzip', '']), 'lz4', '"lz4" is not allowed; allowed: gzip, ""'],
    ['enum', oneOf(['gzip', 'none']), 'GZIP', '"GZIP" is not allowed; did you mean "gzip"? allowed: gzip, none'],
    ['enum', oneOf(['gzip']), '[x]', 'expected one of "gzip", got a list'],
    ['list', list(string(), { min: 1 }), '[]', 'expected at least 1 item, got 0'],
    ['list', list(string()), 'a', 'expected a list of string, got "a"'],
    ['map', mapOf(string()), 'a', 'expected a map of string, got "a"'],
    [
      'shape',
      byShape({ list: list(string()), map: mapOf(string()) }),
      'x',
      'expected list of string or map of string, got "x"',
    ],
    [
      'union',
      union<unknown>([integer(), boolean()], 'integer or boolean'),
      'x',
      'expected integer or boolean, got "x"',
    ],
    ['check', checked(integer(), (n) => (n % 2 ? `${n} is odd` : undefined)), '3', '3 is odd'],
    ['id', componentId(), '/x', 'in "/x" id: the part before / should not be empty'],
    ['id', componentId(), 'x/', 'in "x/" id: the part after / should not be empty'],
    ['id', componentId(), '9x', 'in "9x" id: invalid character(s) in type "9x"'],
    ['id', componentId(), 'x/a b', 'in "x/a b" id: invalid character(s) in name "a b"'],
    ['id', componentId(), '" "', 'id must not be empty'],
  ])('%s', (_, schema, yaml, message) => {
    expect(read(schema, yaml).problems.map((problem) => problem.message)).toEqual([message])
  })
})

describe('accepted values', () => {
  test.each<[string, Schema<unknown>, string, unknown]>([
    ['integer as float', integer(), '10.0', 10],
    ['duration', durationMillis(), '1m30s', 90_000],
    ['duration zero', durationMillis(), '0', 0],
    ['duration ns', durationNanos(), '1.5us', 1500n],
    ['bytes', byteSize(), '20MiB', 20 * 1024 * 1024],
    ['bytes', byteSize(), '1.5 kb', 1500],
    ['ignore case', oneOf(['INFO', 'WARN'], { ignoreCase: true }), 'info', 'INFO'],
    ['id', componentId(), ' otlp / 2 ', { type: 'otlp', name: '2', text: 'otlp/2' }],
    ['located', located(integer()), '5', { value: 5, location: { file: 'x', line: 1, column: 1 } }],
    ['anything', anything(), '[1, x]', [1, 'x']],
    [
      'longest type',
      componentId(),
      `a${'b'.repeat(62)}`,
      { type: `a${'b'.repeat(62)}`, name: '', text: `a${'b'.repeat(62)}` },
    ],
  ])('%s', (_, schema, yaml, value) => {
    expect(read(schema, yaml)).toMatchObject({ value, problems: [] })
  })

  test('a type of 64 characters is refused', () => {
    expect(read(componentId(), `a${'b'.repeat(63)}`).problems).toHaveLength(1)
  })
})

test('a bare number as duration means nanoseconds, and is warned about', () => {
  const { value, warnings } = read(durationMillis(), '5000000')
  expect([value, warnings.map(formatProblem)]).toEqual([
    5,
    ['x:1:1: p: 5000000 without a unit means 5ms; did you mean 5000000s or 5000000ms?'],
  ])
})

describe('values from ${env:} are coerced by the type of the field', () => {
  test('a string field takes the original text', async () => {
    expect((await fromEnv(string(), '0123')).value).toEqual({ v: '0123' })
    expect((await fromEnv(string(), '"x"')).value).toEqual({ v: '"x"' })
    expect((await fromEnv(string(), '[a]')).value).toEqual({ v: '[a]' })
    expect((await fromEnv(string(), '')).value).toEqual({ v: '' })
  })

  test('other fields take the YAML value', async () => {
    expect((await fromEnv(integer(), '0123')).value).toEqual({ v: 83 })
    expect((await fromEnv(boolean(), 'true')).value).toEqual({ v: true })
    expect((await fromEnv(list(string()), '[a, b]')).value).toEqual({ v: ['a', 'b'] })
    expect((await fromEnv(integer(), '')).value).toEqual({ v: undefined })
  })

  test('a wrong value names the reference it came from', async () => {
    expect((await fromEnv(integer(), 'abc')).problems.map(({ message }) => message)).toEqual([
      'expected an integer, got "abc" (from ${env:X})',
    ])
  })
})

describe('opaque strings', () => {
  test('show their text only when asked', () => {
    const { token } = read(server, 'token: s3cret').value!
    expect(token?.reveal()).toBe('s3cret')
    expect([`${token}`, JSON.stringify({ token }), inspect(token)]).toEqual([
      '[REDACTED]',
      '{"token":"[REDACTED]"}',
      '[REDACTED]',
    ])
  })

  test('stay out of messages about them', () => {
    const pattern = { form: /^Bearer /, meaning: 'a text that begins with Bearer' }
    expect(problemsOf(opaqueString({ pattern }), 's3cret')).toEqual([
      'x:1:1: p: expected a text that begins with Bearer, got [REDACTED]',
    ])
    expect(problemsOf(opaqueString(), '12345')[0]).not.toContain('12345')
  })
})

test('documentation shows every key with path, type, default, and refused keys apart', () => {
  expect(docsTable(server)).toBe(`| key            | type                 | default          | meaning               |
| -------------- | -------------------- | ---------------- | --------------------- |
| \`endpoint\`     | string               | \`localhost:4318\` | Address to listen on. |
| \`max\`          | integer from 1 to 10 | \`5\`              | Most at once.         |
| \`token\`        | opaque string        |                  | Secret.               |
| \`tls\`          | map                  |                  | TLS.                  |
| \`tls.cert\`     | string               | **required**     | Certificate.          |
| \`cors\`         | map                  |                  | CORS.                 |
| \`cors.max_age\` | integer              | \`0\`              | Seconds.              |
| \`limits\`       | map                  |                  | Limits.               |
| \`limits.soft\`  | integer              | \`1\`              | Soft.                 |

Keys of the Go Collector that are refused by name (never ignored):

- \`middlewares\`: extensions cannot intercept requests
`)
})

test('the JSON Schema closes the map, requires what is required, and lets references stand for values', () => {
  const schema = object({ a: required(integer({ min: 1 }), 'A.'), b: field(string(), { description: 'B.' }) })
  expect(schema.jsonSchema()).toEqual({
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      a: {
        description: 'A.',
        anyOf: [
          { type: 'integer', minimum: 1 },
          { type: 'string', pattern: '\\$\\{[^}]+\\}' },
        ],
      },
      b: { description: 'B.', type: 'string' },
    },
    required: ['a'],
  })
})
