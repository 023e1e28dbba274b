// SPDX-License-Identifier: Apache-2.0
// Child process: sends one prebuilt HTTP/1.1 request over keep-alive connections, each sending its next when the answer
// to the one before is there. In a process of its own, so that the sender's cost is not counted.
import { connect } from 'node:net'

const answerHead = Buffer.from('HTTP/1.1 ')
const blankLine = Buffer.from('\r\n\r\n')

let request
let target
const connections = new Set()
let left = 0
let open = 0
let failure

process.on('message', async (message) => {
  try {
    if (message.begin !== undefined) {
      target = message.begin
      request = Buffer.from(target.request, 'base64')
    }
    // Servers close connections that were idle for long.
    while (connections.size < target.connectionCount) await connectOnce()
    if (message.begin !== undefined) {
      process.send({ done: 0 })
      return
    }
    failure = undefined
    left = message.send
    open = Math.min(left, connections.size)
    for (const next of [...connections].slice(0, open)) next()
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.on('disconnect', () => process.exit())

function connectOnce() {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true })
    let isBusy = false
    let held
    socket.once('error', reject)
    socket.once('connect', () => {
      connections.add(next)
      resolve()
    })
    socket.on('close', () => {
      connections.delete(next)
      if (isBusy) ended('the server closed a connection before its answer')
    })
    socket.on('data', (chunk) => {
      const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
      const body = bytes.indexOf(blankLine)
      if (body === -1 || bytes.length < body + 4 + lengthOf(bytes, body)) {
        held = bytes
        return
      }
      held = undefined
      isBusy = false
      if (bytes.latin1Slice(answerHead.length, answerHead.length + 3) !== String(target.status)) {
        ended(`expected status ${target.status}, got ${bytes.latin1Slice(0, 200)}`)
      } else if (left > 0) next()
      else ended()
    })
    function next() {
      left--
      isBusy = true
      socket.write(request)
    }
  })
}

function lengthOf(bytes, end) {
  const head = bytes.latin1Slice(0, end)
  return Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
}

// A connection has nothing left to send.
function ended(reason) {
  failure ??= reason
  if (failure !== undefined) left = 0
  if (--open === 0) process.send(failure === undefined ? { done: 1 } : { error: failure })
}
