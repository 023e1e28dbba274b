// SPDX-License-Identifier: Apache-2.0
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Sampler,
  type SamplingResult,
  type SpanKind,
} from '@otel-ts/api'
import { type Clock, systemClock, type Timer } from '@otel-ts/otlp/clock'
import { runInContext } from '../context/active.ts'
import { suppressTracing } from '../context/suppress-tracing.ts'
import { readString } from '../env/read.ts'
import { sdkEvents } from '../events.ts'
import { TraceIdRatioBasedSampler } from '../trace/samplers.ts'
import type { JaegerRequest } from './jaeger-request.ts'

/** Options of a {@link JaegerRemoteSampler}. */
export interface JaegerRemoteSamplerOptions {
  /** Base URL of what answers `/sampling?service=…` over HTTP. Default `http://localhost:5778`, a Jaeger on this host. */
  endpoint?: string
  /** Service whose strategy is asked for. Default: `OTEL_SERVICE_NAME`, else the empty name. */
  serviceName?: string
  /** Wait between two questions, in milliseconds, 1 at least; each differs by up to a tenth. Default 60000. */
  pollingIntervalMillis?: number
  /** The same, as opentelemetry-js spells it. */
  poolingInterval?: number
  /** Decides until the first strategy is there. Default: one trace in a thousand, as in Jaeger's own clients. */
  initialSampler?: Sampler
  /** Time for one question, in milliseconds. Default 5000. */
  timeoutMillis?: number
  /** For tests. Default: the clock of the process. */
  clock?: Clock
  /** Source of the jitter: from 0 to 1. Default `Math.random`. */
  random?: () => number
}

const defaultEndpoint = 'http://localhost:5778'

/**
 * Does what a Jaeger or Collector says: asks it for the strategy of a service at once and then again and again.
 * Strategies are a share of traces, traces per second, or a share for each span name with a number of traces per second
 * that is always sampled. When the endpoint cannot be asked, or its answer not be used, the last strategy stays; one
 * warning says so until it answers again. The parent's decision is ignored: use it as the root of a
 * {@link ParentBasedSampler}. Never keeps a process alive. Specification: trace/sdk.md#jaegerremotesampler.
 *
 * @example
 * ```ts
 * import { AlwaysOnSampler, JaegerRemoteSampler, ParentBasedSampler } from '@otel-ts/sdk'
 * const remote = new JaegerRemoteSampler({
 *   endpoint: 'http://127.0.0.1:5778',
 *   serviceName: 'shop',
 *   initialSampler: new AlwaysOnSampler(),
 * })
 * const sampler = new ParentBasedSampler({ root: remote })
 * console.log(`${remote}`) // JaegerRemoteSampler{endpoint=http://127.0.0.1:5778, serviceName=shop, sampler=AlwaysOnSampler}
 * await remote.shutdown()
 * ```
 */
export class JaegerRemoteSampler implements Sampler {
  readonly #endpoint: string
  readonly #serviceName: string
  readonly #url: URL | undefined
  readonly #intervalMillis: number
  readonly #timeoutMillis: number
  readonly #clock: Clock
  readonly #random: () => number
  #sampler: Sampler
  /** The answer that the sampler was made from: an equal one changes nothing, so that limits go on counting. */
  #answer: string | undefined
  #update: Promise<boolean> | undefined
  #request: JaegerRequest | undefined
  #timer: Timer | undefined
  #isFailing = false
  #isShutDown = false

  constructor(options: JaegerRemoteSamplerOptions = {}) {
    this.#endpoint = options.endpoint ?? defaultEndpoint
    this.#serviceName = options.serviceName ?? readString('OTEL_SERVICE_NAME') ?? ''
    this.#url = samplingUrl(this.#endpoint, this.#serviceName)
    this.#intervalMillis = usableMillis(
      'pollingIntervalMillis',
      options.pollingIntervalMillis ?? options.poolingInterval,
      60_000,
    )
    this.#timeoutMillis = usableMillis('timeoutMillis', options.timeoutMillis, 5000)
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#sampler = options.initialSampler ?? new TraceIdRatioBasedSampler(0.001)
    void this.update()
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    return this.#sampler.shouldSample(context, traceId, spanName, spanKind, attributes, links)
  }

  /**
   * Asks the endpoint now, or joins the question that is under way. Resolves when the answer is in use: true, or false
   * when there is none and the last strategy stays. Never rejects.
   */
  update(): Promise<boolean> {
    if (this.#isShutDown || this.#url === undefined) return Promise.resolve(false)
    this.#timer?.cancel()
    this.#update ??= this.#ask(this.#url).finally(() => {
      this.#update = undefined
      if (this.#isShutDown) return
      const delayMillis = this.#intervalMillis * (0.9 + 0.2 * this.#random())
      this.#timer = this.#clock.after(delayMillis, () => void this.update())
    })
    return this.#update
  }

  async #ask(url: URL): Promise<boolean> {
    try {
      const source = await import('./jaeger-source.ts')
      if (this.#isShutDown) return false
      const context = suppressTracing(ROOT_CONTEXT)
      this.#request = runInContext(
        context,
        () => source.requestJaegerStrategy(url, this.#timeoutMillis, this.#clock),
        undefined,
      )
      const answer = await this.#request.body
      if (this.#isShutDown) return false
      if (answer !== this.#answer) {
        this.#sampler = source.samplerOfStrategy(source.parseJaegerStrategy(answer), this.#clock)
        this.#answer = answer
      }
    } catch (error) {
      if (!this.#isShutDown && !this.#isFailing) {
        this.#isFailing = true
        sdkEvents.samplingStrategyNotLoaded(url.href, this.#sampler.toString(), error)
      }
      return false
    }
    if (this.#isFailing) sdkEvents.samplingStrategyLoaded(url.href, this.#sampler.toString())
    this.#isFailing = false
    return true
  }

  /** Asks no more; the last strategy stays in use. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true
    this.#timer?.cancel()
    this.#request?.abort()
    await this.#update
  }

  toString(): string {
    return `JaegerRemoteSampler{endpoint=${this.#endpoint}, serviceName=${this.#serviceName}, sampler=${this.#sampler.toString()}}`
  }
}

function samplingUrl(endpoint: string, serviceName: string): URL | undefined {
  try {
    const url = new URL(endpoint)
    if (url.protocol === 'http:' || url.protocol === 'https:') {
      url.pathname = `${url.pathname.replace(/\/+$/, '')}/sampling`
      url.search = ''
      url.searchParams.set('service', serviceName)
      return url
    }
  } catch {
    // Reported below, with everything else that is no URL of HTTP.
  }
  sdkEvents.invalidSetting(
    'JaegerRemoteSampler endpoint',
    String(endpoint),
    'a URL with http:// or https://',
    'no strategy is asked for, the initial sampler decides',
  )
  return undefined
}

function usableMillis(option: string, given: number | undefined, fallback: number): number {
  if (given === undefined) return fallback
  // Beyond this, timers of the host fire at once.
  if (typeof given === 'number' && given >= 1 && given <= 2 ** 31 - 1) return given
  sdkEvents.invalidSetting(
    `JaegerRemoteSampler ${option}`,
    String(given),
    'milliseconds from 1 to 2147483647',
    `${fallback} is used`,
  )
  return fallback
}
