// SPDX-License-Identifier: Apache-2.0
// Arms: CPU that tracing adds to one request of a hello-world node:http server with npm's unmodified
// @opentelemetry/instrumentation-http, batch processor and OTLP encoding: instrumented minus bare, each server a process
// of its own, this process the client.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

const server = fileURLToPath(new URL('./http-server.mjs', import.meta.url))
const requestCount = 3000
const connectionCount = 8
const request = Buffer.from(
  'GET /hello HTTP/1.1\r\nHost: x\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n',
)

async function startServer(context) {
  const child = fork(server, [JSON.stringify(context)])
  const ask = (message) =>
    new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the server ended'))
      child.once('exit', gone)
      child.once('message', (answer) => {
        child.off('exit', gone)
        resolve(answer)
      })
      if (message !== undefined) child.send(message)
    })
  const { port } = await ask()
  process.on('exit', () => child.kill())
  return { port, ask }
}

// Requests one after another on each of several kept connections.
function drive(port, count) {
  let left = count
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      const next = () => {
        if (left-- > 0) socket.write(request)
        else socket.end(resolve)
      }
      socket.on('connect', next)
      socket.on('data', (data) => {
        assert.ok(data.includes('200 OK'))
        next()
      })
      socket.on('error', reject)
    })
  return Promise.all(Array.from({ length: connectionCount }, one))
}

export async function setUp(context) {
  const bare = await startServer({ implementation: 'bare' })
  const traced = await startServer(context)
  const cpuMicros = async ({ port, ask }) => {
    const before = await ask('usage')
    await drive(port, requestCount)
    const after = await ask('usage')
    return (after.cpuMicros - before.cpuMicros) / requestCount
  }
  return {
    async check() {
      await drive(traced.port, 500)
      const { spanCount, traceIds } = await traced.ask('flush')
      assert.equal(spanCount, 500)
      assert.deepEqual(traceIds, ['0af7651916cd43dd8448eb211c80319c'])
      for (let i = 0; i < 3; i++) {
        await cpuMicros(bare)
        await cpuMicros(traced)
      }
    },
    // A small difference of two large figures: what else the machine does only ever adds, so the least of three in turn
    // counts of each.
    async measure() {
      let [base, instrumented] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
      for (let i = 0; i < 3; i++) {
        base = Math.min(base, await cpuMicros(bare))
        instrumented = Math.min(instrumented, await cpuMicros(traced))
      }
      return instrumented - base
    },
  }
}
