// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOtlpHttpServer, type OtlpHttpServerOptions, type OtlpServer } from '@otel-ts/otlp/server'
import { fakeClock } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const oneLog = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}'

async function start(options: Partial<OtlpHttpServerOptions>): Promise<OtlpServer> {
  const server = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    handler: async () => undefined,
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  return server
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'otlp-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function post(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      socketPath,
      method: 'POST',
      path: '/v1/logs',
      agent: false,
      headers: { 'content-type': 'application/json' },
    })
    request.on('response', (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    request.on('error', reject)
    request.end(oneLog)
  })
}

describe('a Unix socket', () => {
  test('is listened on, named, and gone after shutdown', async () => {
    const path = join(folder(), 'otlp.sock')
    const server = await start({ transport: 'unix', endpoint: path })
    expect(server.addresses).toEqual([`unix:${path}`])
    expect(await post(path)).toBe(200)
    await server.shutdown()
    expect(existsSync(path)).toBe(false)
  })

  test.runIf(process.platform === 'linux')('may be an abstract one', async () => {
    const name = `@otlp-${process.pid}-test`
    const server = await start({ transport: 'unix', endpoint: name })
    expect(server.addresses).toEqual([`unix:${name}`])
    expect(await post(`\0${name.slice(1)}`)).toBe(200)
  })

  test('that a killed process left behind is taken over', async () => {
    const path = join(folder(), 'otlp.sock')
    // Killed by itself: nobody removes the socket.
    const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    try {
      execFileSync(process.execPath, ['-e', program])
    } catch {}
    expect(statSync(path).isSocket()).toBe(true)
    await start({ transport: 'unix', endpoint: path })
    expect(await post(path)).toBe(200)
  })

  test('on which somebody listens is left alone', async () => {
    const path = join(folder(), 'otlp.sock')
    await start({ transport: 'unix', endpoint: path })
    await expect(start({ transport: 'unix', endpoint: path })).rejects.toMatchObject({
      code: 'OTLP_LISTEN',
      message: `endpoint "${path}": listen EADDRINUSE: address already in use ${path}; expected is an address of this machine with a free port (another process, or another receiver of this one, listens there); not started`,
    })
    expect(await post(path)).toBe(200)
  })

  test('is never made in the place of a file', async () => {
    const path = join(folder(), 'data')
    writeFileSync(path, 'precious')
    await expect(start({ transport: 'unix', endpoint: path })).rejects.toMatchObject({ code: 'OTLP_LISTEN' })
    expect(statSync(path).size).toBe(8)
  })

  test('needs its folder', async () => {
    await expect(start({ transport: 'unix', endpoint: '/nowhere/otlp.sock' })).rejects.toMatchObject({
      code: 'OTLP_LISTEN',
      message: expect.stringMatching(/^endpoint "\/nowhere\/otlp\.sock": listen E.*; not started$/),
    })
  })

  test('has a path of at most 107 bytes', async () => {
    const base = folder()
    const longest = join(base, 'x'.repeat(107 - Buffer.byteLength(base) - 1))
    const server = await start({ transport: 'unix', endpoint: longest })
    expect(server.addresses).toEqual([`unix:${longest}`])
    for (const path of ['', `${longest}x`]) {
      await expect(start({ transport: 'unix', endpoint: path })).rejects.toMatchObject({
        code: 'OTLP_OPTION',
        message: `endpoint "${path}": not a path of a Unix socket; expected is one of 1 to 107 bytes; not started`,
      })
    }
  })
})

describe('the write time-out', () => {
  const requests = Buffer.from(
    `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${oneLog.length}\r\n\r\n${oneLog}`.repeat(
      400,
    ),
  )
  // Answers that together do not fit into what the system keeps for a connection.
  const responseHeaders = { 'X-Padding': 'x'.repeat(60_000) }

  async function unreadConnection(options: Partial<OtlpHttpServerOptions>) {
    const clock = fakeClock()
    const server = await start({ clock, responseHeaders, ...options })
    const socket = net.connect(Number(server.addresses[0]!.split(':')[1]), '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.pause()
    socket.write(requests)
    return { clock, socket }
  }

  test('cuts a connection whose client does not read its answers', async () => {
    const { clock, socket } = await unreadConnection({ writeTimeoutMillis: 2000 })
    while (clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(1999)
    expect(clock.pendingCount).toBeGreaterThan(0)
    await clock.advance(1)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    await closed
  })

  test('leaves a client alone that reads late, but in time', async () => {
    const { clock, socket } = await unreadConnection({ writeTimeoutMillis: 2000 })
    while (clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(1999)
    let bytes = 0
    const all = new Promise<void>((resolve) =>
      socket.on('data', (chunk) => {
        bytes += chunk.byteLength
        if (bytes >= 400 * 60_000) resolve()
      }),
    )
    socket.resume()
    await all
    await clock.advance(10_000)
    expect(socket.destroyed).toBe(false)
  })

  test('is none at 0', async () => {
    const { clock, socket } = await unreadConnection({ writeTimeoutMillis: 0 })
    const { clock: other } = await unreadConnection({ writeTimeoutMillis: 2000 })
    // When the limit of the same connection with one runs, this one would have begun, too.
    while (other.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(clock.pendingCount).toBe(0)
    await clock.advance(3_600_000)
    let bytes = 0
    const all = new Promise<void>((resolve) =>
      socket.on('data', (chunk) => {
        bytes += chunk.byteLength
        if (bytes >= 400 * 60_000) resolve()
      }),
    )
    socket.resume()
    await all
    expect(socket.destroyed).toBe(false)
  })

  test('is 30 seconds by default', async () => {
    const usual = await unreadConnection({})
    while (usual.clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await usual.clock.advance(29_999)
    expect(usual.clock.pendingCount).toBeGreaterThan(0)
    await usual.clock.advance(1)
    expect(usual.clock.pendingCount).toBe(0)
  })
})
