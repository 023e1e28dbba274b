// SPDX-License-Identifier: Apache-2.0
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import { freePorts } from '../otlp/free-ports.ts'

/** What a toxic does to the bytes of a connection: https://github.com/Shopify/toxiproxy#toxics. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'slicer' | 'reset_peer' | 'timeout'
  /** 'upstream' = requests, 'downstream' = answers. */
  readonly stream: 'upstream' | 'downstream'
  readonly attributes: Readonly<Record<string, number>>
}

/** A way through toxiproxy to one destination. */
export interface FaultyWay {
  /** `127.0.0.1:port` to connect to. */
  readonly address: string
  /** Changes what happens to the connections there are and to new ones. */
  add(toxics: readonly Toxic[]): Promise<void>
  /** Closes all connections and refuses new ones. */
  refuse(): Promise<void>
}

/** A running toxiproxy. */
export interface Toxiproxy {
  create(name: string, upstream: string): Promise<FaultyWay>
  /** Takes every toxic away and lets every proxy listen again. */
  heal(): Promise<void>
  stop(): Promise<void>
}

/** Starts the server; its API and all proxies listen on 127.0.0.1. */
export async function startToxiproxy(binary: string): Promise<Toxiproxy> {
  const [port] = await freePorts(1)
  // It says that it starts before it listens, and whatever it accepts is logged: warnings are enough.
  const env = { LOG_LEVEL: 'warn' }
  const command = startCommand(binary, ['-host', '127.0.0.1', '-port', `${port}`, '-seed', '1'], { env })
  const call = async (path: string, body: object = {}): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`toxiproxy: POST ${path}: ${answer.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  await listening(command, `http://127.0.0.1:${port}/version`)
  return {
    async create(name, upstream) {
      const made = await call('/proxies', { name, upstream, listen: '127.0.0.1:0', enabled: true })
      const { listen } = made as { listen: string }
      return {
        address: listen,
        async add(toxics) {
          for (const [i, toxic] of toxics.entries()) {
            await call(`/proxies/${name}/toxics`, { ...toxic, name: `${i}`, toxicity: 1 })
          }
        },
        async refuse() {
          await call(`/proxies/${name}`, { listen, upstream, enabled: false })
        },
      }
    },
    async heal() {
      await call('/reset')
    },
    async stop() {
      await command.stop()
    },
  }
}

async function listening(command: RunningCommand, url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      if ((await fetch(url)).ok) return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await command.stop()
  throw new Error(`toxiproxy does not answer at ${url}; its output: ${command.output()}`)
}
