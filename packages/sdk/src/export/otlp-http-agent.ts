// SPDX-License-Identifier: Apache-2.0
import type { Agent } from 'node:http'
import type { AgentOptions } from 'node:https'
import { type ClientTlsOptions, createClientTls } from '@otel-ts/otlp/client/http'
import { systemClock } from '@otel-ts/otlp/clock'
import type { OtlpHttpExporterOptions } from './otlp-options.ts'

/** What a client takes as its agent. */
export type ClientAgent = Agent | ((secure: boolean) => Agent)

/** An agent, and how to be done with it: one made here ends, one that was given belongs to its giver. */
export interface ExporterAgent {
  readonly agent: ClientAgent
  close(): void
}

/** The agent that options name, in our form or in that of opentelemetry-js; undefined when they name none. */
export async function clientAgent(
  options: OtlpHttpExporterOptions,
  url: string,
  tls: ClientTlsOptions | undefined,
): Promise<ExporterAgent | undefined> {
  const { agent, httpAgentOptions, keepAlive } = options
  if (agent !== undefined) return { agent, close() {} }
  if (httpAgentOptions === undefined) return undefined
  const secure = /^https:/i.test(url)
  if (typeof httpAgentOptions === 'function') {
    return { agent: await httpAgentOptions(secure ? 'https:' : 'http:'), close() {} }
  }
  const given = { keepAlive: keepAlive ?? true, ...httpAgentOptions }
  if (!secure) return owned(new (process.getBuiltinModule('node:http').Agent)(given), undefined)
  // Certificates of the agent's own options win as a whole: of two trusts only one can be meant.
  const clientTls = tls === undefined || hasTls(given) ? undefined : createClientTls(tls, systemClock)
  const { Agent } = process.getBuiltinModule('node:https')
  return owned(new Agent({ ...clientTls?.connectOptions(), ...given }), clientTls)
}

function owned(agent: Agent, tls: { close(): void } | undefined): ExporterAgent {
  return {
    agent,
    close() {
      agent.destroy()
      tls?.close()
    },
  }
}

function hasTls(options: AgentOptions): boolean {
  const { ca, cert, key, pfx, secureContext } = options
  return [ca, cert, key, pfx, secureContext].some((value) => value !== undefined)
}
