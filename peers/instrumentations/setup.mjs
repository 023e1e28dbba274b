// SPDX-License-Identifier: Apache-2.0
// node --import setup.mjs, with npm's loader hook, as its documentation has it for ES modules.
import { register } from 'node:module'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
const ours = await import('@otel-ts/sdk')
const { start } = await import('./start.cjs')
start(ours)
