// SPDX-License-Identifier: Apache-2.0
import { isUsageError } from './errors.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import { version } from './version.ts'

const help = `Usage: otel-ts [command] [options]

Alone, otel-ts receives OTLP on ports 4317 (gRPC) and 4318 (HTTP) and shows it on http://localhost:4319.

  otel-ts                     receive, store and show; see otel-ts all-in-one --help
  otel-ts collect             run an OpenTelemetry Collector configuration
  otel-ts validate            check a configuration and say all that is wrong with it
  otel-ts components          list the Collector's components
  otel-ts generate            send made-up telemetry to an OTLP endpoint

  --help, -h                  help of a command
  --version, -v               the version`

interface Command {
  help(): string
  run(args: string[], terminal: Terminal, abort: AbortSignal): Promise<number>
}

// Loaded when named: `generate` need not wait for the Collector's modules.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'all-in-one': async () => {
    const { allInOne, allInOneHelp } = await import('./commands/all-in-one.ts')
    return { help: () => allInOneHelp, run: allInOne }
  },
  collect: async () => {
    const { collect, collectHelp } = await import('./commands/collect.ts')
    return { help: () => collectHelp, run: collect }
  },
  validate: async () => {
    const { validate, validateHelp } = await import('./commands/validate.ts')
    return { help: () => validateHelp, run: validate }
  },
  components: async () => {
    const { components, componentsHelp } = await import('./commands/components.ts')
    return { help: () => componentsHelp, run: components }
  },
  generate: async () => {
    const { generate, generateHelp } = await import('./commands/generate.ts')
    return { help: () => generateHelp, run: generate }
  },
}

/**
 * Runs the command that `args` name and returns the exit code: 0 done, 1 failed, 2 not understood. A first SIGINT or
 * SIGTERM asks the command to finish; a second one ends the process at once.
 */
export async function main(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  const [first, ...rest] = args
  if (first === '--version' || first === '-v') {
    terminal.out(version)
    return 0
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    terminal.out(help)
    return 0
  }
  const name = first === undefined || first.startsWith('-') ? 'all-in-one' : first
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    terminal.err(
      `otel-ts: "${name}" is not a command; allowed are ${Object.keys(commands).join(', ')}; nothing was started`,
    )
    return 2
  }
  const command = await load()
  const own = name === first ? rest : args
  if (own.includes('--help') || own.includes('-h')) {
    terminal.out(command.help())
    return 0
  }
  const stop = stopOnSignals()
  try {
    return await command.run(own, terminal, stop.signal)
  } catch (error) {
    if (isUsageError(error)) {
      terminal.err(`otel-ts ${name}: ${error.message}`)
      terminal.err(`otel-ts ${name} --help tells more`)
      return 2
    }
    terminal.err(`otel-ts ${name}: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  } finally {
    stop.release()
  }
}

function stopOnSignals(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
