// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { otlpError } from '../errors.ts'
import { quoted } from './served-request.ts'
import type { OtlpServerObserver } from './server.ts'

// RFC 9113 section 3.4: the first bytes of every HTTP/2 client.
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** What {@link awaitPreface} needs. */
export interface PrefaceWatch {
  readonly clock: Clock
  readonly observer: OtlpServerObserver | undefined
  /** Time for the preface, in milliseconds. */
  readonly timeoutMillis: number
}

// How long an answer may take to be read, and how much of a request is thrown away meanwhile.
const lingerMillis = 5000
const maxDiscardedBytes = 1024 * 1024

/**
 * Calls `onHttp2` once the client has begun as an HTTP/2 client does, all its bytes unread. Others get an answer they
 * understand: node:http2 alone would just close, and nobody would know why.
 */
export function awaitPreface(socket: Socket, watch: PrefaceWatch, onHttp2: () => void): void {
  const timer = watch.clock.after(watch.timeoutMillis, () => {
    refuse(socket, watch, 'no bytes of an HTTP/2 client came in time')
    socket.destroy()
  })
  const onClose = (): void => timer.cancel()
  // Put back only at the end: bytes put back are readable at once.
  let received: Buffer = Buffer.alloc(0)
  socket.on('error', ignore)
  socket.on('close', onClose)
  socket.on('readable', onReadable)

  function onReadable(): void {
    const bytes = socket.read() as Buffer | null
    if (bytes === null) return
    received = received.byteLength === 0 ? bytes : Buffer.concat([received, bytes])
    const checked = Math.min(received.byteLength, preface.byteLength)
    const isPreface = received.compare(preface, 0, checked, 0, checked) === 0
    if (isPreface && checked < preface.byteLength) return
    if (!isPreface && isPartOfRequestLine(received)) return
    timer.cancel()
    socket.off('close', onClose)
    socket.off('readable', onReadable)
    if (isPreface) {
      socket.unshift(received)
      onHttp2()
    } else {
      turnAway(socket, received, watch)
    }
  }
}

const maxRequestLineBytes = 8192

// Whether more bytes may still make the first line of a request of HTTP/1.
function isPartOfRequestLine(bytes: Buffer): boolean {
  if (bytes.byteLength >= maxRequestLineBytes || bytes.includes(10)) return false
  return /^[A-Z]{1,16}(?: [!-~]*(?: [!-~]*\r?)?)?$/.test(bytes.toString('latin1'))
}

function turnAway(socket: Socket, bytes: Buffer, watch: PrefaceWatch): void {
  const line = /^[!-~]+ [!-~]+ HTTP\/1\.[01]\r?\n/.exec(bytes.toString('latin1', 0, maxRequestLineBytes))
  if (line === null) {
    const isTls = bytes[0] === 0x16 && bytes[1] === 0x03
    refuse(
      socket,
      watch,
      isTls
        ? 'a TLS handshake, and this port has no TLS'
        : `bytes beginning ${quoted(bytes.toString('latin1', 0, 16))}`,
    )
    socket.destroy()
    return
  }
  const message = refuse(socket, watch, `${quoted(line[0].trimEnd())} over HTTP/1`)
  const text = `${message}\n`
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  )
  // Closing with unread bytes would reset the connection, and the answer would be lost.
  let discarded = 0
  socket.on('data', (chunk: Buffer) => {
    discarded += chunk.byteLength
    if (discarded > maxDiscardedBytes) socket.destroy()
  })
  const timer = watch.clock.after(lingerMillis, () => socket.destroy())
  socket.once('close', () => timer.cancel())
}

function refuse(socket: Socket, watch: PrefaceWatch, met: string): string {
  const error = otlpError(
    'OTLP_GRPC',
    `connection: ${met}; this port takes OTLP/gRPC, which is HTTP/2 from its first byte; OTLP/HTTP is usually at port 4318; connection closed`,
  )
  const { remoteAddress } = socket
  watch.observer?.refused?.({ error, code: error.code, httpStatus: 400, grpcStatus: 13, remoteAddress })
  return error.message
}

function ignore(): void {
  // What went wrong shows in the close event, which follows.
}
