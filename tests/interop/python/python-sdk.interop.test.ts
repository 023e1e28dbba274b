// SPDX-License-Identifier: Apache-2.0
// OpenTelemetry Python sends all three signals, gzipped, to our Collector; what the `file` exporter wrote must be what
// Python's own encoder made, field by field.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Signal, signals } from '@otel-ts/otlp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonical, fieldsOfSdks, type Json, keysMissing, sentGroups } from '../otlp/canonical-json.ts'
import { type FileCollector, startFileCollector } from '../otlp/file-collector.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'

const python = pythonPeerOrSkip('python-sdk')
const script = fileURLToPath(new URL('../../../peers/python-sdk/send.py', import.meta.url))

describe.skipIf(python === undefined).each(['http', 'grpc'] as const)('OpenTelemetry Python over %s', (protocol) => {
  let collector: FileCollector | undefined
  let sent = new Map<Signal, Json[]>()
  let received = new Map<Signal, Json[]>()

  beforeAll(async () => {
    collector = await startFileCollector()
    const output = join(collector.folder, 'sent.jsonl')
    const args = [script, protocol, `http://${collector[protocol]}`, output]
    execFileSync(python!, args, { stdio: 'pipe', timeout: 60_000 })
    sent = sentGroups(output)
    received = await collector.finish()
  }, 120_000)

  afterAll(() => collector?.dispose())

  test.each(signals)('every field of %s arrives', (signal) => {
    expect(sent.get(signal)!.length).toBeGreaterThan(0)
    expect(received.get(signal)!.map((group) => canonical(group))).toEqual(
      sent.get(signal)!.map((group) => canonical(group)),
    )
  })

  test('what was sent holds the fields that make the comparison worth something', () => {
    expect(keysMissing([...sent.values()].flat(), fieldsOfSdks)).toEqual([])
  })
})
