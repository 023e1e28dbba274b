// SPDX-License-Identifier: Apache-2.0
// Child process: sends one prebuilt message over a few HTTP/2 connections, on each a number of calls at a time. In a
// process of its own, so that the sender's cost is not counted.
import { connect } from 'node:http2'
import { exportPath } from './messages.mjs'

let target
let body
const sessions = []
let left = 0
let open = 0
let failure

process.on('message', async (incoming) => {
  try {
    if (incoming.begin !== undefined) {
      target = incoming.begin
      body = Buffer.from(target.message, 'base64')
      for (let count = 0; count < target.connectionCount; count++) sessions.push(await connectOnce())
      process.send({ done: 0 })
      return
    }
    failure = undefined
    left = incoming.send
    open = 0
    for (let count = 0; count < target.callsPerConnection; count++) {
      for (const session of sessions) {
        if (left === 0) break
        open++
        call(session)
      }
    }
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.on('disconnect', () => process.exit())

function connectOnce() {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${target.port}`)
    session.once('error', reject)
    session.once('remoteSettings', () => resolve(session))
  })
}

function call(session) {
  left--
  const stream = session.request({
    ':method': 'POST',
    ':path': exportPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(target.gzip ? { 'grpc-encoding': 'gzip' } : {}),
  })
  let status
  const read = (headers) => {
    status = headers['grpc-status'] ?? status
  }
  stream.on('response', read)
  stream.on('trailers', read)
  stream.on('error', () => undefined)
  stream.on('close', () => {
    if (Number(status) !== target.status) failure ??= `expected grpc-status ${target.status}, got ${status}`
    if (failure !== undefined) left = 0
    if (left > 0) call(session)
    else if (--open === 0) process.send(failure === undefined ? { done: 1 } : { error: failure })
  })
  stream.resume()
  stream.end(body)
}
