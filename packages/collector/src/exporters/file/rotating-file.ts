// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

/** When full files are set aside, and which of those are kept. */
export interface Rotation {
  readonly max_megabytes: number
  readonly max_days: number
  readonly max_backups: number
  readonly localtime: boolean
}

/** A file that is set aside under a name with its time once it is full: `spans-2026-01-31T23-59-59.999.json`. */
export class RotatingFile {
  readonly #path: string
  readonly #rotation: Rotation | undefined
  readonly #maxBytes: number
  readonly #now: () => number
  #handle: FileHandle
  #byteCount: number

  private constructor(
    path: string,
    rotation: Rotation | undefined,
    handle: FileHandle,
    byteCount: number,
    now: () => number,
  ) {
    this.#path = path
    this.#rotation = rotation
    this.#maxBytes = rotation === undefined ? Number.POSITIVE_INFINITY : rotation.max_megabytes * 1024 * 1024
    this.#handle = handle
    this.#byteCount = byteCount
    this.#now = now
  }

  static async open(
    path: string,
    options: { readonly append: boolean; readonly rotation: Rotation | undefined; readonly now?: () => number },
  ): Promise<RotatingFile> {
    // With rotation the file goes on where it was, as upstream; otherwise only `append` keeps what is there.
    const handle = await open(path, options.append || options.rotation !== undefined ? 'a' : 'w')
    const { size } = await handle.stat()
    return new RotatingFile(path, options.rotation, handle, size, options.now ?? Date.now)
  }

  /** Appends whole frames. A failed write is taken back as far as possible, so that no half frame stays. */
  async write(frames: readonly Buffer[]): Promise<void> {
    let group: Buffer[] = []
    let groupBytes = 0
    for (const frame of frames) {
      const full = this.#byteCount + groupBytes + frame.byteLength > this.#maxBytes
      if (full && this.#byteCount + groupBytes > 0) {
        await this.#append(group, groupBytes)
        await this.#rotate()
        group = []
        groupBytes = 0
      }
      group.push(frame)
      groupBytes += frame.byteLength
    }
    await this.#append(group, groupBytes)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #append(frames: readonly Buffer[], byteCount: number): Promise<void> {
    if (frames.length === 0) return
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames, byteCount)
    try {
      await this.#handle.appendFile(bytes)
      this.#byteCount += byteCount
    } catch (error) {
      await this.#handle.truncate(this.#byteCount).catch(() => {})
      throw error
    }
  }

  async #rotate(): Promise<void> {
    await this.#handle.close()
    const extension = extname(this.#path)
    const stem = this.#path.slice(0, this.#path.length - extension.length)
    const stamp = timeStamp(new Date(this.#now()), this.#rotation!.localtime)
    await rename(this.#path, `${stem}-${stamp}${extension}`)
    this.#handle = await open(this.#path, 'a')
    this.#byteCount = 0
    await this.#removeOld(basename(stem), extension)
  }

  async #removeOld(stem: string, extension: string): Promise<void> {
    const { max_backups, max_days } = this.#rotation!
    const folder = dirname(this.#path)
    const backups: { name: string; millis: number }[] = []
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${stem}-`) || !name.endsWith(extension)) continue
      const parts = stampForm.exec(name.slice(stem.length + 1, name.length - extension.length))
      if (parts !== null) backups.push({ name, millis: Date.parse(`${parts[1]}T${parts[2]}:${parts[3]}:${parts[4]}Z`) })
    }
    backups.sort((a, b) => b.millis - a.millis)
    const oldest = max_days === 0 ? Number.NEGATIVE_INFINITY : this.#now() - max_days * 86_400_000
    for (const [index, { name, millis }] of backups.entries()) {
      if ((max_backups > 0 && index >= max_backups) || millis < oldest) await unlink(join(folder, name))
    }
  }
}

const stampForm = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2}\.\d{3})$/

function timeStamp(date: Date, localtime: boolean): string {
  const shown = localtime ? new Date(date.getTime() - date.getTimezoneOffset() * 60_000) : date
  return shown.toISOString().slice(0, 23).replaceAll(':', '-')
}
