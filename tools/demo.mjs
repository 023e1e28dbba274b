// SPDX-License-Identifier: Apache-2.0
// `npm run demo`: the all-in-one and the example shop under light load, until Ctrl-C.
// --requests N stops after N requests; --port N sets the page's port, --otlp-port N the receiver's.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { build, install, root, run } from './install.mjs'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: 'Infinity' },
    port: { type: 'string', default: '4319' },
    'otlp-port': { type: 'string', default: '4318' },
    'grpc-port': { type: 'string', default: '4317' },
  },
})

install()
build()
const shop = join(root, 'examples', 'shop')
installShop()

const children = []
let stopping = false
process.on('SIGINT', () => void stop(0))
process.on('SIGTERM', () => void stop(0))

await start(
  [
    join(root, 'packages', 'cli', 'bin', 'otel-ts.js'),
    '--endpoint',
    `localhost:${values['otlp-port']}`,
    '--grpc',
    `localhost:${values['grpc-port']}`,
    '--viewer',
    `localhost:${values.port}`,
  ],
  'otel-ts',
  {},
  /http:\/\//,
)
const [frontendPort, checkoutPort, inventoryPort] = await freePorts(3)
const urls = {
  CHECKOUT_URL: `http://127.0.0.1:${checkoutPort}`,
  INVENTORY_URL: `http://127.0.0.1:${inventoryPort}`,
}
await service('inventory', inventoryPort)
await service('checkout', checkoutPort)
await service('frontend', frontendPort)
console.log(`shop: http://127.0.0.1:${frontendPort}, asked about five times a second; Ctrl-C ends`)
await load(Number(values.requests))
await stop(0)

function service(name, port) {
  const env = {
    ...urls,
    PORT: String(port),
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${values['otlp-port']}`,
    OTEL_BSP_SCHEDULE_DELAY: '500',
  }
  return start(['--require', './tracing.cjs', `${name}.cjs`], name, env, /ready/)
}

// Starts a child and waits for the line that says it is up.
function start(args, name, env, readyPattern) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: shop,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    const show = (chunk) => {
      const text = String(chunk)
      if (name === 'otel-ts') process.stdout.write(text)
      else if (!readyPattern.test(text)) process.stderr.write(`${name}: ${text}`)
      if (readyPattern.test(text)) resolve(child)
    }
    child.stdout.on('data', show)
    child.stderr.on('data', show)
    child.on('exit', (code) => {
      reject(new Error(`${name} ended with ${code} before it was ready`))
      if (!stopping) void stop(1)
    })
  })
}

async function load(requestCount) {
  for (let number = 1; number <= requestCount && !stopping; number++) {
    const url = `http://127.0.0.1:${frontendPort}`
    const request =
      number % 3 === 0
        ? fetch(url)
        : fetch(`${url}/checkout`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ customer: number, items: number % 2 === 0 ? ['anvil', 'rope'] : ['magnet'] }),
          })
    const done = request.then((response) => response.text()).catch((error) => console.error(`shop: ${error.message}`))
    if (number === requestCount) await done
    await sleep(200)
  }
}

async function stop(code) {
  if (stopping) return
  stopping = true
  // Services first, so that their last spans still find the receiver.
  for (const child of children.toReversed()) {
    if (child.exitCode !== null) continue
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await Promise.race([ended, sleep(5000)])
  }
  process.exit(code)
}

function installShop() {
  const lock = createHash('sha256')
    .update(readFileSync(join(shop, 'package-lock.json')))
    .digest('hex')
  const stamp = join(shop, 'node_modules', '.otel-ts-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  process.stderr.write('installing the example shop …\n')
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: shop })
  writeFileSync(stamp, lock)
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
