// SPDX-License-Identifier: Apache-2.0
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Clock } from '@otel-ts/otlp/clock'

/** Largest response that is read, in bytes: thousands of operations have room. */
const maxResponseBytes = 1024 * 1024

/** One request under way. */
export interface JaegerRequest {
  /** The body; rejects with the reason when there is none. */
  readonly body: Promise<string>
  /** Gives the request up. */
  abort(): void
}

/** Asks for the strategy of a service: `GET <endpoint>/sampling?service=<name>`, as Jaeger's agents and collectors have it. */
export function requestJaegerStrategy(url: URL, timeoutMillis: number, clock: Clock): JaegerRequest {
  let give: (reason: Error) => void = () => {}
  const body = new Promise<string>((resolve, reject) => {
    let request: ClientRequest | undefined
    let isSettled = false
    const timer = clock.after(timeoutMillis, () => give(new Error(`no answer within ${timeoutMillis} ms`)))
    const settle = (run: () => void): void => {
      if (isSettled) return
      isSettled = true
      timer.cancel()
      run()
    }
    give = (reason) =>
      settle(() => {
        request?.destroy()
        reject(reason)
      })
    // Loaded here, since a process whose sampler never asks should not pay for it.
    const loaded = url.protocol === 'https:' ? import('node:https') : import('node:http')
    loaded.then(({ request: open }) => {
      if (isSettled) return
      request = open(url, { agent: false, headers: { accept: 'application/json' } }, (response) =>
        readBody(response, (text) => settle(() => resolve(text)), give),
      )
      request.on('error', give)
      // Waiting for a strategy must not keep the process alive.
      request.on('socket', (socket) => socket.unref())
      request.end()
    }, give)
  })
  return { body, abort: () => give(new Error('the sampler is shut down')) }
}

function readBody(response: IncomingMessage, done: (text: string) => void, fail: (reason: Error) => void): void {
  if (response.statusCode !== 200) {
    fail(new Error(`the answer has status ${response.statusCode}, not 200`))
    return
  }
  const chunks: Uint8Array[] = []
  let byteCount = 0
  response.on('data', (chunk: Uint8Array) => {
    byteCount += chunk.length
    if (byteCount > maxResponseBytes) fail(new Error(`the answer has more than ${maxResponseBytes} bytes`))
    else chunks.push(chunk)
  })
  response.on('error', fail)
  response.on('aborted', () => fail(new Error('the answer ended early')))
  response.on('end', () => {
    if (byteCount <= maxResponseBytes) done(Buffer.concat(chunks).toString('utf8'))
  })
}
