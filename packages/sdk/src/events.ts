// SPDX-License-Identifier: Apache-2.0
import { diag } from '@otel-ts/api'
import { hasDiagLogger } from '@otel-ts/api/registration'

/** Where messages of the SDK go: `diag` of the API, unless a test puts something else in. */
export interface EventLogger {
  error(message: string, ...details: unknown[]): void
  warn(message: string, ...details: unknown[]): void
}

// One line per kind and interval: a loop that does something wrong a million times must not become a million lines.
const repeatMillis = 10_000

// What is said before anybody listens: settings are read before the SDK registers, and with it the logger on stderr.
const maxEarlyCount = 100

interface EarlyMessage {
  readonly level: 'error' | 'warn'
  readonly message: string
  readonly detail: unknown
}

interface Repeat {
  count: number
  quietUntilMillis: number
}

/** What of a span was over its limits. */
export interface LimitEvent {
  readonly spanName: string
  readonly attributeCount: number
  readonly eventCount: number
  readonly linkCount: number
}

/** Spans that did not reach the exporter's endpoint. */
export interface LossEvent {
  readonly count: number
  readonly maxQueueSize: number
  readonly destination: string
  /** Time since an export succeeded; undefined if none ever did. */
  readonly sinceSuccessMillis: number | undefined
}

/** An endpoint that takes nothing. */
export interface EndpointNotReachedEvent {
  readonly signal: string
  readonly destination: string
  readonly protocol: string
  /** Time since an export succeeded; undefined if none ever did. */
  readonly sinceSuccessMillis: number | undefined
  readonly error: Error
}

/** An endpoint that takes data again. */
export interface EndpointReachedEvent {
  readonly signal: string
  readonly destination: string
  readonly protocol: string
  readonly failedExportCount: number
  readonly failedItemCount: number
  /** Time from the first of these failures on. */
  readonly forMillis: number
}

/**
 * Everything that the trace path says to a human, one method each. Warnings: degraded, nothing lost. Errors: data
 * lost. Repeats within ten seconds are counted, and the next line carries the count.
 */
export class SdkEvents {
  readonly #logger: EventLogger
  readonly #nowMillis: () => number
  readonly #repeats = new Map<string, Repeat>()
  readonly #saidSettings = new Set<string>()
  // Errors whose text stands in the log already: the loss that follows from one need not repeat it.
  readonly #explained = new WeakSet<object>()

  readonly #hasLogger: () => boolean
  #isRegistered = false
  #early: EarlyMessage[] = []

  constructor(
    logger: EventLogger = diag,
    nowMillis: () => number = () => performance.now(),
    hasLogger: () => boolean = () => logger !== diag || hasDiagLogger(),
  ) {
    this.#logger = logger
    this.#nowMillis = nowMillis
    this.#hasLogger = hasLogger
  }

  /** Tells whether an SDK is registered, and with it some logger: then what was said before is said. */
  registered(isRegistered: boolean): void {
    this.#isRegistered = isRegistered
    if (!isRegistered) return
    const early = this.#early
    this.#early = []
    for (const { level, message, detail } of early) this.#log(level, message, detail)
  }

  #say(kind: string, level: 'error' | 'warn', message: string, detail?: unknown): void {
    const now = this.#nowMillis()
    let repeat = this.#repeats.get(kind)
    if (repeat === undefined) this.#repeats.set(kind, (repeat = { count: 0, quietUntilMillis: 0 }))
    else if (now < repeat.quietUntilMillis) {
      repeat.count++
      return
    }
    const more = repeat.count === 0 ? '' : ` (${repeat.count} more like this since the last such line)`
    repeat.count = 0
    repeat.quietUntilMillis = now + repeatMillis
    if (this.#isRegistered || this.#hasLogger()) this.#log(level, message + more, detail)
    else if (this.#early.length < maxEarlyCount) this.#early.push({ level, message: message + more, detail })
  }

  #log(level: 'error' | 'warn', message: string, detail: unknown): void {
    try {
      if (detail === undefined) this.#logger[level](message)
      else this.#logger[level](message, detail)
    } catch {
      // A logger that throws must not take the application with it.
    }
  }

  /** An operation came after `end()`. */
  spanAlreadyEnded(operation: string, spanName: string): void {
    this.#say(
      `ended:${operation}`,
      'warn',
      `${operation} on span "${spanName}", which has ended: only spanContext and isRecording are allowed then; ignored`,
    )
  }

  /** A time was no time. */
  invalidTime(operation: string, value: unknown): void {
    this.#say(
      'time',
      'warn',
      `${operation}: ${show(value)} is no time; allowed are Date, milliseconds, and [seconds, nanoseconds]; the present time is used`,
    )
  }

  /** A span ended before it started. */
  negativeDuration(spanName: string): void {
    this.#say(
      'duration',
      'warn',
      `end of span "${spanName}" lies before its start; times must not go back; the span ends when it started`,
    )
  }

  /** An attribute had no key, or a value that none can have. */
  invalidAttribute(where: string, key: string): void {
    this.#say(
      'attribute',
      'warn',
      `attribute "${key}" of ${where}: key empty or value of an unsupported kind; allowed are strings, numbers, booleans, int64 bigints, Uint8Array, null, and arrays and plain objects of these; attribute left out`,
    )
  }

  /** A span was over its limits: at most once per span. */
  limitReached(event: LimitEvent): void {
    this.#say(
      'limit',
      'warn',
      `span "${event.spanName}" is over its limits: dropped ${event.attributeCount} attributes, ${event.eventCount} events, ${event.linkCount} links; raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_SPAN_EVENT_COUNT_LIMIT or OTEL_SPAN_LINK_COUNT_LIMIT to keep them`,
    )
  }

  /** Code that was given to the SDK threw. */
  callbackThrew(what: string, error: unknown): void {
    this.#say(`threw:${what}`, 'error', `${what} threw; it must not; the SDK goes on without its result`, error)
  }

  /** Spans found no room. */
  queueFull(event: LossEvent): void {
    this.#say(
      `queue:${event.destination}`,
      'error',
      `Dropped ${event.count} spans: queue full at maxQueueSize=${event.maxQueueSize} (exporter ${event.destination} ${lastSuccess(event)}). Raise OTEL_BSP_MAX_QUEUE_SIZE or check the endpoint.`,
    )
  }

  /** Spans found no room by bytes. */
  queueBytesFull(event: LossEvent, maxQueueBytes: number): void {
    this.#say(
      `queue-bytes:${event.destination}`,
      'error',
      `Dropped ${event.count} spans: queue full at maxQueueBytes=${maxQueueBytes} (exporter ${event.destination} ${lastSuccess(event)}). Raise maxQueueBytes, cut values with OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, or check the endpoint.`,
    )
  }

  /** An export failed for good. */
  exportFailed(event: LossEvent, error: unknown): void {
    const isExplained = typeof error === 'object' && error !== null && this.#explained.has(error)
    this.#say(
      `export:${event.destination}`,
      'error',
      `Lost ${event.count} spans: export to ${event.destination} failed (${isExplained ? 'as said before' : messageOf(error)}); the exporter ${lastSuccess(event)}. Check the endpoint.`,
    )
  }

  /** Nothing arrives at an endpoint. Its owner says this once, until {@link endpointReached}. */
  endpointNotReached(event: EndpointNotReachedEvent): void {
    const { signal, destination, protocol, sinceSuccessMillis, error } = event
    const since =
      sinceSuccessMillis === undefined ? 'since the start' : `for ${Math.round(sinceSuccessMillis / 1000)} s`
    this.#explained.add(error)
    this.#say(
      `not-reached:${signal}:${destination}`,
      'error',
      `No ${signal} arrive at ${destination} over ${protocol}: no export has succeeded ${since}. Last error: ${messageOf(error)}. This is said once, and again when an export succeeds.`,
    )
  }

  /** An export succeeded after {@link endpointNotReached}. */
  endpointReached(event: EndpointReachedEvent): void {
    const { signal, destination, protocol, failedExportCount, failedItemCount, forMillis } = event
    const items = itemNames[signal] ?? signal
    this.#say(
      `reached:${signal}:${destination}`,
      'warn',
      `${signal[0]!.toUpperCase()}${signal.slice(1)} arrive at ${destination} over ${protocol} again: after ${Math.round(forMillis / 1000)} s in which ${failedExportCount} exports with ${failedItemCount} ${items} failed.`,
    )
  }

  /** Spans were left when the time for shutdown was over, or came after it. */
  droppedAtShutdown(count: number, reason: string): void {
    this.#say(
      'shutdown',
      'error',
      `Dropped ${count} spans: ${reason}. Await shutdown() after the last span has ended, and give it time.`,
    )
  }

  /** The endpoint took a request in part, or with a remark. `items`: what it holds, such as "spans". */
  partialSuccess(destination: string, rejectedCount: bigint, message: string, items: string): void {
    if (rejectedCount > 0n) {
      this.#say(
        `partial:${items}:${destination}`,
        'error',
        `${destination} rejected ${rejectedCount} ${items}: ${message || 'no reason given'}; they are lost and not sent again`,
      )
    } else {
      this.#say(
        `partial-note:${items}:${destination}`,
        'warn',
        `${destination} took all ${items}, and says: ${message}`,
      )
    }
  }

  /** Baggage has a name that its header cannot hold. */
  baggageNameInvalid(name: string): void {
    this.#say(
      'baggage-name',
      'warn',
      `baggage entry ${JSON.stringify(name)} cannot be sent: allowed in its name are letters, digits and !#$%&'*+-.^_\`|~; it stays in this process`,
    )
  }

  /** Baggage is more than its header may hold. */
  baggageOverLimit(direction: 'sent' | 'received', maxMemberCount: number, maxByteCount: number): void {
    this.#say(
      `baggage:${direction}`,
      'warn',
      `${direction === 'sent' ? 'baggage to send' : 'received baggage'} is over its limits: allowed are ${maxMemberCount} entries and ${maxByteCount} bytes of percent-encoded text; entries beyond that are left out; put fewer or shorter ones in`,
    )
  }

  /** A setting has a value that it cannot have. Said once for each value, however many read it. */
  invalidSetting(name: string, value: string, allowed: string, used: string): void {
    const setting = `${name}=${value}`
    if (this.#saidSettings.has(setting)) return
    // Settings are few; code that makes up values without end is not remembered without end.
    if (this.#saidSettings.size < 1000) this.#saidSettings.add(setting)
    this.#say(`setting:${name}`, 'warn', `${name}=${JSON.stringify(value)}: allowed is ${allowed}; ${used}`)
  }

  /** A metric is of a kind that OTLP, as this exporter knows it, does not have. */
  unknownMetricData(name: string, dataPointType: unknown, pointCount: number): void {
    this.#say(
      'metric',
      'error',
      `metric "${name}" has dataPointType ${show(dataPointType)}; known are 0 to 3 (histogram, exponential histogram, gauge, sum); its ${pointCount} data points are not sent`,
    )
  }

  /** A sampler decides by a trace id that nobody says is random. The sampler says this once. */
  randomnessPresumed(sampler: string): void {
    this.#say(
      'randomness',
      'warn',
      `${sampler} decides over a span whose parent has neither the random flag of W3C Trace Context Level 2 nor rv in tracestate: its trace id may not be random; it is taken as random. Use the sampler as the root of a parent-based one, or let the first service send the flag.`,
    )
  }

  /** A TraceIdRatioBased sampler is set for spans that have a parent. */
  ratioDecidesOverChildren(sampler: string): void {
    this.#say(
      'ratio-children',
      'warn',
      `${sampler} decides over spans that have a parent: other languages and versions may take other traces for one ratio, and traces may be incomplete. Use it as the root of ParentBased (parentbased_traceidratio), or use ProbabilitySampler.`,
    )
  }

  /** No sampling strategy comes from an endpoint. Its sampler says this once, until {@link samplingStrategyLoaded}. */
  samplingStrategyNotLoaded(url: string, sampler: string, error: unknown): void {
    this.#say(
      `strategy-not-loaded:${url}`,
      'warn',
      `No sampling strategy from ${url}: ${messageOf(error)}; expected is a strategy as JSON; ${sampler} goes on to decide. This is said once, and again when a strategy arrives.`,
    )
  }

  /** A strategy arrived after {@link samplingStrategyNotLoaded}. */
  samplingStrategyLoaded(url: string, sampler: string): void {
    this.#say(`strategy-loaded:${url}`, 'warn', `Sampling strategies arrive from ${url} again: ${sampler} decides now`)
  }

  /** `th` does not fit into the member `ot` of tracestate. */
  thresholdWithoutRoom(length: number): void {
    this.#say(
      'threshold-room',
      'warn',
      `the member ot of tracestate would have ${length} characters with the sampling threshold; allowed are 256; it is sent without th, and backends cannot count its spans`,
    )
  }

  /** Two resources with different schemas were merged. */
  schemaConflict(mine: string, theirs: string): void {
    this.#say(
      'schema',
      'warn',
      `resources with schema URLs ${mine} and ${theirs} are merged: only equal ones can be kept; the result has none`,
    )
  }
}

const itemNames: Readonly<Record<string, string>> = {
  traces: 'spans',
  metrics: 'data points',
  logs: 'log records',
}

function lastSuccess(event: LossEvent): string {
  if (event.sinceSuccessMillis === undefined) return 'has never succeeded'
  return `last succeeded ${Math.round(event.sinceSuccessMillis / 1000)} s ago`
}

/** Text of anything that may have been thrown; never throws itself. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'an error without text'
  }
}

function show(value: unknown): string {
  try {
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  } catch {
    return `a value of type ${typeof value}`
  }
}

/** The events of this process. */
export const sdkEvents: SdkEvents = new SdkEvents()
