// SPDX-License-Identifier: Apache-2.0
// Our gRPC client against a server of Python's grpcio: every field, compression, metadata, and answers of every kind.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchFromBytes, type Signal, signals } from '@otel-ts/otlp'
import { createOtlpGrpcClient, type OtlpGrpcClientOptions, type OtlpOutcome } from '@otel-ts/otlp/client'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linesOf } from '../otlp/canonical-json.ts'
import { oracleMessages, requestOfSize, requestWithSpan } from '../otlp/messages.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'

const python = pythonPeerOrSkip('python-sdk')
const oraclePython = pythonPeerOrSkip('otlp-oracle')
const script = fileURLToPath(new URL('../../../peers/python-sdk/serve.py', import.meta.url))

interface Received {
  readonly signal: Signal
  readonly message: string
  readonly metadata: Readonly<Record<string, string>>
}

// One span with a name.
const oneSpan = requestWithSpan(Buffer.from('2a026f6b', 'hex'))

describe.skipIf(python === undefined || oraclePython === undefined)("a server of Python's grpcio", () => {
  const folder = mkdtempSync(join(tmpdir(), 'otel-ts-python-server-'))
  const output = join(folder, 'received.jsonl')
  let messages = new Map<Signal, Buffer[]>()
  let server: RunningCommand | undefined
  let endpoint = ''
  let seenCount = 0

  beforeAll(async () => {
    messages = oracleMessages(oraclePython!)
    server = startCommand(python!, [script, output])
    endpoint = `127.0.0.1:${(await server.waitFor(/listening on (\d+)/))[1]}`
  }, 120_000)

  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What has arrived since the last call. */
  function received(): Received[] {
    const all = linesOf(output) as unknown as Received[]
    const fresh = all.slice(seenCount)
    seenCount = all.length
    return fresh
  }

  async function send(
    sent: readonly Uint8Array[],
    signal: Signal,
    options: Partial<OtlpGrpcClientOptions> = {},
  ): Promise<OtlpOutcome[]> {
    const client = createOtlpGrpcClient({ endpoint, insecure: true, proxy: 'none', ...options })
    const outcomes: OtlpOutcome[] = []
    for (const message of sent) {
      const { itemCount } = batchFromBytes(signal, message)
      outcomes.push(await client.send({ signal, chunks: [message], itemCount }))
    }
    await client.shutdown()
    return outcomes
  }

  const answered = async (kind: string, options: Partial<OtlpGrpcClientOptions> = {}): Promise<OtlpOutcome> =>
    (await send([oneSpan], 'traces', { headers: { 'x-answer': kind }, ...options }))[0]!

  describe.each(['none', 'gzip', 'deflate'] as const)('with compression %s', (compression) => {
    test.each(signals)('reads every field of %s as it was sent', async (signal) => {
      const sent = messages.get(signal)!
      const outcomes = await send(sent, signal, { compression })
      expect(outcomes.filter(({ result }) => result !== 'accepted')).toEqual([])
      const arrived = received()
      expect(arrived.map((request) => request.signal)).toEqual(sent.map(() => signal))
      expect(arrived.map(({ message }) => message)).toEqual(sent.map((message) => message.toString('base64')))
    })
  })

  test('gets metadata, text and bytes', async () => {
    await send([oneSpan], 'traces', { headers: { tenant: 'a b', 'token-bin': 'grüße' } })
    const [{ metadata }] = received() as [Received]
    expect(metadata).toMatchObject({ tenant: 'a b', 'token-bin': Buffer.from('grüße').toString('base64') })
    expect(metadata['user-agent']).toMatch(/^OTel-OTLP-Exporter-JavaScript\//)
  })

  test('a message of 3 MiB arrives; one over the 4 MiB that the server takes is refused for good', async () => {
    expect(await send([requestOfSize(3 * 2 ** 20)], 'traces')).toEqual([
      { result: 'accepted', partialSuccess: undefined },
    ])
    expect(received()[0]!.message.length).toBeGreaterThan(4 * 2 ** 20)
    expect(await send([requestOfSize(5 * 2 ** 20)], 'traces')).toMatchObject([
      { result: 'failed', grpcStatus: 8, retryable: false },
    ])
    expect(received()).toEqual([])
  })

  test('partial success is reported with its count and message', async () => {
    expect(await answered('partial')).toEqual({
      result: 'accepted',
      partialSuccess: { rejectedCount: 3n, message: 'three were späť' },
    })
  })

  test('RESOURCE_EXHAUSTED with RetryInfo may come again after its wait', async () => {
    expect(await answered('throttle')).toMatchObject({
      result: 'failed',
      grpcStatus: 8,
      retryable: true,
      retryAfterMillis: 7000,
    })
  })

  test('RESOURCE_EXHAUSTED without RetryInfo is not sent again', async () => {
    expect(await answered('exhausted')).toMatchObject({ result: 'failed', grpcStatus: 8, retryable: false })
  })

  test('UNAVAILABLE may come again, and its message is read with every character', async () => {
    const outcome = await answered('unavailable')
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus: 14, retryable: true, retryAfterMillis: undefined })
    expect(outcome.result === 'failed' && outcome.error.message).toContain('über 100% busy')
  })

  test('INVALID_ARGUMENT is not sent again, with retries on too', async () => {
    received()
    const retry = { initialDelayMillis: 1, maxDelayMillis: 1, multiplier: 1, jitter: 0, maxAttempts: 3 }
    const outcome = await answered('invalid', { retry })
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus: 3, retryable: false })
    expect(outcome.result === 'failed' && outcome.error.message).toContain('no such tenant')
    expect(received()).toHaveLength(1)
    await answered('unavailable', { retry })
    expect(received()).toHaveLength(3)
  })

  test('an answer after the deadline is none, and the next call on the connection is answered', async () => {
    expect(await answered('slow', { timeoutMillis: 300 })).toMatchObject({ result: 'failed', grpcStatus: 4 })
    expect(await answered('')).toEqual({ result: 'accepted', partialSuccess: undefined })
  })
})
