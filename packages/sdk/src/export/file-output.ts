// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises'

/** Takes lines, one at a time. */
export interface LineOutput {
  /** For messages. */
  readonly name: string
  /** Resolves when the operating system has the line and its line end; rejects when it does not take all of it. */
  write(line: Uint8Array): Promise<void>
  close(): Promise<void>
}

const lineEnd = Uint8Array.of(0x0a)

/** The part of a writable stream that lines need, such as `process.stdout`. */
export interface LineStream {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown
  listenerCount(event: 'error'): number
  once(event: 'error', listener: () => void): unknown
}

/** Lines at the end of a file, which is made when it is not there. Its folder is not. */
export class FileOutput implements LineOutput {
  readonly name: string
  #handle: FileHandle | undefined
  // The last line has no end: the next one must not be glued to it.
  #isTorn = false

  constructor(path: string) {
    this.name = path
  }

  async write(line: Uint8Array): Promise<void> {
    const handle = (this.#handle ??= await this.#open())
    let pieces = this.#isTorn ? [lineEnd, line, lineEnd] : [line, lineEnd]
    try {
      // One call for all, at the end of the file: lines of several processes do not mix.
      for (;;) {
        const { bytesWritten } = await handle.writev(pieces)
        pieces = without(pieces, bytesWritten)
        if (pieces.length === 0) break
        if (bytesWritten === 0) throw new Error('no byte of the line was taken')
        this.#isTorn = true
      }
      this.#isTorn = false
    } catch (error) {
      // The next line gets a new handle: the disk may have room, or the file be in its place, by then.
      await this.close()
      throw error
    }
  }

  async #open(): Promise<FileHandle> {
    const { open } = process.getBuiltinModule('node:fs/promises')
    this.#isTorn ||= await endsWithinLine(this.name)
    return open(this.name, 'a')
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }
}

// A process that was killed may have left half a line. What cannot be read, or is a pipe, has no lines to glue to.
async function endsWithinLine(path: string): Promise<boolean> {
  const { open, stat } = process.getBuiltinModule('node:fs/promises')
  try {
    const { size } = await stat(path)
    if (size === 0) return false
    const handle = await open(path, 'r')
    try {
      const last = new Uint8Array(1)
      const { bytesRead } = await handle.read(last, 0, 1, size - 1)
      return bytesRead === 1 && last[0] !== lineEnd[0]
    } finally {
      await handle.close()
    }
  } catch {
    return false
  }
}

function without(pieces: readonly Uint8Array[], byteCount: number): Uint8Array[] {
  const left: Uint8Array[] = []
  let skip = byteCount
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length
    else {
      left.push(piece.subarray(skip))
      skip = 0
    }
  }
  return left
}

/** Lines on a stream that somebody else owns: it is never ended here. */
export class StreamOutput implements LineOutput {
  readonly name: string
  readonly #stream: () => LineStream

  constructor(name: string, stream: () => LineStream) {
    this.name = name
    this.#stream = stream
  }

  write(line: Uint8Array): Promise<void> {
    const stream = this.#stream()
    // One write, so that what others print does not come in between.
    const bytes = new Uint8Array(line.length + 1)
    bytes.set(line)
    bytes[line.length] = lineEnd[0]!
    return new Promise((resolve, reject) => {
      stream.write(bytes, (error) => {
        if (error === undefined || error === null) {
          resolve()
          return
        }
        // A closed pipe also comes as an event, which ends a process in which nobody listens.
        if (stream.listenerCount('error') === 0) stream.once('error', () => {})
        reject(error)
      })
    })
  }

  async close(): Promise<void> {}
}
