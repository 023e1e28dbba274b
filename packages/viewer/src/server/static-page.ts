// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { viewerError } from '../errors.ts'

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

// Everything comes from this server, no script stands in the page itself, nothing may frame it.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A name with a hash of the content, as the page's build writes it: it never changes its content. */
const hashedName = /^assets\/.+-(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

interface PageFile {
  readonly mediaType: string
  readonly isImmutable: boolean
  readonly etag: string
  readonly bytes: Buffer
  readonly brotli: Buffer | undefined
  readonly gzip: Buffer | undefined
}

/**
 * The built page, read into memory and read again when its `index.html` is newer. Only files found in the folder can
 * be asked for, so no path leads out of it.
 */
export class StaticPage {
  readonly #folder: string
  #files = new Map<string, PageFile>()
  #readMillis = -1

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Answers with a file, or with the page itself for the paths that the page draws; false when there is none. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const isFile = extname(path) !== ''
    if (!isFile || this.#readMillis === -1) this.#refresh()
    const file = this.#files.get(isFile ? path.slice(1) : 'index.html')
    if (file === undefined) {
      if (isFile) return false
      throw viewerError(
        'VIEWER_PAGE_MISSING',
        `web page: ${this.#folder} has no index.html; build it with "npm run build"; the APIs answer without it`,
      )
    }
    response.setHeader('Content-Security-Policy', contentSecurityPolicy)
    response.setHeader('Cache-Control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    response.setHeader('ETag', file.etag)
    response.setHeader('Vary', 'Accept-Encoding')
    if (matches(request.headers['if-none-match'], file.etag)) {
      response.writeHead(304)
      response.end()
      return true
    }
    const accepted = request.headers['accept-encoding'] ?? ''
    let body = file.bytes
    if (file.brotli !== undefined && accepts(accepted, 'br')) {
      response.setHeader('Content-Encoding', 'br')
      body = file.brotli
    } else if (file.gzip !== undefined && accepts(accepted, 'gzip')) {
      response.setHeader('Content-Encoding', 'gzip')
      body = file.gzip
    }
    response.writeHead(200, { 'Content-Type': file.mediaType, 'Content-Length': body.length })
    response.end(body)
    return true
  }

  #refresh(): void {
    let modifiedMillis: number
    try {
      modifiedMillis = statSync(join(this.#folder, 'index.html')).mtimeMs
    } catch {
      this.#files = new Map()
      this.#readMillis = -1
      return
    }
    if (modifiedMillis === this.#readMillis) return
    const files = new Map<string, PageFile>()
    for (const entry of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const full = join(entry.parentPath, entry.name)
      const name = full.slice(this.#folder.length + 1).replaceAll('\\', '/')
      const mediaType = mediaTypes[extname(name)]
      if (mediaType === undefined) continue
      const bytes = readFileSync(full)
      files.set(name, {
        mediaType,
        isImmutable: hashedName.test(name),
        etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
        bytes,
        brotli: readIfPresent(`${full}.br`),
        gzip: readIfPresent(`${full}.gz`),
      })
    }
    this.#files = files
    this.#readMillis = modifiedMillis
  }
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** `br;q=0` refuses a coding. */
function accepts(header: string | string[], coding: string): boolean {
  for (const part of String(header).split(',')) {
    const [name, ...parameters] = part.split(';').map((piece) => piece.trim())
    if (name === coding) return !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  }
  return false
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag || part.trim() === '*')
}
