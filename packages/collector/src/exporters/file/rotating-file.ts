// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, lstat, open, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

/** When full files are set aside, and which of those are kept. */
export interface Rotation {
  readonly max_megabytes: number
  readonly max_days: number
  readonly max_backups: number
  readonly localtime: boolean
}

/** What {@link RotatingFile.open} takes. */
export interface RotatingFileOptions {
  readonly append: boolean
  readonly rotation: Rotation | undefined
  /** Told when old files could not be cleared away: nothing is lost by it, but the disk fills. */
  readonly onCleanUpFailed?: (error: unknown) => void
  /** Wall-clock time in milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

/** A file that is set aside under a name with its time once it is full: `spans-2026-01-31T23-59-59.999.json`. */
export class RotatingFile {
  readonly #path: string
  readonly #options: RotatingFileOptions
  readonly #rotation: Rotation | undefined
  readonly #maxBytes: number
  readonly #now: () => number
  /** Undefined after a rotation that could not open the next file; the next write tries again. */
  #handle: FileHandle | undefined
  #byteCount: number
  /** A write broke off and could not be taken back: nothing may follow before it is. */
  #isTorn = false

  private constructor(path: string, options: RotatingFileOptions, handle: FileHandle, byteCount: number) {
    const { rotation } = options
    this.#path = path
    this.#options = options
    this.#rotation = rotation
    this.#maxBytes = rotation === undefined ? Number.POSITIVE_INFINITY : rotation.max_megabytes * 1024 * 1024
    this.#now = options.now ?? Date.now
    this.#handle = handle
    this.#byteCount = byteCount
  }

  static async open(path: string, options: RotatingFileOptions): Promise<RotatingFile> {
    // Always for appending: a handle with a position of its own would leave a hole after a write that is taken back.
    const handle = await open(path, 'a')
    try {
      // With rotation the file goes on where it was, as upstream; otherwise only `append` keeps what is there.
      if (!options.append && options.rotation === undefined) await emptied(handle)
      const { size } = await handle.stat()
      return new RotatingFile(path, options, handle, size)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /**
   * Appends whole frames. A failed write is taken back, so that no half frame stays. Resolves with the number of frames
   * that are in the file, and with the error that kept the others out.
   */
  async write(frames: readonly Buffer[]): Promise<{ readonly writtenCount: number; readonly error: unknown }> {
    let writtenCount = 0
    let group: Buffer[] = []
    let groupBytes = 0
    try {
      for (const frame of frames) {
        const full = this.#byteCount + groupBytes + frame.byteLength > this.#maxBytes
        if (full && this.#byteCount + groupBytes > 0) {
          await this.#append(group, groupBytes)
          writtenCount += group.length
          group = []
          groupBytes = 0
          await this.#rotate()
        }
        group.push(frame)
        groupBytes += frame.byteLength
      }
      await this.#append(group, groupBytes)
      return { writtenCount: frames.length, error: undefined }
    } catch (error) {
      return { writtenCount, error }
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }

  async #append(frames: readonly Buffer[], byteCount: number): Promise<void> {
    if (frames.length === 0) return
    this.#handle ??= await this.#reopened()
    const handle = this.#handle
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames, byteCount)
    if (this.#isTorn) await handle.truncate(this.#byteCount)
    this.#isTorn = true
    try {
      await handle.appendFile(bytes)
      this.#byteCount += byteCount
      this.#isTorn = false
    } catch (error) {
      await handle.truncate(this.#byteCount).then(
        () => {
          this.#isTorn = false
        },
        // Devices cannot be cut, and hold nothing; of a file the next write tries it first.
        (reason: NodeJS.ErrnoException) => {
          this.#isTorn = reason.code !== 'EINVAL'
        },
      )
      throw error
    }
  }

  async #reopened(): Promise<FileHandle> {
    const handle = await open(this.#path, 'a')
    this.#byteCount = (await handle.stat()).size
    return handle
  }

  // When the file cannot be set aside, the next write opens it again where it was, and tries again.
  async #rotate(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
    const extension = extname(this.#path)
    const stem = this.#path.slice(0, this.#path.length - extension.length)
    await rename(this.#path, await this.#freeName(stem, extension))
    this.#byteCount = 0
    this.#handle = await this.#reopened()
    await this.#removeOld(basename(stem), extension).catch((error) => this.#options.onCleanUpFailed?.(error))
  }

  // Two files may fill up in one millisecond, and clocks are set back: an old file is never written over.
  async #freeName(stem: string, extension: string): Promise<string> {
    for (let millis = this.#now(); ; millis++) {
      const name = `${stem}-${timeStamp(new Date(millis), this.#rotation!.localtime)}${extension}`
      if (!(await exists(name))) return name
    }
  }

  async #removeOld(stem: string, extension: string): Promise<void> {
    const { max_backups, max_days, localtime } = this.#rotation!
    const folder = dirname(this.#path)
    const backups: { name: string; stamp: string }[] = []
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${stem}-`) || !name.endsWith(extension)) continue
      const stamp = name.slice(stem.length + 1, name.length - extension.length)
      if (stampForm.test(stamp)) backups.push({ name, stamp })
    }
    // Stamps sort as text, also against the oldest that may stay: all of them are in the same zone.
    backups.sort((a, b) => (a.stamp < b.stamp ? 1 : -1))
    const oldest = max_days === 0 ? '' : timeStamp(new Date(this.#now() - max_days * 86_400_000), localtime)
    for (const [index, { name, stamp }] of backups.entries()) {
      if ((max_backups > 0 && index >= max_backups) || stamp < oldest) await unlink(join(folder, name))
    }
  }
}

async function emptied(handle: FileHandle): Promise<void> {
  // Devices and pipes have nothing to empty.
  if ((await handle.stat()).isFile()) await handle.truncate(0)
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

const stampForm = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}$/

function timeStamp(date: Date, localtime: boolean): string {
  const shown = localtime ? new Date(date.getTime() - date.getTimezoneOffset() * 60_000) : date
  return shown.toISOString().slice(0, 23).replaceAll(':', '-')
}
