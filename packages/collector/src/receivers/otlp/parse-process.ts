// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type AnswerHead, answerOf, lengthBytes, type ParseAnswer, type ParseTask, taskPieces } from './parse-frames.ts'

/** Something that makes batches of bodies, one at a time. */
export interface Parser {
  /** Hands over one body; only after the answer to the one before. */
  ask(task: ParseTask): void
  end(): Promise<void>
}

/** What a parser tells its owner. */
export interface ParserEvents {
  answer(answer: ParseAnswer): void
  /** It ended although nobody ended it. */
  died(error: ParserDeath): void
}

export interface ParserDeath extends Error {
  /** Whether its memory was not enough. */
  readonly isOutOfMemory?: boolean
}

/** Starts a process that runs `parse-main.js`. */
export function startParseProcess(maxHeapMegabytes: number, events: ParserEvents): Parser {
  return new ParseProcess(maxHeapMegabytes, events)
}

class ParseProcess implements Parser {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #ended: Promise<void>
  readonly #frames: AnswerFrames
  #isEnding = false

  constructor(maxHeapMegabytes: number, events: ParserEvents) {
    const main = fileURLToPath(new URL('./parse-main.js', import.meta.url))
    // Flags of this process, such as modules preloaded, are not the other's.
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(process.execPath, [`--max-old-space-size=${maxHeapMegabytes}`, main], {
      env,
      // What V8 prints when its memory runs out helps nobody here.
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    })
    this.#child = child
    this.#frames = new AnswerFrames((answer) => events.answer(answer))
    const died = (error: ParserDeath): void => {
      if (this.#isEnding) return
      this.#isEnding = true
      events.died(error)
    }
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        died(error)
        resolve()
      })
      child.once('close', (code, signal) => {
        died(deathOf(code, signal))
        resolve()
      })
    })
    child.stdout.on('data', (chunk: Buffer) => this.#frames.push(chunk))
    // The exit tells what went wrong.
    child.stdin.on('error', () => undefined)
    // The listener keeps this process alive as long as requests can come; the other shall not.
    for (const handle of [child, child.stdin, child.stdout]) (handle as { unref?: () => void }).unref?.()
    lowerPriority(child.pid)
  }

  ask(task: ParseTask): void {
    for (const piece of taskPieces(task)) this.#child.stdin.write(piece)
  }

  async end(): Promise<void> {
    this.#isEnding = true
    this.#child.ref()
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

// Whoever sends large bodies waits a little longer on a busy machine, so that all others do not.
function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Not allowed here, or gone already: it works all the same.
  }
}

// V8 aborts a process whose heap is full; the system kills one that takes too much.
function deathOf(code: number | null, signal: NodeJS.Signals | null): ParserDeath {
  const error = new Error(`the process ended with ${signal ?? code}`)
  return Object.assign(error, { isOutOfMemory: signal === 'SIGABRT' || signal === 'SIGKILL' || code === 134 })
}

/** Puts answers together from the chunks in which they arrive, each byte copied once. */
export class AnswerFrames {
  readonly #onAnswer: (answer: ParseAnswer) => void
  // What is being filled: the length, the head, and then what the head announces.
  #target: Uint8Array = new Uint8Array(lengthBytes)
  #at = 0
  #stage: 'length' | 'head' | 'bytes' = 'length'
  #answer: ParseAnswer | undefined
  #targets: Uint8Array[] = []

  constructor(onAnswer: (answer: ParseAnswer) => void) {
    this.#onAnswer = onAnswer
  }

  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.byteLength; ) {
      const count = Math.min(chunk.byteLength - from, this.#target.byteLength - this.#at)
      this.#target.set(chunk.subarray(from, from + count), this.#at)
      this.#at += count
      from += count
      while (this.#at === this.#target.byteLength && this.#filled()) this.#at = 0
    }
  }

  /** Goes on to what comes next; false when that is the next chunk. */
  #filled(): boolean {
    const filled = Buffer.from(this.#target.buffer, this.#target.byteOffset, this.#target.byteLength)
    if (this.#stage === 'length') {
      this.#stage = 'head'
      this.#target = new Uint8Array(filled.readUInt32LE())
      return true
    }
    if (this.#stage === 'head') {
      const { answer, targets } = answerOf(JSON.parse(filled.toString()) as AnswerHead)
      this.#stage = 'bytes'
      this.#answer = answer
      this.#targets = targets
    }
    const next = this.#targets.shift()
    if (next !== undefined) {
      this.#target = next
      return true
    }
    const answer = this.#answer!
    this.#answer = undefined
    this.#stage = 'length'
    this.#target = new Uint8Array(lengthBytes)
    this.#at = 0
    this.#onAnswer(answer)
    return false
  }
}
