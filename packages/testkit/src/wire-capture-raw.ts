// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net'

/** A response as it came over a raw connection. */
export interface RawResponse {
  readonly status: number
  /** By lower-case name; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A TCP connection on which a test writes whatever it likes and reads HTTP/1.1 responses. */
export interface RawConnection {
  write(bytes: string | Uint8Array): void
  /** The next response, interim ones (100) included. Rejects when the connection ends first. */
  response(): Promise<RawResponse>
  /** Sends FIN: this side says no more, and still reads. */
  end(): void
  /** Closes with a TCP reset. */
  reset(): void
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>
}

/** Opens a connection to 127.0.0.1. */
export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received: Buffer = Buffer.alloc(0)
  let ended = false
  const waiting: { resolve: (response: RawResponse) => void; reject: (error: Error) => void }[] = []
  const responses: RawResponse[] = []

  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      finish()
      resolve()
    })
  })
  function finish(): void {
    ended = true
    for (const { reject } of waiting.splice(0)) reject(endedError())
  }
  function endedError(): Error {
    return new Error(`connection ended; unparsed: ${JSON.stringify(received.toString('latin1').slice(0, 200))}`)
  }

  socket.on('error', () => {})
  socket.on('end', () => {
    finish()
    socket.end()
  })
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      const parsed = parseResponse(received)
      if (parsed === undefined) return
      received = received.subarray(parsed.length)
      const next = waiting.shift()
      if (next !== undefined) next.resolve(parsed.response)
      else responses.push(parsed.response)
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return {
    write(bytes) {
      if (!socket.destroyed) socket.write(bytes)
    },
    response() {
      const there = responses.shift()
      if (there !== undefined) return Promise.resolve(there)
      if (ended) return Promise.reject(endedError())
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    end() {
      socket.end()
    },
    reset() {
      socket.resetAndDestroy()
    },
    closed,
  }
}

function parseResponse(bytes: Buffer): { response: RawResponse; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const [statusLine, ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const match = /^HTTP\/1\.1 (\d{3})/.exec(statusLine!)
  if (match === null) return undefined
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  const start = headEnd + 4
  const length = Number(headers['content-length'] ?? 0)
  if (bytes.length < start + length) return undefined
  return {
    response: { status: Number(match[1]), headers, body: new Uint8Array(bytes.subarray(start, start + length)) },
    length: start + length,
  }
}
