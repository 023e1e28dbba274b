// SPDX-License-Identifier: Apache-2.0
// Arms: what loading and registering the SDK with the OTLP exporter adds to the start of a program, wall clock, over
// bare node. Each window is the median of pairs, bare and loaded in turn.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from '../harness/measure.mjs'

const repository = fileURLToPath(new URL('../..', import.meta.url))

const programs = {
  ours: `
    import { BatchSpanProcessor, NodeTracerProvider } from '@otel-ts/sdk'
    import { OTLPTraceExporter } from '@otel-ts/sdk/otlp-proto'
    const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] })
    provider.register()
    if (process.argv[2] === 'check') console.log(provider.getTracer('x').startSpan('y').isRecording())`,
  peer: `
    const { BatchSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace')
    const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
    const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
    const { CompositePropagator, W3CTraceContextPropagator, W3CBaggagePropagator } = require('@opentelemetry/core')
    const api = require('@opentelemetry/api')
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] })
    api.trace.setGlobalTracerProvider(provider)
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    api.propagation.setGlobalPropagator(new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }))
    if (process.argv[2] === 'check') console.log(provider.getTracer('x').startSpan('y').isRecording())`,
}

export function setUp({ implementation, peerFolder }) {
  const isOurs = implementation === 'ours'
  // Beside the packages that it imports, so that they are found.
  const folder = mkdtempSync(join(isOurs ? join(repository, '.cache') : (peerFolder ?? tmpdir()), 'start-up-'))
  const extension = isOurs ? 'mjs' : 'cjs'
  const loaded = join(folder, `loaded.${extension}`)
  const bare = join(folder, `bare.${extension}`)
  writeFileSync(loaded, isOurs ? programs.ours : programs.peer)
  writeFileSync(bare, '')
  const wallMillis = (file) => {
    const start = performance.now()
    spawnSync(process.execPath, [file], { stdio: 'ignore' })
    return performance.now() - start
  }
  return {
    check() {
      const { stdout, stderr } = spawnSync(process.execPath, [loaded, 'check'], { encoding: 'utf8' })
      assert.equal(stdout, 'true\n', stderr)
    },
    measure() {
      const added = []
      for (let i = 0; i < 5; i++) {
        const base = wallMillis(bare)
        added.push(wallMillis(loaded) - base)
      }
      return median(added)
    },
  }
}
