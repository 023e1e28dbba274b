// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import { installGoPeer } from '../../../tools/go-peers.mjs'

/** Path of a Go peer's program, or `undefined` after a line that says why it cannot be had. */
export function goPeerOrSkip(name: string): string | undefined {
  try {
    return installGoPeer(name)
  } catch (error) {
    console.log(`skipped: ${name}: ${(error as Error).message}`)
    return undefined
  }
}

/** A running OpenTelemetry Collector in Go. */
export interface GoCollector {
  readonly command: RunningCommand
  stop(): Promise<void>
}

/** Starts it with this configuration and waits until it is ready. Its own metrics are off: they would take a port. */
export async function startGoCollector(binary: string, config: object): Promise<GoCollector> {
  const folder = mkdtempSync(join(tmpdir(), 'otel-ts-go-collector-'))
  const path = join(folder, 'config.json')
  const service = (config as { service?: object }).service
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ ...config, service: { telemetry: { metrics: { level: 'none' } }, ...service } }))
  const command = startCommand(binary, ['--config', path])
  const stop = async (): Promise<void> => {
    await command.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await command.waitFor(/Everything is ready/)
  } catch (error) {
    await stop()
    throw error
  }
  return { command, stop }
}
