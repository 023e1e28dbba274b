// SPDX-License-Identifier: Apache-2.0
// What becomes of spans that wait when a process ends, in real processes.
import { fileURLToPath } from 'node:url'
import { batchFromBytes } from '@otel-ts/otlp'
import { captureOtlp, type OtlpCapture, startCommand } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const peers: OtlpCapture[] = []
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close()
})

async function start(end: string, script?: Parameters<typeof captureOtlp>[0], env: Record<string, string> = {}) {
  const peer = await captureOtlp(script)
  peers.push(peer)
  const program = `
    import { trace } from '@otel-ts/api'
    import { NodeSDK } from '@otel-ts/sdk'
    const sdk = new NodeSDK()
    sdk.start()
    const endSpans = () => { for (const name of ['a', 'b', 'c']) trace.getTracer('t').startSpan(name).end() }
    ${end}`
  const command = startCommand(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: peer.url, ...env },
  })
  return { command, peer }
}

function arrivedCount(peer: OtlpCapture): number {
  let count = 0
  for (const { body } of peer.requests) count += batchFromBytes('traces', body).itemCount
  return count
}

describe('spans that wait for their batch', () => {
  test('are exported when the process runs out of work, though nobody shut the SDK down', async () => {
    const { command, peer } = await start('endSpans()')
    expect(await command.exited, command.output()).toEqual({ code: 0, signal: null })
    expect([arrivedCount(peer), command.output()]).toEqual([3, ''])
  })

  test('are exported when another listener ends them while the process is about to end', async () => {
    const { command, peer } = await start(`endSpans(); process.once('beforeExit', endSpans)`)
    expect(await command.exited, command.output()).toEqual({ code: 0, signal: null })
    expect(arrivedCount(peer)).toBe(6)
  })

  test('are lost with process.exit, and that is said with what to do', async () => {
    const { command, peer } = await start('endSpans(); process.exit(3)')
    expect(await command.exited).toEqual({ code: 3, signal: null })
    expect(arrivedCount(peer)).toBe(0)
    expect(command.output()).toContain(
      'Dropped 3 spans: the process ended before they were exported. Await shutdown() after the last span has ended',
    )
  })

  test('are lost with an uncaught exception, and that is said', async () => {
    const { command } = await start(`endSpans(); throw new Error('mine')`)
    expect((await command.exited).code).toBe(1)
    expect(command.output()).toContain('Dropped 3 spans: the process ended before they were exported')
  })

  test('arrive on SIGTERM when the application shuts the SDK down', async () => {
    const { command, peer } = await start(`
      process.once('SIGTERM', () => sdk.shutdown().finally(() => process.exit(0)))
      setInterval(() => {}, 1000)
      endSpans()
      console.log('ready')`)
    await command.waitFor(/ready/)
    process.kill(command.pid, 'SIGTERM')
    expect(await command.exited, command.output()).toEqual({ code: 0, signal: null })
    expect(arrivedCount(peer)).toBe(3)
  })

  test('arrive before a function returns that flushes and is then frozen', async () => {
    const { command, peer } = await start(`
      setInterval(() => {}, 1000)
      endSpans()
      await sdk.forceFlush()
      console.log('returned')`)
    await command.waitFor(/returned/)
    process.kill(command.pid, 'SIGSTOP')
    expect(arrivedCount(peer)).toBe(3)
    process.kill(command.pid, 'SIGKILL')
    await command.exited
  })

  test('do not keep a process from its end when the endpoint does not answer, and their loss is said', async () => {
    const { command } = await start('endSpans()', 'hang', { OTEL_EXPORTER_OTLP_TIMEOUT: '200' })
    expect(await command.exited, command.output()).toEqual({ code: 0, signal: null })
    expect(command.output()).toContain('Lost 3 spans')
  })
})
