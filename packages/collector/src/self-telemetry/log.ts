// SPDX-License-Identifier: Apache-2.0
import { styleText } from 'node:util'
import type { Clock } from '@otel-ts/otlp'

/** Severity of a line: warn = degraded but nothing lost, error = data lost or a part stopped. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Facts of a line beside its message. Values are printed as JSON unless they are plain words. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>

/** One line before it is written. */
export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
  /** Component that speaks: `exporter otlp_http/a`; undefined for the collector itself. */
  readonly component: { readonly kind: string; readonly id: string } | undefined
  /** Text of several lines that belongs to it, printed below it. */
  readonly block?: string
}

/** Takes finished lines. */
export type LogSink = (line: LogLine) => void

/** What components log with. */
export interface ComponentLogger {
  debug(message: string, fields?: LogFields): void
  /** `block` is text of several lines to print below. */
  info(message: string, fields?: LogFields, block?: string): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/**
 * Makes a logger whose lines carry the component's name.
 *
 * @example
 * ```ts
 * import { createLogger } from '@otel-ts/collector'
 * const log = createLogger(({ level, message, component }) => console.log(level, component?.id, message), {
 *   kind: 'exporter',
 *   id: 'file/a',
 * })
 * log.info('Opened') // info file/a Opened
 * ```
 */
export function createLogger(sink: LogSink, component?: LogLine['component']): ComponentLogger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}, block?: string): void =>
      sink({ level, message, fields, component, ...(block === undefined ? {} : { block }) })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Options of {@link consoleLogSink}. */
export interface ConsoleLogOptions {
  /** Lines below it are left out. Default info. */
  readonly level?: LogLevel
  /** `console` for people, `json` (upstream's field names) for collectors of logs. Default console. */
  readonly encoding?: 'console' | 'json'
  /** Fields of every line. */
  readonly initialFields?: LogFields
  /** Default: one write to stderr. */
  readonly write?: (text: string) => unknown
  /** Colours for levels. Default: whether stderr is a terminal that wants them, see {@link wantsColor}. */
  readonly color?: boolean
  /** Wall-clock time in milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

/**
 * A sink that writes one line per event: time, level, component and message in columns, then the fields.
 *
 * @example
 * ```ts
 * import { consoleLogSink, createLogger } from '@otel-ts/collector'
 * const written: string[] = []
 * const sink = consoleLogSink({ write: (text) => written.push(text.trimEnd()), color: false, now: () => 0 })
 * createLogger(sink, { kind: 'exporter', id: 'debug' }).warn('Disk is slow', { seconds: 3 })
 * console.log(written[0]) // 00:00:00.000 WARN  exporter debug           Disk is slow  seconds=3
 * ```
 */
export function consoleLogSink(options: ConsoleLogOptions = {}): LogSink {
  const lowest = ranks[options.level ?? 'info']
  const write = options.write ?? ((text: string) => void process.stderr.write(text))
  const now = options.now ?? Date.now
  const color = options.color ?? wantsColor(process.stderr)
  const initial = options.initialFields ?? {}
  const format = options.encoding === 'json' ? jsonLine : (line: LogLine, time: Date) => textLine(line, time, color)
  return (line) => {
    if (ranks[line.level] < lowest) return
    write(`${format({ ...line, fields: { ...initial, ...line.fields } }, new Date(now()))}\n`)
  }
}

/** Whether a stream shall get colours: a terminal, unless NO_COLOR is set (no-color.org) or TERM is `dumb`. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb'
}

const colors = { debug: 'gray', info: 'cyan', warn: 'yellow', error: 'red' } as const

function textLine({ level, message, fields, component, block }: LogLine, time: Date, color: boolean): string {
  const word = level.toUpperCase().padEnd(5)
  const who = (component === undefined ? 'collector' : `${component.kind} ${component.id}`).padEnd(24)
  const painted = color ? styleText(colors[level], word, { validateStream: false }) : word
  let text = `${time.toISOString().slice(11, 23)} ${painted} ${who} ${oneLine(message)}`
  let separator = '  '
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const plain = typeof value !== 'string' || /^[\w.:/%+-]+$/.test(value)
    text += `${separator}${name}=${plain ? String(value) : JSON.stringify(value)}`
    separator = ' '
  }
  return block === undefined ? text : `${text}\n${block.split('\n').map(oneLine).join('\n')}`
}

function jsonLine({ level, message, fields, component, block }: LogLine, time: Date): string {
  const line: Record<string, unknown> = { level, ts: time.toISOString(), msg: message }
  if (component !== undefined) {
    line['otelcol.component.kind'] = component.kind
    line['otelcol.component.id'] = component.id
  }
  for (const [name, value] of Object.entries(fields)) line[name] = typeof value === 'bigint' ? String(value) : value
  if (block !== undefined) line['text'] = block
  return JSON.stringify(line)
}

// A message may quote what a peer sent: it must not fake lines or move the cursor.
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f]/g, (char) => (char === '\n' || char === '\t' ? ' ' : '\uFFFD'))
}

/** Lets the first of equal lines through, then one per interval that says how many there were. */
export class LineThrottle {
  readonly #clock: Clock
  readonly #intervalMillis: number
  readonly #open = new Map<string, { untilMillis: number; repeats: number }>()

  constructor(clock: Clock, intervalMillis = 10_000) {
    this.#clock = clock
    this.#intervalMillis = intervalMillis
  }

  /** Repeats swallowed since the last line with this key; undefined = swallow this one too. */
  admit(key: string): number | undefined {
    const now = this.#clock.nowMillis()
    const entry = this.#open.get(key)
    if (entry !== undefined && now < entry.untilMillis) {
      entry.repeats++
      return undefined
    }
    // Keys hold texts of errors, which peers can vary without end.
    if (entry === undefined && this.#open.size >= 1000) this.#open.clear()
    this.#open.set(key, { untilMillis: now + this.#intervalMillis, repeats: 0 })
    return entry?.repeats ?? 0
  }

  /** Keys with repeats that no line has told of yet, and how many; forgets them. For the end of the process. */
  take(): { key: string; repeats: number }[] {
    const untold: { key: string; repeats: number }[] = []
    for (const [key, entry] of this.#open) {
      if (entry.repeats > 0) untold.push({ key, repeats: entry.repeats })
      entry.repeats = 0
    }
    return untold
  }
}
