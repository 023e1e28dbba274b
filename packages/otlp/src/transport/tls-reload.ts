// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../clock.ts'
import { isOtlpError, type OtlpError, otlpError } from '../errors.ts'
import {
  fileSources,
  materialOf,
  type PemSources,
  type PemTexts,
  readAgain,
  readNow,
  sameTexts,
  type TlsMaterial,
} from './tls-material.ts'
import type { ClientTlsOptions, ServerTlsOptions, TlsObserver } from './tls-options.ts'
import { validityError } from './tls-pem.ts'

// Without an interval a server still looks after changes of its clientCa when asked to, as often as this.
const defaultReloadMillis = 10_000

/**
 * What was loaded last, and the timer that reads the files again. One reading is under way at a time: the next is
 * planned when it has ended, so a slow disk delays reloads and nothing else.
 */
export class ReloadingMaterial {
  readonly #options: ClientTlsOptions & ServerTlsOptions
  readonly #sources: PemSources
  readonly #clock: Clock
  readonly #observer: TlsObserver | undefined
  readonly #watched: readonly (keyof PemSources)[]
  readonly #use: (material: TlsMaterial) => void
  #seen: PemTexts
  #material: TlsMaterial
  #toldValidity: string | undefined
  #timer: Timer | undefined
  #closed = false

  /** `use` puts material to work and throws when OpenSSL refuses it. The first call is made here. */
  constructor(
    options: ClientTlsOptions & ServerTlsOptions,
    clock: Clock,
    observer: TlsObserver | undefined,
    use: (material: TlsMaterial) => void,
  ) {
    this.#options = options
    this.#sources = options
    this.#clock = clock
    this.#observer = observer
    this.#use = use
    const watched: (keyof PemSources)[] = []
    if (options.reloadIntervalMillis !== undefined) watched.push('ca', 'certificate', 'key')
    if (options.reloadClientCa === true) watched.push('clientCa')
    this.#watched = fileSources(options, watched)
    this.#seen = readNow(options)
    this.#material = this.#load(this.#seen)
    this.#tellValidity()
    this.#plan()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #load(texts: PemTexts): TlsMaterial {
    const material = materialOf(texts, this.#options)
    try {
      this.#use(material)
    } catch (error) {
      throw isOtlpError(error) ? error : unusable(error)
    }
    return material
  }

  #plan(): void {
    const intervalMillis = this.#options.reloadIntervalMillis ?? defaultReloadMillis
    if (this.#watched.length === 0 || this.#closed || !(intervalMillis > 0)) return
    this.#timer = this.#clock.after(intervalMillis, () => {
      this.#timer = undefined
      void this.#reload()
    })
  }

  async #reload(): Promise<void> {
    const texts = await readAgain(this.#sources, this.#watched, this.#seen)
    if (this.#closed) return
    if (!sameTexts(texts, this.#seen)) {
      this.#seen = texts
      try {
        this.#material = this.#load(texts)
        this.#observer?.reloaded?.()
      } catch (error) {
        this.#observer?.reloadFailed?.({ error: stays(error) })
      }
    }
    this.#tellValidity()
    this.#plan()
  }

  // Told at every reading, since a certificate may expire long after it was loaded.
  #tellValidity(): void {
    const own = this.#material.own
    if (own === undefined) return
    const error = validityError(own.text, own.leaf, Date.now())
    if (error === undefined || this.#toldValidity === error.message) return
    this.#toldValidity = error.message
    this.#observer?.certificateNotValid?.({ error })
  }
}

function unusable(error: unknown): OtlpError {
  const text = error instanceof Error ? error.message : String(error)
  return otlpError(
    'OTLP_OPTION',
    `tls: OpenSSL refuses certificate, key or settings: ${text}; expected are ones that belong together and are strong enough for its security level; not used`,
    error,
  )
}

function stays(error: unknown): OtlpError {
  const known = isOtlpError(error) ? (error as OtlpError) : unusable(error)
  return otlpError('OTLP_OPTION', `${known.message}, what was loaded before stays in use`, known)
}
