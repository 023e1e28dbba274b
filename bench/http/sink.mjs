// SPDX-License-Identifier: Apache-2.0
// Child process: takes OTLP/HTTP protobuf, answers success. Reads what it got only when asked, with code not ours.
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { readProtobuf } from '../harness/otlp-oracle.mjs'

let isKeeping = false
let bodies = []

const server = createServer((incoming, outgoing) => {
  const chunks = []
  incoming.on('data', (chunk) => {
    if (isKeeping) chunks.push(chunk)
  })
  incoming.on('end', () => {
    if (isKeeping) bodies.push({ body: Buffer.concat(chunks), gzip: incoming.headers['content-encoding'] === 'gzip' })
    outgoing.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 })
    outgoing.end()
  })
})

process.on('message', (message) => {
  try {
    if (message.listen) server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
    else if (message.keep !== undefined) {
      isKeeping = message.keep
      bodies = []
      process.send({})
    } else {
      const taken = bodies
      bodies = []
      const spans = taken.flatMap(({ body, gzip }) => readProtobuf(gzip ? gunzipSync(body) : body))
      process.send(message.take ? { spans } : { count: spans.length })
    }
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.on('disconnect', () => process.exit())
