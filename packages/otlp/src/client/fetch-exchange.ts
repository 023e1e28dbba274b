// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'
import { grpcStatus } from '../transport/status-code.ts'
import { type AnswerHead, outcomeOfAnswer, responseTooLarge } from './answer.ts'
import type { OtlpOutcome, OtlpRequest } from './client.ts'
import { Delivery, type DeliverySettings } from './delivery.ts'
import { connectionError, consequenceOf, refusedRequest } from './failure.ts'

/** What exchanges of one client share. */
export interface FetchSettings extends DeliverySettings {
  readonly compression: 'none' | 'gzip' | 'deflate'
  readonly maxResponseBytes: number
  readonly keepalive: boolean
  readonly credentials: 'omit' | 'same-origin' | 'include'
}

// Fetch standard, "HTTP-network-or-cache fetch": what keepalive requests of a page may hold together; a request beyond it
// fails. Chromium also limits their number.
const maxKeepaliveBytes = 64 * 1024
const maxKeepaliveCount = 9
let keepaliveBytes = 0
let keepaliveCount = 0

/** One `send` over `fetch`. */
export class FetchExchange extends Delivery {
  readonly #settings: FetchSettings
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #settled: (exchange: FetchExchange, outcome: OtlpOutcome) => void
  #body: Uint8Array<ArrayBuffer>
  #running: AbortController | undefined

  constructor(
    settings: FetchSettings,
    url: string,
    display: string,
    request: OtlpRequest,
    headers: Readonly<Record<string, string>>,
    byteCount: number,
    settled: (exchange: FetchExchange, outcome: OtlpOutcome) => void,
  ) {
    super(settings, display, request)
    this.#settings = settings
    this.#url = url
    this.#headers = headers
    this.#settled = settled
    this.#body = joined(request.chunks, byteCount)
  }

  protected prepare(): void {
    const { compression } = this.#settings
    if (compression === 'none') {
      this.try()
      return
    }
    compressed(this.#body, compression).then(
      (body) => {
        if (this.isDone) return
        this.#body = body
        this.try()
      },
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error)
        this.fail(otlpError('OTLP_INTERNAL', `${compression}: ${text}; ${this.items} not sent`, error), false)
      },
    )
  }

  protected startTry(): void {
    const running = new AbortController()
    this.#running = running
    this.#fetch(running).then(
      (outcome) => this.#end(running, outcome),
      (error: unknown) => this.#end(running, this.#failed(error)),
    )
  }

  protected stopTry(): void {
    const running = this.#running
    this.#running = undefined
    running?.abort()
  }

  protected settled(outcome: OtlpOutcome): void {
    this.#settled(this, outcome)
  }

  #end(running: AbortController, outcome: OtlpOutcome): void {
    if (this.#running !== running) return
    this.#running = undefined
    this.conclude(outcome)
  }

  async #fetch(running: AbortController): Promise<OtlpOutcome> {
    const body = this.#body
    const size = body.byteLength
    const keepalive =
      this.#settings.keepalive && keepaliveBytes + size <= maxKeepaliveBytes && keepaliveCount < maxKeepaliveCount
    if (keepalive) {
      keepaliveBytes += size
      keepaliveCount++
    }
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body,
        signal: running.signal,
        keepalive,
        // Followed, a POST becomes a GET on the way, or the data go to whoever was named.
        redirect: 'manual',
        credentials: this.#settings.credentials,
      })
      return await this.#answer(running, response)
    } finally {
      if (keepalive) {
        keepaliveBytes -= size
        keepaliveCount--
      }
    }
  }

  async #answer(running: AbortController, response: Response): Promise<OtlpOutcome> {
    if (response.type === 'opaqueredirect') return this.#redirected()
    const head = headOf(response)
    const limit = this.#settings.maxResponseBytes
    const body = await read(response, limit)
    if (body !== undefined) return outcomeOfAnswer(this, head, body)
    if (this.#running === running) running.abort()
    return responseTooLarge(this, head, limit)
  }

  // Pages are not told where to.
  #redirected(): OtlpOutcome {
    return {
      result: 'failed',
      error: otlpError(
        'OTLP_REFUSED',
        `${this.display}: answered with a redirect; expected is an endpoint that takes the data itself, since redirects are not followed; ${this.items} not delivered, and not sent again`,
      ),
      retryable: false,
      retryAfterMillis: undefined,
      httpStatus: undefined,
      grpcStatus: grpcStatus.unknown,
    }
  }

  #failed(error: unknown): OtlpOutcome {
    // Node and Deno give the reason as the cause; browsers say "Failed to fetch" to pages, whatever it was.
    const cause = error instanceof Error ? error.cause : undefined
    const isOption = error instanceof TypeError && cause === undefined && isHeaderProblem(error.message)
    return {
      result: 'failed',
      error: isOption
        ? refusedRequest(this.display, error, this.items)
        : cause === undefined
          ? this.#unknownFailure(error)
          : connectionError(this.display, cause, this.items),
      retryable: !isOption,
      retryAfterMillis: undefined,
      httpStatus: undefined,
      grpcStatus: isOption ? grpcStatus.invalidArgument : grpcStatus.unavailable,
    }
  }

  #unknownFailure(error: unknown): Error & ReturnType<typeof otlpError> {
    const text = error instanceof Error ? error.message : String(error)
    return otlpError(
      'OTLP_CONNECTION',
      `${this.display}: ${text}; expected is an endpoint that can be reached and, from a page, one that allows the page's origin and headers (CORS): the console of the browser says more; ${consequenceOf(true, this.items)}`,
      error,
    )
  }
}

// What engines call names and values of headers that fetch refuses; nothing else marks these errors.
function isHeaderProblem(message: string): boolean {
  return /header|ByteString/i.test(message)
}

function joined(chunks: readonly Uint8Array[], byteCount: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteCount)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

async function compressed(
  body: Uint8Array<ArrayBuffer>,
  compression: 'gzip' | 'deflate',
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new CompressionStream(compression)
  const writer = stream.writable.getWriter()
  // What goes wrong shows at the reading end.
  writer.write(body).catch(() => {})
  writer.close().catch(() => {})
  return new Uint8Array(await new Response(stream.readable as ReadableStream).arrayBuffer())
}

function headOf(response: Response): AnswerHead {
  const { headers } = response
  return {
    statusCode: response.status,
    statusMessage: response.statusText,
    headers: {
      'content-type': headers.get('content-type') ?? undefined,
      'retry-after': headers.get('retry-after') ?? undefined,
      date: headers.get('date') ?? undefined,
      location: headers.get('location') ?? undefined,
    },
  }
}

// The whole body, decompressed by the runtime; undefined when it is longer than the limit.
async function read(response: Response, limitBytes: number): Promise<Uint8Array | undefined> {
  if (response.body === null) return new Uint8Array()
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > limitBytes) return undefined
    chunks.push(value)
  }
  return chunks.length === 1 ? chunks[0] : joined(chunks, size)
}
