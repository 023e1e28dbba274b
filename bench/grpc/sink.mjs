// SPDX-License-Identifier: Apache-2.0
// Child process: takes OTLP over gRPC, answers success. Reads what it got only when asked, with code not ours.
import { createServer } from 'node:http2'
import { gunzipSync } from 'node:zlib'
import { readProtobuf } from '../harness/otlp-oracle.mjs'
import { emptyMessage } from './messages.mjs'

let isKeeping = false
let bodies = []

const server = createServer()
server.on('stream', (stream) => {
  const chunks = []
  stream.on('error', () => undefined)
  stream.on('data', (chunk) => {
    if (isKeeping) chunks.push(chunk)
  })
  stream.on('end', () => {
    if (isKeeping) bodies.push(Buffer.concat(chunks))
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(emptyMessage)
  })
})

process.on('message', (incoming) => {
  try {
    if (incoming.listen) server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
    else if (incoming.keep !== undefined) {
      isKeeping = incoming.keep
      bodies = []
      process.send({})
    } else {
      const spans = bodies.flatMap((body) =>
        readProtobuf(body[0] === 1 ? gunzipSync(body.subarray(5)) : body.subarray(5)),
      )
      bodies = []
      process.send({ spans })
    }
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.on('disconnect', () => process.exit())
