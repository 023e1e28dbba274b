// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Signal, signals, systemClock } from '@otel-ts/otlp'
import type { ClientTlsOptions } from '@otel-ts/otlp/client'
import { parseChoice, parseDuration, parseNumber } from '../arguments.ts'
import { usageError } from '../errors.ts'
import { compressions, openDestination, protocols } from '../generate/destination.ts'
import { generateLoad } from '../generate/load.ts'
import { type ReportSubject, reportJson, reportLines, shortfall, statusLine } from '../generate/report.ts'
import type { Terminal } from '../terminal.ts'

export const generateHelp = `Usage: otel-ts generate traces|metrics|logs [options]

Sends made-up telemetry of a small shop to an OTLP endpoint. Requests leave when they are due, whatever became of those
before; after a pause at most twice the rate is sent until none is behind. Nothing is sent twice.

  --protocol NAME         grpc, http/protobuf or http/json; default http/protobuf
  --endpoint ADDRESS      where to: default http://localhost:4318, with grpc localhost:4317
  --rate N                spans, data points or log records a second; 0 = as fast as answered; default 1000
  --duration TIME         how long: 500ms, 10s, 1m30s; default 10s, or until --count
  --count N               items altogether; default as many as the time allows
  --batch-size N          items in one request: 1 to 100000; default 100
  --in-flight N           requests that may wait for an answer at once: 1 to 10000; default 16
  --connections N         1 to 1000; default with HTTP one for each request in flight, with grpc 1
  --timeout TIME          time for one answer; default 10s
  --compression NAME      none, gzip, deflate, zstd or snappy; default none
  --header NAME=VALUE     a header of every request; may be repeated
  --seed N                makes the ids: the same seed gives the same ids; default at random
  --unique                gives every item the attribute generate.item with its running number
  --insecure              no TLS, which is what addresses without https:// and without options of TLS mean
  --ca FILE               authorities of the server's certificate, PEM
  --cert FILE, --key FILE own certificate and key, PEM
  --server-name NAME      name that the server's certificate must have
  --insecure-skip-verify  takes any certificate
  --json                  the result as one line of JSON

Ids hold the run's number and the running number of the item, from 1: what is missing at the end can be told.
Ends with exit code 0 when every item sent was accepted, 1 when any was refused or lost.`

/** `otel-ts generate`. */
export async function generate(args: string[], terminal: Terminal, abort: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      protocol: { type: 'string', default: 'http/protobuf' },
      endpoint: { type: 'string' },
      rate: { type: 'string', default: '1000' },
      duration: { type: 'string' },
      count: { type: 'string' },
      'batch-size': { type: 'string', default: '100' },
      'in-flight': { type: 'string', default: '16' },
      connections: { type: 'string' },
      timeout: { type: 'string', default: '10s' },
      compression: { type: 'string', default: 'none' },
      header: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string' },
      unique: { type: 'boolean', default: false },
      insecure: { type: 'boolean', default: false },
      ca: { type: 'string' },
      cert: { type: 'string' },
      key: { type: 'string' },
      'server-name': { type: 'string' },
      'insecure-skip-verify': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (positionals.length !== 1) {
    throw usageError(
      `generate: got ${positionals.length} signals ("${positionals.join(' ')}"); allowed is exactly one of ${signals.join(', ')}; nothing was sent`,
    )
  }
  const signal = parseChoice<Signal>('generate', positionals[0]!, signals)
  const protocol = parseChoice('--protocol', values.protocol, protocols)
  const whole = (option: string, text: string, max: number): number =>
    parseNumber(option, text, { min: 1, max, whole: true })
  const itemCount =
    values.count === undefined ? Number.POSITIVE_INFINITY : whole('--count', values.count, Number.MAX_SAFE_INTEGER)
  const duration = values.duration ?? (values.count === undefined ? '10s' : undefined)
  const load = {
    ratePerSecond: parseNumber('--rate', values.rate, { min: 0, max: 100_000_000 }),
    durationMillis: duration === undefined ? Number.POSITIVE_INFINITY : parseDuration('--duration', duration),
    itemCount,
    batchSize: whole('--batch-size', values['batch-size'], 100_000),
    maxInFlight: whole('--in-flight', values['in-flight'], 10_000),
    runId: values.seed === undefined ? randomInt(1, 0xffff_ffff) : whole('--seed', values.seed, 0xffff_ffff),
    unique: values.unique,
  }
  const destination = openDestination({
    signal,
    protocol,
    endpoint: values.endpoint,
    compression: parseChoice('--compression', values.compression, compressions),
    headers: headersOf(values.header),
    timeoutMillis: parseDuration('--timeout', values.timeout),
    connectionCount: values.connections === undefined ? undefined : whole('--connections', values.connections, 1000),
    insecure: values.insecure,
    tls: tlsOf(values),
  })
  // The clock's waits alone do not keep the process alive.
  const alive = setInterval(() => undefined, 1000)
  const result = await generateLoad({
    ...load,
    signal,
    encoding: destination.encoding,
    clients: destination.clients,
    clock: systemClock,
    progress: (now) => terminal.status(statusLine(now, signal)),
    abort,
  })
  clearInterval(alive)
  for (const client of destination.clients) await client.shutdown()
  const subject: ReportSubject = {
    signal,
    protocol,
    endpoint: destination.display,
    runId: load.runId,
    ratePerSecond: load.ratePerSecond,
  }
  if (values.json) terminal.out(reportJson(result, subject))
  else for (const line of reportLines(result, subject)) terminal.out(line)
  const short = shortfall(result, subject)
  if (short !== undefined) terminal.err(terminal.yellow(short))
  if (result.lastError !== undefined) terminal.err(terminal.red(result.lastError))
  return result.acceptedItemCount === result.sentItemCount ? 0 : 1
}

function tlsOf(values: {
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
  'server-name'?: string | undefined
  'insecure-skip-verify': boolean
}): ClientTlsOptions | undefined {
  const { ca, cert, key, 'server-name': serverName, 'insecure-skip-verify': skipVerify } = values
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? '--cert' : '--key'
    throw usageError(`${missing}: absent; a certificate and its key go together; nothing was sent`)
  }
  if (ca === undefined && cert === undefined && serverName === undefined && !skipVerify) return undefined
  return {
    ...(ca === undefined ? {} : { ca: { file: ca } }),
    ...(cert === undefined ? {} : { certificate: { file: cert } }),
    ...(key === undefined ? {} : { key: { file: key } }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(skipVerify ? { insecureSkipVerify: true } : {}),
  }
}

function headersOf(texts: readonly string[]): Record<string, string> {
  const headers: [string, string][] = texts.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw usageError(`--header: "${text}" has no name or no value; allowed is NAME=VALUE; nothing was sent`)
    return [text.slice(0, at).toLowerCase(), text.slice(at + 1)]
  })
  return Object.fromEntries(headers)
}
