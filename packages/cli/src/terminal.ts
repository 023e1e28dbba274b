// SPDX-License-Identifier: Apache-2.0
import { styleText } from 'node:util'

/** Where a command writes. Tests give their own. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
  /** Replaces the last status line on a TTY; elsewhere writes nothing. */
  status(line: string): void
  readonly isTty: boolean
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** The terminal of this process: coloured only on a TTY that wants colour. */
export function processTerminal(): Terminal {
  const isTty = process.stderr.isTTY === true
  const coloured = isTty && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb'
  let statusShown = false
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    coloured ? styleText(format, text) : text
  const clear = () => {
    if (statusShown) process.stderr.write('\r\u001b[2K')
    statusShown = false
  }
  exitWithReader(process.stdout)
  return {
    isTty,
    out(line) {
      clear()
      process.stdout.write(`${line}\n`)
    },
    err(line) {
      clear()
      process.stderr.write(`${line}\n`)
    },
    status(line) {
      if (!isTty) return
      clear()
      process.stderr.write(line)
      statusShown = true
    },
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    green: style('green'),
    yellow: style('yellow'),
  }
}

// `otel-ts generate … | head`: whoever reads has seen enough, which is no fault to report. Any other error of the
// stream is thrown as if nobody listened.
function exitWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}
