// SPDX-License-Identifier: Apache-2.0
import { type CollectorConfig, loadConfig } from '@otel-ts/collector'
import { formatProblem } from '@otel-ts/confmap'
import { usageError } from '../errors.ts'
import type { Terminal } from '../terminal.ts'

/** Options that name a configuration, the same for every command that reads one. */
export const configurationOptions: {
  config: { type: 'string'; multiple: true; default: string[] }
  set: { type: 'string'; multiple: true; default: string[] }
} = {
  config: { type: 'string', multiple: true, default: [] },
  set: { type: 'string', multiple: true, default: [] },
}

/** Their help. */
export const configurationHelp = `  --config SOURCE         a file, or env:NAME, yaml:TEXT; may be repeated, later ones are merged over earlier ones
  --set KEY=VALUE         one value over all sources, such as processors.batch.timeout=2s; may be repeated`

/** Reads the configuration that the options name; tells all problems and returns undefined when there are any. */
export async function readConfiguration(
  values: { config: string[]; set: string[] },
  terminal: Terminal,
): Promise<CollectorConfig | undefined> {
  if (values.config.length === 0) {
    throw usageError(
      '--config: none given; allowed is at least one file or source, such as --config collector.yaml; nothing was started',
    )
  }
  const { config, problems, warnings } = await loadConfig({ sources: values.config, set: values.set })
  for (const warning of warnings) terminal.err(`${terminal.yellow('warning')} ${formatProblem(warning)}`)
  for (const problem of problems) terminal.err(`${terminal.red('error')} ${formatProblem(problem)}`)
  if (problems.length > 0)
    terminal.err(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}; not started`)
  return config
}
