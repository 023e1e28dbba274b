// SPDX-License-Identifier: Apache-2.0
// Our Collector as its users start it: a process with a configuration file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'

const otelTs = fileURLToPath(new URL('../../../packages/cli/bin/otel-ts.js', import.meta.url))

/** A running Collector of ours. */
export interface OurCollector {
  /** `127.0.0.1:port` of its OTLP receiver; undefined for a protocol that it does not serve. */
  readonly grpc: string | undefined
  readonly http: string | undefined
  readonly command: RunningCommand
  /** Ends it, whatever state it is in. */
  dispose(): Promise<void>
}

/** Starts it with this configuration and waits until it is ready. */
export async function startOurCollector(config: object): Promise<OurCollector> {
  const folder = mkdtempSync(join(tmpdir(), 'otel-ts-interop-'))
  const path = join(folder, 'collector.yaml')
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(config))
  const command = startCommand(process.execPath, [otelTs, 'collect', '--config', path])
  const dispose = async (): Promise<void> => {
    await command.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await command.waitFor(/Everything is ready/)
  } catch (error) {
    await dispose()
    throw error
  }
  const addressOf = (name: string): string | undefined =>
    new RegExp(`Listening for OTLP over ${name} +address=(\\S+)`).exec(command.output())?.[1]
  return { grpc: addressOf('gRPC'), http: addressOf('HTTP'), command, dispose }
}
