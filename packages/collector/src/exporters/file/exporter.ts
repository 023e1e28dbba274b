// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Batch, type Consume, type Consumer, consumeError } from '@otel-ts/otlp'
import type { ComponentSettings, ExporterComponent, Lifecycle } from '../../component.ts'
import { messageOf } from '../../errors.ts'
import { encodeJsonBody } from '../json-body.ts'
import { type FileConfig, fileConfig } from './config.ts'
import { RotatingFile } from './rotating-file.ts'

/** Writes OTLP to a file. */
export const fileExporter: ExporterComponent<FileConfig> = {
  kind: 'exporter',
  type: 'file',
  aliases: [],
  description: 'Writes OTLP to a file: JSON lines or protobuf.',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha' },
  config: fileConfig,
  create: (config, settings) => new FileExporter(config, settings),
}

interface Waiting {
  readonly batch: Batch
  resolve(): void
  reject(error: Error): void
}

class FileExporter implements Lifecycle, Consumer {
  readonly #config: FileConfig
  readonly #settings: ComponentSettings
  #file: RotatingFile | undefined
  // Requests that came while one write was under way go out together with the next: one system call for many.
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  constructor(config: FileConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
  }

  async start(): Promise<void> {
    const { path, append, rotation, create_directory } = this.#config
    if (create_directory) await mkdir(dirname(path), { recursive: true })
    this.#file = await RotatingFile.open(path, {
      append,
      rotation,
      onCleanUpFailed: (error) =>
        this.#settings.log.warn('Old files could not be removed; the disk fills up', { path, error: messageOf(error) }),
    })
  }

  /** Resolves when the request has been handed to the operating system. */
  consume: Consume = (batch) => {
    if (this.#file === undefined) {
      const message = `file ${this.#config.path} is not open; send the data again later`
      return Promise.reject(consumeError('COLLECTOR_SHUTDOWN', message, { retryable: true }))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject })
      this.#writing ??= this.#write(this.#file!)
    })
  }

  async shutdown(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await this.#writing
    await file?.close()
  }

  async #write(file: RotatingFile): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      const { writtenCount, error } = await file.write(group.map(({ batch }) => this.#frame(batch)))
      for (const [index, { batch, resolve, reject }] of group.entries()) {
        // Those before a failed write are in the file: told otherwise, their senders would send them twice.
        if (index >= writtenCount) {
          reject(this.#failed(batch, error))
          continue
        }
        this.#settings.events.sent({ signal: batch.signal, itemCount: batch.itemCount })
        resolve()
      }
    }
    this.#writing = undefined
  }

  /** One request as it stands in the file; a rotation never cuts through it. */
  #frame(batch: Batch): Buffer {
    if (this.#config.format === 'json') return Buffer.concat([encodeJsonBody(batch), newline])
    const chunks = batch.chunks()
    let length = 0
    for (const chunk of chunks) length += chunk.byteLength
    const header = Buffer.alloc(4)
    header.writeUInt32BE(length)
    return Buffer.concat([header, ...chunks])
  }

  #failed(batch: Batch, error: unknown): Error {
    const { signal, itemCount } = batch
    const message = `file ${this.#config.path}: could not be written: ${messageOf(error)}; the sender keeps its data`
    const failure = consumeError('FILE_WRITE', message, { retryable: true, cause: error })
    this.#settings.events.sendFailed({ signal, itemCount, error: failure, returned: true })
    return failure
  }
}

const newline = Buffer.from('\n')
