// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import {
  type Batch,
  batchFromRecords,
  type Consume,
  type ConsumeContext,
  consumeError,
  isConsumeError,
  type Signal,
} from '@otel-ts/otlp'
import { logRecord, logsOfService, spanRecord, spansOfService } from './record-builders.ts'

/** What the suite needs to see of a component: the shape of the Collector's declarations. */
export interface ContractComponent {
  readonly kind: string
  readonly type: string
  readonly aliases: readonly string[]
  readonly description: string
  readonly stability: Readonly<Record<string, string | undefined>>
}

/** One instance with what surrounds it, made anew for each case. */
export interface ContractInstance {
  start?(): Promise<void>
  shutdown?(deadline: AbortSignal): Promise<void>
  /** Absent for receivers and extensions. */
  consume?: Consume
  /** Items that the component counted as sent, lost or refused, together. */
  accountedItemCount(): number
  /** Frees what the case needed besides: servers, folders. */
  dispose?(): Promise<void>
}

/** A component under contract. */
export interface ContractSubject {
  readonly component: ContractComponent
  /** Makes an instance with a valid configuration for one signal; `next` takes what it hands on. */
  create(signal: Signal, next: Consume): Promise<ContractInstance>
  /** Problems of the component's schema with this YAML. */
  check(yaml: string): readonly { readonly code: string }[]
  /** The component's JSON Schema. */
  readonly jsonSchema: Readonly<Record<string, unknown>>
}

/** One rule of the contract; register `run` as a test of this name. */
export interface ContractCase {
  readonly name: string
  run(): Promise<void>
}

const context = (): ConsumeContext => ({ metadata: new Map(), signal: new AbortController().signal })

/** A batch of two items of a signal. */
export function contractBatch(signal: Signal): Batch {
  if (signal === 'traces') return batchFromRecords('traces', [spansOfService('contract', [spanRecord(), spanRecord()])])
  if (signal === 'logs') return batchFromRecords('logs', [logsOfService('contract', [logRecord(), logRecord()])])
  const point = { attributes: [], startTimeUnixNano: 0n, timeUnixNano: 1n, value: 1n, exemplars: [], flags: 0 }
  const metric = { name: 'contract', description: '', unit: '', metadata: [] }
  return batchFromRecords('metrics', [
    {
      resource: undefined,
      schemaUrl: '',
      scopeMetrics: [
        {
          scope: undefined,
          schemaUrl: '',
          metrics: [{ ...metric, data: { type: 'gauge', dataPoints: [point, { ...point, timeUnixNano: 2n }] } }],
        },
      ],
    },
  ])
}

/** The rules that every component of the Collector keeps, whatever it does. */
export function componentContract(subject: ContractSubject): ContractCase[] {
  const { component } = subject
  const signals = (['traces', 'metrics', 'logs'] as const).filter((signal) => component.stability[signal] !== undefined)
  const cases: ContractCase[] = [
    {
      name: 'declares a type, aliases, stability and one sentence',
      async run() {
        for (const name of [component.type, ...component.aliases]) assert.match(name, /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/)
        assert.match(component.description, /^[A-Z][^\n]*\.$/)
        const words = Object.values(component.stability)
        assert.ok(words.length > 0)
        for (const word of words) assert.match(word ?? '', /^(development|alpha|beta|stable|deprecated)$/)
      },
    },
    {
      name: 'refuses unknown keys, prototype names among them, and a configuration that is no map',
      async run() {
        for (const key of ['no_such_key', '__proto__', 'constructor']) {
          assert.ok(
            subject.check(`{${key}: 1}`).some(({ code }) => code === 'CONFIG_UNKNOWN_KEY'),
            key,
          )
        }
        assert.ok(subject.check('[1]').some(({ code }) => code === 'CONFIG_TYPE'))
      },
    },
    {
      name: 'has a closed JSON Schema that describes every key',
      async run() {
        assertDescribed(subject.jsonSchema, component.type)
      },
    },
  ]
  for (const signal of signals) cases.push(...signalCases(subject, signal))
  return cases
}

function signalCases(subject: ContractSubject, signal: Signal): ContractCase[] {
  const use = async (next: Consume, run: (instance: ContractInstance) => Promise<void>): Promise<void> => {
    const instance = await subject.create(signal, next)
    try {
      await run(instance)
    } finally {
      await instance.dispose?.()
    }
  }
  const nowhere: Consume = async () => {}
  const cases: ContractCase[] = [
    {
      name: `${signal}: starts and shuts down`,
      run: () =>
        use(nowhere, async (instance) => {
          await instance.start?.()
          await instance.shutdown?.(new AbortController().signal)
        }),
    },
    {
      name: `${signal}: shuts down although the deadline has passed`,
      run: () =>
        use(nowhere, async (instance) => {
          await instance.start?.()
          await instance.shutdown?.(AbortSignal.abort())
        }),
    },
  ]
  if (subject.component.kind === 'receiver' || subject.component.kind === 'extension') return cases
  cases.push(
    {
      name: `${signal}: takes a batch, leaves it as it was, and has accounted for every item after shutdown`,
      run: async () => {
        let passed = 0
        await use(
          async (batch) => {
            passed += batch.itemCount
          },
          async (instance) => {
            const batch = contractBatch(signal)
            const before = batch.chunks().map((chunk) => Buffer.from(chunk).toString('hex'))
            await instance.start?.()
            await instance.consume!(batch, context())
            await instance.shutdown?.(new AbortController().signal)
            assert.deepEqual(
              batch.chunks().map((chunk) => Buffer.from(chunk).toString('hex')),
              before,
            )
            assert.equal(passed + (subject.component.kind === 'exporter' ? instance.accountedItemCount() : 0), 2)
          },
        )
      },
    },
    {
      name: `${signal}: takes an empty batch`,
      run: () =>
        use(nowhere, async (instance) => {
          await instance.start?.()
          await instance.consume!(batchFromRecords(signal, []), context())
          await instance.shutdown?.(new AbortController().signal)
        }),
    },
  )
  if (subject.component.kind !== 'processor') return cases
  cases.push({
    name: `${signal}: when the next owner refuses, tells its caller or counts the loss`,
    run: () =>
      use(
        () => Promise.reject(consumeError('CONTRACT_REFUSED', 'not now', { retryable: true })),
        async (instance) => {
          await instance.start?.()
          let refusedItemCount = 0
          await instance.consume!(contractBatch(signal), context()).catch((error) => {
            assert.ok(isConsumeError(error), 'rejects only with a ConsumeError')
            refusedItemCount = 2
          })
          await instance.shutdown?.(new AbortController().signal)
          assert.equal(refusedItemCount + instance.accountedItemCount(), 2)
        },
      ),
  })
  return cases
}

function assertDescribed(schema: Readonly<Record<string, unknown>>, path: string): void {
  const properties = schema['properties']
  if (properties === undefined) return
  assert.equal(schema['additionalProperties'], false, `${path} is not closed`)
  for (const [key, own] of Object.entries(properties as Record<string, Record<string, unknown>>)) {
    assert.equal(typeof own['description'], 'string', `${path}.${key} has no description`)
    assert.notEqual(own['description'], '', `${path}.${key} has an empty description`)
    assertDescribed(own, `${path}.${key}`)
  }
}
