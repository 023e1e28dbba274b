// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Signal, signals, systemClock } from '@otel-ts/otlp'
import { createOtlpHttpClient } from '@otel-ts/otlp/client'
import { parseChoice, parseDuration, parseNumber } from '../arguments.ts'
import { usageError } from '../errors.ts'
import { generateLoad, type LoadResult } from '../generate/load.ts'
import { createTemplate } from '../generate/template.ts'
import type { Terminal } from '../terminal.ts'

export const generateHelp = `Usage: otel-ts generate traces|metrics|logs [options]

Sends made-up telemetry of a small shop to an OTLP endpoint, at an even pace.

  --endpoint URL          where to: default http://localhost:4318
  --rate N                spans, data points or log records a second; 0 = as fast as answered; default 1000
  --duration TIME         how long: 500ms, 10s, 1m30s; default 10s
  --items N               items in one request: 1 to 100000; default 100
  --in-flight N           requests that may wait for an answer at once: 1 to 1000; default 16
  --encoding NAME         protobuf or json; default protobuf
  --compression NAME      none or gzip; default none
  --header NAME=VALUE     a header of every request; may be repeated

Ends with exit code 0 when every item was accepted, 1 when any was refused or lost.`

/** `otel-ts generate`. */
export async function generate(args: string[], terminal: Terminal, abort: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      endpoint: { type: 'string', default: 'http://localhost:4318' },
      rate: { type: 'string', default: '1000' },
      duration: { type: 'string', default: '10s' },
      items: { type: 'string', default: '100' },
      'in-flight': { type: 'string', default: '16' },
      encoding: { type: 'string', default: 'protobuf' },
      compression: { type: 'string', default: 'none' },
      header: { type: 'string', multiple: true, default: [] },
    },
  })
  if (positionals.length !== 1) {
    throw usageError(
      `generate: got ${positionals.length} signals ("${positionals.join(' ')}"); allowed is exactly one of ${signals.join(', ')}; nothing was sent`,
    )
  }
  const signal = parseChoice<Signal>('generate', positionals[0]!, signals)
  const encoding = parseChoice('--encoding', values.encoding, ['protobuf', 'json'])
  const template = createTemplate(signal, parseNumber('--items', values.items, { min: 1, max: 100_000, whole: true }))
  const client = createOtlpHttpClient({
    url: signalUrl(values.endpoint, signal),
    encoding,
    compression: parseChoice('--compression', values.compression, ['none', 'gzip']),
    headers: headersOf(values.header),
    timeoutMillis: 10_000,
  })
  const ratePerSecond = parseNumber('--rate', values.rate, { min: 0, max: 100_000_000 })
  const durationMillis = parseDuration('--duration', values.duration)
  const maxInFlight = parseNumber('--in-flight', values['in-flight'], { min: 1, max: 1000, whole: true })
  // The clock's waits alone do not keep the process alive.
  const alive = setInterval(() => undefined, 1000)
  const result = await generateLoad({
    template,
    encoding,
    client,
    clock: systemClock,
    ratePerSecond,
    durationMillis,
    maxInFlight,
    runId: randomInt(1, 0xffff_ffff),
    progress: (now) => terminal.status(summary(now, signal)),
    abort,
  })
  clearInterval(alive)
  await client.shutdown()
  terminal.out(summary(result, signal))
  if (result.lastError !== undefined) terminal.err(terminal.red(result.lastError))
  return result.acceptedItemCount === result.sentItemCount ? 0 : 1
}

function summary(result: LoadResult, signal: Signal): string {
  const unit = { traces: 'spans', metrics: 'data points', logs: 'log records' }[signal]
  const seconds = result.elapsedMillis / 1000
  const perSecond = seconds === 0 ? 0 : Math.round(result.acceptedItemCount / seconds)
  return [
    `sent ${result.sentItemCount} ${unit} in ${result.requestCount} requests, ${(result.sentByteCount / 1e6).toFixed(1)} MB, ${seconds.toFixed(1)} s`,
    `accepted ${result.acceptedItemCount} (${perSecond}/s)`,
    `rejected ${result.rejectedItemCount}`,
    `failed ${result.failedItemCount}`,
  ].join(' · ')
}

function signalUrl(endpoint: string, signal: Signal): string {
  let url: URL
  try {
    url = new URL(endpoint)
  } catch {
    throw usageError(
      `--endpoint: "${endpoint}" is not a URL; allowed are http:// and https:// addresses such as http://localhost:4318; nothing was sent`,
    )
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw usageError(
      `--endpoint: "${endpoint}" has the scheme "${url.protocol}"; allowed are http: and https:; nothing was sent`,
    )
  }
  if (!url.pathname.endsWith(`/v1/${signal}`)) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`
  return url.href
}

function headersOf(texts: readonly string[]): Record<string, string> {
  const headers: [string, string][] = texts.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw usageError(`--header: "${text}" has no name or no value; allowed is NAME=VALUE; nothing was sent`)
    return [text.slice(0, at).toLowerCase(), text.slice(at + 1)]
  })
  return Object.fromEntries(headers)
}
