// SPDX-License-Identifier: Apache-2.0
// Programs that an arm needs beside itself: senders, sinks, servers under test. Each answers one message with one.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Starts a module as a child process; `ask` sends it a message and gives its answer. */
export function startChild(module, args = []) {
  const child = fork(fileURLToPath(module), args, { execArgv: ['--expose-gc'] })
  // An arm is killed, not ended: its children see the channel close and end themselves.
  return {
    pid: child.pid,
    ask(message) {
      return new Promise((resolve, reject) => {
        const settle = (answer) => {
          child.off('exit', gone)
          if (answer.error === undefined) resolve(answer)
          else reject(new Error(answer.error))
        }
        const gone = (code) => {
          child.off('message', settle)
          reject(new Error(`${module}: ended with ${code}`))
        }
        child.once('message', settle)
        child.once('exit', gone)
        child.send(message)
      })
    },
  }
}

/** Starts a sender: `send(count)` resolves when as many requests are answered with the status. */
export async function startLoad({ port, request, connectionCount = 8, status = 200 }) {
  const child = startChild(new URL('../http/load.mjs', import.meta.url))
  await child.ask({ begin: { port, request: request.toString('base64'), connectionCount, status } })
  return { send: (count) => child.ask({ send: count }) }
}

/** Starts a sink of OTLP/HTTP: `port`, and `take()` for the spans since the last time. */
export async function startSink() {
  const child = startChild(new URL('../http/sink.mjs', import.meta.url))
  const { port } = await child.ask({ listen: true })
  return {
    port,
    /** Whether bodies are kept for `take`. */
    keep: (keep) => child.ask({ keep }),
    take: async () => (await child.ask({ take: true })).spans,
    count: async () => (await child.ask({ count: true })).count,
  }
}
