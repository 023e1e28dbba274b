// SPDX-License-Identifier: Apache-2.0
// A good client beside hostile ones, against the all-in-one: how long the good one waits, how long the event loop stands
// still, how far memory rises. Run: node bench/collector/hostile.mjs
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { startCommand } from '@otel-ts/testkit'
import { root } from '../../tools/install.mjs'
import { largeBodies } from './large-bodies.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    // One attack alone, by a part of its name.
    only: { type: 'string', default: '' },
    out: { type: 'string', default: join(root, 'bench', 'results', 'hostile.json') },
  },
})
const seconds = Number(values.seconds)
const folder = mkdtempSync(join(tmpdir(), 'otel-ts-hostile-'))
const delayFile = join(folder, 'delay.json')
const cli = join(root, 'packages', 'cli', 'bin', 'otel-ts.js')
const server = startCommand(
  process.execPath,
  [
    '--import',
    join(root, 'bench', 'harness', 'loop-delay.mjs'),
    cli,
    '--endpoint',
    '127.0.0.1:0',
    '--grpc',
    '127.0.0.1:0',
    '--viewer',
    '127.0.0.1:0',
  ],
  {
    env: { OTEL_TS_LOOP_DELAY_FILE: delayFile },
  },
)
try {
  const [, port] = await server.waitFor(/OTLP\S*\s+http:\/\/127\.0\.0\.1:(\d+)/)
  const attacks = hostileRequests()
  const until = Date.now() + seconds * 1000
  const statuses = new Map()
  let peakBytes = 0
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentOf(server.pid))
  }, 100)
  const hostile = Object.entries(attacks)
    .filter(([name]) => name.includes(values.only))
    .map(async ([name, attack]) => {
      while (Date.now() < until) {
        const status = await attack(port)
        statuses.set(name, new Map(statuses.get(name) ?? []).set(status, (statuses.get(name)?.get(status) ?? 0) + 1))
        await sleep(5)
      }
    })
  const waits = []
  let goodFailures = 0
  const good = (async () => {
    while (Date.now() < until) {
      const started = performance.now()
      const status = await post(port, '{"resourceSpans":[]}', { 'content-type': 'application/json' })
      waits.push(performance.now() - started)
      if (status !== 200) goodFailures++
      await sleep(10)
    }
  })()
  await Promise.all([...hostile, good])
  clearInterval(sampler)
  const exit = await server.stop()
  waits.sort((a, b) => a - b)
  const delay = JSON.parse(readFileSync(delayFile, 'utf8'))
  const summary = {
    goodRequests: waits.length,
    goodFailures,
    goodWaitMillis: {
      p50: round(waits[waits.length >> 1]),
      p99: round(waits[Math.floor(waits.length * 0.99)]),
      max: round(waits.at(-1)),
    },
    eventLoopDelayMillis: { p99: round(delay.p99), max: round(delay.max) },
    peakResidentMegabytes: Math.round(peakBytes / 1e6),
    answers: Object.fromEntries([...statuses].map(([name, counts]) => [name, Object.fromEntries(counts)])),
    exit: exit.code,
  }
  console.log(JSON.stringify(summary, undefined, 2))
  writeFileSync(
    values.out,
    `${JSON.stringify({ case: `hostile clients for ${seconds} s`, node: process.version, ...summary }, undefined, 2)}\n`,
  )
  process.exitCode = goodFailures === 0 && exit.code === 0 ? 0 : 1
} finally {
  await server.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

function hostileRequests() {
  const protobuf = { 'content-type': 'application/x-protobuf' }
  const json = { 'content-type': 'application/json' }
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024))
  const deep = `{"resourceSpans":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  const nested = Buffer.concat(Array.from({ length: 2000 }, () => Buffer.from([0x0a, 0xff, 0xff, 0x03])))
  const large = Object.entries(largeBodies()).map(([name, { path, headers, body }]) => [
    `large: ${name}`,
    (port) => post(port, body, headers, path),
  ])
  return {
    ...Object.fromEntries(large),
    'gzip bomb of 256 MiB': (port) => post(port, bomb, { ...protobuf, 'content-encoding': 'gzip' }),
    'truncated protobuf': (port) => post(port, Buffer.from('0a80200a', 'hex'), protobuf),
    'nested lengths': (port) => post(port, nested, protobuf),
    'JSON nested 20,000 deep': (port) => post(port, deep, json),
    'oversize body': (port) => post(port, Buffer.alloc(21 * 1024 * 1024), protobuf),
    'wrong content type': (port) => post(port, 'x', { 'content-type': 'text/html' }),
    'prototype key': (port) => post(port, '{"resourceSpans":[{"__proto__":{"x":1}}],"__proto__":[]}', json),
    'body that never ends': slowBody,
    'random bytes': randomBytes,
  }
}

function post(port, body, headers, path = '/v1/traces') {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode))
      answer.on('error', () => resolve(answer.statusCode))
    })
    outgoing.on('error', (error) => resolve(error.code))
    outgoing.end(body)
  })
}

function slowBody(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => resolve('error'))
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000000\r\n\r\n',
    )
    setTimeout(() => {
      socket.destroy()
      resolve('left')
    }, 1000)
  })
}

function randomBytes(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('close', () => resolve('closed'))
    socket.end(Buffer.from(Array.from({ length: 4096 }, () => Math.floor(Math.random() * 256))))
    socket.resume()
  })
}

/** Resident bytes of a process and of those that it has started. */
function residentOf(pid) {
  let bytes = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = statusOf(name)
    if (Number(name) === pid || Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) === pid) {
      bytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
    }
  }
  return bytes
}

function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

function round(value) {
  return Number(value.toFixed(1))
}
