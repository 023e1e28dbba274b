// SPDX-License-Identifier: Apache-2.0
// Soak: `otel-ts generate` -> `otel-ts collect` (otlp, memory_limiter, batch, otlp_http) -> a sink that reads every span id.
// Shows that the set of ids received is the set sent, and that memory does not grow. Run: node bench/collector/soak.mjs
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeKind } from '@otel-ts/otlp'
import { createOtlpHttpServer } from '@otel-ts/otlp/server'
import { startCommand } from '@otel-ts/testkit'
import { root } from '../../tools/install.mjs'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '60' },
    node: { type: 'string', default: process.execPath },
    out: { type: 'string', default: join(root, 'bench', 'results', 'soak.json') },
  },
})
const seconds = Number(values.seconds)
const early = Math.round(seconds / 3)
const cli = join(root, 'packages', 'cli', 'bin', 'otel-ts.js')
const folder = mkdtempSync(join(tmpdir(), 'otel-ts-soak-'))
const spanIdField = 2

// One bit a span: the running number in its id.
const seen = new Uint8Array((Number(values.rate) * (seconds + 10)) / 8)
let receivedCount = 0
let duplicateCount = 0
let strangeCount = 0

const sink = await createOtlpHttpServer({
  endpoint: '127.0.0.1:0',
  handler: async (batch) => {
    const index = batch.index()
    for (let node = 0; node < index.nodeCount; node++) {
      if (index.kind(node) === nodeKind.record) note(index.bytes(node, spanIdField))
    }
    return undefined
  },
})
const configFile = join(folder, 'soak.yaml')
writeFileSync(configFile, configuration(sink.addresses[0]))
const collector = startCommand(values.node, [cli, 'collect', '--config', configFile])
try {
  const [, port] = await collector.waitFor(/127\.0\.0\.1:(\d+)/)
  const endpoint = `http://127.0.0.1:${port}`
  const residentBytes = []
  const started = Date.now()
  const sampler = setInterval(() => {
    residentBytes.push({ second: Math.round((Date.now() - started) / 1000), bytes: residentOf(collector.pid) })
  }, 1000)
  const generator = startCommand(values.node, [
    cli,
    'generate',
    'traces',
    '--endpoint',
    endpoint,
    '--rate',
    values.rate,
    '--duration',
    `${seconds}s`,
  ])
  const exit = await generator.exited
  clearInterval(sampler)
  const cpu = cpuSecondsOf(collector.pid)
  const [, sent] = /^sent +(\d+) /m.exec(generator.output()) ?? []
  const sentCount = Number(sent)
  const collectorExit = await collector.stop('SIGTERM', 30_000)
  await sink.shutdown()

  let missingCount = 0
  for (let number = 1; number <= sentCount; number++)
    if ((seen[number >> 3] & (1 << (number & 7))) === 0) missingCount++
  const at = (second) =>
    residentBytes.reduce((best, row) => (Math.abs(row.second - second) < Math.abs(best.second - second) ? row : best))
      .bytes
  const growth = at(seconds) / at(early)
  const summary = {
    sentCount,
    receivedCount,
    missingCount,
    duplicateCount,
    strangeCount,
    residentMegabytes: { [`${early} s`]: Math.round(at(early) / 1e6), [`${seconds} s`]: Math.round(at(seconds) / 1e6) },
    growth: Number(growth.toFixed(3)),
    collectorCpuMicrosecondsPerSpan: Number(((cpu / sentCount) * 1e6).toFixed(3)),
    generatorExit: exit.code,
    collectorExit: collectorExit.code,
  }
  console.log(JSON.stringify(summary, undefined, 2))
  const version = values.node === process.execPath ? process.version : 'other'
  writeFileSync(
    values.out,
    `${JSON.stringify({ case: `soak ${values.rate} spans/s for ${seconds} s`, node: version, ...summary }, undefined, 2)}\n`,
  )
  const fine =
    missingCount === 0 && duplicateCount === 0 && strangeCount === 0 && exit.code === 0 && collectorExit.code === 0
  if (!fine) console.log(generator.output(), collector.output())
  process.exitCode = fine && growth <= 1.1 ? 0 : 1
} finally {
  await collector.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

function note(id) {
  const number = id[4] * 0x100_0000 + (id[5] << 16) + (id[6] << 8) + id[7]
  const bit = 1 << (number & 7)
  receivedCount++
  if (number >> 3 >= seen.length) strangeCount++
  else if ((seen[number >> 3] & bit) !== 0) duplicateCount++
  else seen[number >> 3] |= bit
}

function configuration(address) {
  return `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:0
processors:
  memory_limiter:
    check_interval: 1s
    limit_mib: 512
  batch:
exporters:
  otlp_http:
    endpoint: http://${address}
    compression: none
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [otlp_http]
`
}

function residentOf(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

function cpuSecondsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
