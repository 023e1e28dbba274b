// SPDX-License-Identifier: Apache-2.0
import type { Agent } from 'node:http'
import type { OtlpHttpExporterOptions } from './otlp-options.ts'

/** What a client takes as its agent. */
export type ClientAgent = Agent | ((secure: boolean) => Agent)

/**
 * The agent that options name, in our form or in that of opentelemetry-js; undefined when they name none. An agent
 * made here ends with `close`; one that was given belongs to its giver.
 */
export async function clientAgent(
  options: OtlpHttpExporterOptions,
  url: string,
): Promise<{ agent: ClientAgent; close: () => void } | undefined> {
  const { agent, httpAgentOptions, keepAlive } = options
  if (agent !== undefined) return { agent, close: () => {} }
  if (httpAgentOptions === undefined) return undefined
  const secure = /^https:/i.test(url)
  if (typeof httpAgentOptions === 'function') {
    return { agent: await httpAgentOptions(secure ? 'https:' : 'http:'), close: () => {} }
  }
  const module = process.getBuiltinModule(secure ? 'node:https' : 'node:http')
  const made = new module.Agent({ keepAlive: keepAlive ?? true, ...httpAgentOptions })
  return { agent: made, close: () => made.destroy() }
}
