// SPDX-License-Identifier: Apache-2.0
// Arms: what instrumentation adds to a request of a real Express app, in CPU time of the app's process: windows of the
// bare app and of the instrumented one in turn. A sampled traceparent comes in; every span is exported to a sink in a
// process of its own, which counts them.
import assert from 'node:assert/strict'
import { startChild, startLoad, startSink } from '../harness/children.mjs'
import { median } from '../harness/measure.mjs'

const requestsPerWindow = 1500
const warmUpRequests = 8000
const traceId = '0af7651916cd43dd8448eb211c80319c'
const request = Buffer.from(
  `GET /users/7 HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench/1.0\r\ntraceparent: 00-${traceId}-b7ad6b7169203331-01\r\n\r\n`,
)

export async function setUp({ implementation, appFolder, peerFolder, value = 'cpu' }) {
  const sink = await startSink()
  const endpoint = `http://127.0.0.1:${sink.port}/v1/traces`
  const bare = await startApp({ implementation: 'bare', appFolder, endpoint })
  const instrumented = await startApp({ implementation, appFolder, sdkFolder: peerFolder, endpoint })
  let spansPerRequest = 0

  const isRecording = implementation !== 'none'

  async function check() {
    await sink.keep(true)
    if (isRecording) await checkSpans()
    for (let i = 0; i < warmUpRequests / requestsPerWindow; i++) {
      await bare.window(requestsPerWindow)
      await exportedWindow()
    }
  }

  async function checkSpans() {
    await instrumented.window(1)
    const spans = await sink.take()
    spansPerRequest = spans.length
    const [server] = spans.filter(({ parentSpanId }) => parentSpanId === 'b7ad6b7169203331')
    assert.equal(server.name, 'GET /users/:id')
    assert.equal(server.attributes['http.route'] ?? server.attributes['http.target'], '/users/:id')
    for (const span of spans) assert.equal(span.traceId, traceId)
    assert.ok(spans.some(({ attributes }) => attributes['express.type'] === 'request_handler'))
  }

  async function exportedWindow() {
    const micros = await instrumented.window(requestsPerWindow)
    assert.equal(await sink.count(), requestsPerWindow * spansPerRequest, 'spans at the sink')
    return micros
  }

  return {
    check,
    async measure() {
      if (value === 'resident') return (await instrumented.residentBytes()) / 1e6
      const added = []
      for (let i = 0; i < 3; i++) {
        const base = await bare.window(requestsPerWindow)
        added.push((await exportedWindow()) - base)
      }
      return median(added)
    },
  }
}

async function startApp(options) {
  const child = startChild(new URL('./app.cjs', import.meta.url), [JSON.stringify(options)])
  const { port } = await child.ask({ port: true })
  const load = await startLoad({ port, request })
  return {
    /** CPU time per request, in microseconds. */
    async window(count) {
      const before = await child.ask({ cpu: true })
      await load.send(count)
      const after = await child.ask({ cpu: true })
      return (after.cpuMicros - before.cpuMicros) / count
    },
    residentBytes: async () => (await child.ask({ cpu: true })).residentBytes,
  }
}
