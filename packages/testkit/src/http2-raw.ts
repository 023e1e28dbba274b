// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net'

/** One frame of HTTP/2: RFC 9113 section 4.1. */
export interface Http2Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Uint8Array
}

/** Types of frames: RFC 9113 section 6. */
export const http2FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

/** Bytes of a frame, whether it makes sense or not. */
export function http2Frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.byteLength, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return new Uint8Array(Buffer.concat([head, payload]))
}

/** Headers as literals that are not indexed, nothing compressed: RFC 7541 section 6.2.2. */
export function plainHeaderBlock(headers: readonly (readonly [string, string])[]): Uint8Array {
  const parts: Buffer[] = []
  for (const [name, value] of headers) parts.push(Buffer.of(0), plainString(name), plainString(value))
  return new Uint8Array(Buffer.concat(parts))
}

function plainString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length: number[] = []
  if (bytes.length < 127) {
    length.push(bytes.length)
  } else {
    length.push(127)
    let rest = bytes.length - 127
    for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
    length.push(rest)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

/** An HTTP/2 connection on which a test writes any frames it likes. */
export interface RawHttp2Connection {
  /** Frames that came so far. */
  readonly received: readonly Http2Frame[]
  readonly isClosed: boolean
  readonly closed: Promise<void>
  /** Resolves when the system has taken the bytes. */
  write(bytes: Uint8Array): Promise<void>
  /** The first frame that fits. Rejects when the connection ends before. */
  until(fits: (frame: Http2Frame) => boolean): Promise<Http2Frame>
  close(): Promise<void>
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** Opens a connection to 127.0.0.1 and begins it with preface and empty settings, `pieceBytes` at a time. */
export async function openRawHttp2(port: number, pieceBytes = 1000): Promise<RawHttp2Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const received: Http2Frame[] = []
  let held: Buffer = Buffer.alloc(0)
  let isClosed = false
  const waiting: (() => void)[] = []
  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve()
  }
  const closed = new Promise<void>((resolve) =>
    socket.on('close', () => {
      isClosed = true
      wake()
      resolve()
    }),
  )
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const end = 9 + held.readUIntBE(0, 3)
      received.push({ type: held[3]!, flags: held[4]!, streamId: held.readUInt32BE(5), payload: held.subarray(9, end) })
      held = held.subarray(end)
    }
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const beginning = Buffer.concat([preface, http2Frame(http2FrameType.settings, 0, 0)])
  for (let at = 0; at < beginning.length; at += pieceBytes) {
    socket.write(beginning.subarray(at, at + pieceBytes))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    received,
    closed,
    get isClosed() {
      return isClosed
    },
    write(bytes) {
      return new Promise((resolve) => {
        if (isClosed || socket.destroyed) resolve()
        else socket.write(bytes, () => resolve())
      })
    },
    async until(fits) {
      for (;;) {
        const found = received.find(fits)
        if (found !== undefined) return found
        if (isClosed) throw new Error(`closed after frames of type ${received.map(({ type }) => type).join(', ')}`)
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    async close() {
      socket.destroy()
      await closed
    },
  }
}
