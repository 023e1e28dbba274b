// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../../peers/otlp-oracle/oracle.py', import.meta.url))

/** Runs the oracle; messages go through files, each after its length as four bytes, big endian. */
export class Oracle {
  readonly #python: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'otel-ts-oracle-'))

  constructor(python: string) {
    this.#python = python
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #run(...args: string[]): string {
    return execFileSync(this.#python, [script, ...args], { encoding: 'utf8', timeout: 240_000, stdio: 'pipe' })
  }

  /**
   * Random messages; fails unless every field, oneof member and value of its tables occurred. With 'legal-ids' trace and
   * span ids have the length that the specification gives them, or none.
   */
  generate(
    signal: string,
    count: number,
    seed: number,
    ids: 'any-ids' | 'legal-ids' = 'any-ids',
  ): { messages: Buffer[]; coverage: unknown } {
    const out = join(this.#folder, 'generated')
    const coverage = JSON.parse(this.#run('generate', signal, `${count}`, `${seed}`, out, ids))
    return { messages: readMessages(out), coverage }
  }

  convert(command: 'canonical' | 'to-json' | 'from-json', signal: string, messages: readonly Uint8Array[]): Buffer[] {
    const source = join(this.#folder, 'source')
    const target = join(this.#folder, 'target')
    const parts = messages.flatMap((message) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(message.length)
      return [length, message]
    })
    writeFileSync(source, Buffer.concat(parts))
    this.#run(command, signal, source, target)
    return readMessages(target)
  }
}

function readMessages(path: string): Buffer[] {
  const data = readFileSync(path)
  const messages: Buffer[] = []
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt32BE(at)
    messages.push(data.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return messages
}
