// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import type { Terminal } from '../terminal.ts'
import { configurationHelp, configurationOptions, readConfiguration } from './configuration.ts'

export const validateHelp = `Usage: otel-ts validate --config collector.yaml [options]

Checks a configuration and says everything that is wrong with it, with file, line and column. Exit code 0 when it is fine,
1 when it is not.

${configurationHelp}`

/** `otel-ts validate`. */
export async function validate(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({ args, options: configurationOptions })
  const config = await readConfiguration(values, terminal)
  if (config === undefined) return 1
  const pipelines = config.pipelines.length
  terminal.out(`${terminal.green('ok')} ${pipelines} ${pipelines === 1 ? 'pipeline' : 'pipelines'}`)
  return 0
}
