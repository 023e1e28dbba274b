// SPDX-License-Identifier: Apache-2.0

/** Which web pages may send to the server: cross-origin resource sharing. */
export interface CorsOptions {
  /** Origins such as `https://shop.example`; one `*` each stands for any run of characters. Empty = CORS is off. */
  readonly allowedOrigins: readonly string[]
  /**
   * Request headers allowed besides Accept, Accept-Language, Content-Language, Content-Type and X-Requested-With;
   * `*` allows any.
   */
  readonly allowedHeaders?: readonly string[]
  /** Response headers that pages may read. */
  readonly exposedHeaders?: readonly string[]
  /** How long browsers may remember the answer to a preflight, in seconds. Absent = their own default. */
  readonly maxAgeSeconds?: number
}

interface OriginPattern {
  readonly prefix: string
  /** Undefined = the whole origin must equal `prefix`. */
  readonly suffix: string | undefined
}

const alwaysAllowedHeaders = ['accept', 'accept-language', 'content-language', 'content-type', 'x-requested-with']

/** {@link CorsOptions} made ready for matching. */
export class Cors {
  readonly #anyOrigin: boolean
  readonly #patterns: readonly OriginPattern[]
  readonly #anyHeader: boolean
  readonly #allowedHeaders: ReadonlySet<string>
  readonly #exposedHeaders: string
  readonly #maxAgeSeconds: number | undefined

  constructor(options: CorsOptions) {
    this.#anyOrigin = options.allowedOrigins.includes('*')
    this.#patterns = options.allowedOrigins.map(patternOf)
    const headers = options.allowedHeaders ?? []
    this.#anyHeader = headers.includes('*')
    this.#allowedHeaders = new Set([...alwaysAllowedHeaders, ...headers.map((name) => name.toLowerCase())])
    this.#exposedHeaders = (options.exposedHeaders ?? []).join(', ')
    this.#maxAgeSeconds = options.maxAgeSeconds
  }

  /** Headers, names and values in turn, that every answer to this origin has. */
  answerHeaders(origin: string): string[] {
    if (!this.#allows(origin)) return ['Vary', 'Origin']
    const headers = this.#originHeaders(origin)
    if (this.#exposedHeaders !== '') headers.push('Access-Control-Expose-Headers', this.#exposedHeaders)
    return headers
  }

  /** Headers of the answer to a preflight; without Access-Control-Allow-… the browser refuses the page. */
  preflightHeaders(origin: string, method: string | undefined, requestedHeaders: string | undefined): string[] {
    if (!this.#allows(origin) || method !== 'POST' || !this.#allowsHeaders(requestedHeaders)) {
      return ['Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers']
    }
    const headers = this.#originHeaders(origin)
    headers.push('Access-Control-Allow-Methods', 'POST')
    if (requestedHeaders !== undefined && requestedHeaders.trim() !== '') {
      headers.push('Access-Control-Allow-Headers', requestedHeaders)
    }
    if (this.#maxAgeSeconds !== undefined && this.#maxAgeSeconds > 0) {
      headers.push('Access-Control-Max-Age', String(this.#maxAgeSeconds))
    }
    return headers
  }

  // Credentials only for origins that were named: with `*` any page could use the user's.
  #originHeaders(origin: string): string[] {
    if (this.#anyOrigin) return ['Access-Control-Allow-Origin', '*']
    return ['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true', 'Vary', 'Origin']
  }

  #allows(origin: string): boolean {
    if (this.#anyOrigin) return true
    const text = origin.toLowerCase()
    for (const { prefix, suffix } of this.#patterns) {
      if (suffix === undefined) {
        if (text === prefix) return true
      } else if (text.length >= prefix.length + suffix.length && text.startsWith(prefix) && text.endsWith(suffix)) {
        return true
      }
    }
    return false
  }

  #allowsHeaders(requested: string | undefined): boolean {
    if (this.#anyHeader || requested === undefined) return true
    for (const name of requested.split(',')) {
      const key = name.trim().toLowerCase()
      if (key !== '' && !this.#allowedHeaders.has(key)) return false
    }
    return true
  }
}

function patternOf(origin: string): OriginPattern {
  const text = origin.toLowerCase()
  const star = text.indexOf('*')
  if (star === -1) return { prefix: text, suffix: undefined }
  return { prefix: text.slice(0, star), suffix: text.slice(star + 1) }
}
