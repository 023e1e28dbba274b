// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import { dedicateProcess } from '@otel-ts/collector'
import { startCollector } from '../run-collector.ts'
import type { Terminal } from '../terminal.ts'
import { configurationHelp, configurationOptions, readConfiguration } from './configuration.ts'

export const collectHelp = `Usage: otel-ts collect --config collector.yaml [options]

Runs an OpenTelemetry Collector configuration. SIGINT and SIGTERM drain it and end it with exit code 0.

${configurationHelp}`

/** `otel-ts collect`. */
export async function collect(args: string[], terminal: Terminal, abort: AbortSignal): Promise<number> {
  const { values } = parseArgs({ args, options: configurationOptions })
  const config = await readConfiguration(values, terminal)
  if (config === undefined) return 1
  dedicateProcess()
  const collector = await startCollector(config)
  await collector.until(abort)
  return 0
}
