// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type * as ours from '@otel-ts/api'
import type * as registration from '@otel-ts/api/registration'
import { installPeer } from '../../../tools/peers.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Copies of npm's API, by their alias in peers/opentelemetry-api. */
export const npmApis = ['api-1-4', 'api-1-9', 'api-1-10'] as const
export type NpmApi = (typeof npmApis)[number]

/** Our types stand for those of npm's copies: what a scenario may call is there in all of them. */
interface Packages extends Record<NpmApi, typeof ours> {
  '@otel-ts/api': typeof ours
  '@otel-ts/api/registration': typeof registration
  'api-logs-0-223': Pick<typeof ours, 'logs'>
}

/** What peers/opentelemetry-api/sdk.cjs makes. */
export interface NotingSdk {
  seen: string[]
  tracerProvider: ours.TracerProvider
  meterProvider: ours.MeterProvider
  loggerProvider: ours.LoggerProvider
  contextManager: ours.ContextManager
  propagator: ours.TextMapPropagator
  parts: registration.GlobalParts
  collect(): string[]
}

/** What a scenario gets. It runs in another process and must not use anything from outside itself. */
export interface Kit {
  /** Loads a package in the format of the run. */
  load<Name extends keyof Packages>(name: Name): Promise<Packages[Name]>
  /** Loads a package in the other format. */
  loadOther<Name extends keyof Packages>(name: Name): Promise<Packages[Name]>
  createSdk(rootContext: ours.Context): NotingSdk
}

export const formats = ['mjs', 'cjs'] as const
export type Format = (typeof formats)[number]

let peer: string | undefined
try {
  peer = installPeer('opentelemetry-api')
} catch (error) {
  console.log(`skipped: opentelemetry-api: ${(error as Error).message}`)
}

/** Folder of the installed copies; undefined if they cannot be had. */
export const peerFolder: string | undefined = peer

/** Child processes load what is published, not the sources. Quick when nothing changed. */
export function buildApi(): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  for (const project of ['packages/api', 'packages/api/tsconfig.cjs.json']) {
    execFileSync(process.execPath, [tsc, '-b', project], { cwd: root, stdio: 'pipe' })
  }
  writeFileSync(join(root, 'packages/api/dist-cjs/package.json'), '{ "type": "commonjs" }\n')
}

const execute = promisify(execFile)

/** Runs `scenario` in a process of its own and returns its result. */
export async function run<Argument, Result>(
  format: Format,
  scenario: (kit: Kit, argument: Argument) => Promise<Result>,
  argument: Argument,
): Promise<Result> {
  const { stdout } = await execute(process.execPath, [join(peer as string, `run.${format}`)], {
    env: { ...process.env, SCENARIO: String(scenario), ARGUMENT: JSON.stringify(argument ?? null) },
    timeout: 30_000,
  })
  return JSON.parse(stdout) as Result
}
