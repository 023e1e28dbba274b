// SPDX-License-Identifier: Apache-2.0
// Who gets diagnostics when users set a logger through npm's copies or through ours.
import { beforeAll, describe, expect, test } from 'vitest'
import { buildApi, formats, type Kit, npmApis, peerFolder, run } from './scenario.ts'

beforeAll(buildApi)

describe.skipIf(peerFolder === undefined).each(formats)('diagnostics, packages loaded as %s', (format) => {
  test.each(npmApis)('a logger set through %s before our SDK registers gets the messages of both', async (name) => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
        const api = await load(npm)
        const lines: string[] = []
        api.diag.setLogger({ error: (m) => lines.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
        const ours = await load('@otel-ts/api')
        ours.diag.error('ours before')
        const { registerGlobals, hasDiagLogger } = await load('@otel-ts/api/registration')
        const isKnown = hasDiagLogger()
        const fallback = { error: () => lines.push('fallback'), warn() {}, info() {}, debug() {}, verbose() {} }
        registerGlobals(createSdk(ours.ROOT_CONTEXT).parts, { apis: [api], fallbackDiagLogger: fallback })
        ours.diag.error('ours after')
        api.diag.error('theirs after')
        return [isKnown, lines]
      },
      name as 'api-1-9',
    )
    expect(result).toEqual([true, ['ours before', 'ours after', 'theirs after']])
  })

  test.each(npmApis)(
    'a logger set through %s after our SDK was registered with that copy gets them too',
    async (name) => {
      const result = await run(
        format,
        async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
          const api = await load(npm)
          const ours = await load('@otel-ts/api')
          const { registerGlobals } = await load('@otel-ts/api/registration')
          const lines: string[] = []
          const fallback = {
            error: (m: string) => lines.push(`fallback ${m}`),
            warn() {},
            info() {},
            debug() {},
            verbose() {},
          }
          const registration = registerGlobals(createSdk(ours.ROOT_CONTEXT).parts, {
            apis: [api],
            fallbackDiagLogger: fallback,
          })
          api.diag.error('a')
          const accepted = api.diag.setLogger({
            error: (m) => lines.push(m),
            warn() {},
            info() {},
            debug() {},
            verbose() {},
          })
          ours.diag.error('b')
          api.diag.error('c')
          api.diag.createComponentLogger({ namespace: 'n' }).error('d')
          // The copy is as it was afterwards: its own function, and no mark of ours.
          registration.unregister()
          const isRestored = !String(api.diag.setLogger).includes('diag.setLogger(...args)')
          return [accepted, lines, isRestored]
        },
        name as 'api-1-9',
      )
      expect(result).toEqual([true, ['fallback a', 'b', 'c', 'n'], true])
    },
  )

  test.each(npmApis)('a logger set through ours gets the messages of %s once our SDK is registered', async (name) => {
    const result = await run(
      format,
      async ({ load, createSdk }: Kit, npm: 'api-1-9') => {
        const ours = await load('@otel-ts/api')
        const lines: string[] = []
        ours.diag.setLogger({ error: (m) => lines.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
        const api = await load(npm)
        api.diag.error('lost')
        const { registerGlobals } = await load('@otel-ts/api/registration')
        registerGlobals(createSdk(ours.ROOT_CONTEXT).parts)
        api.diag.error('a')
        ours.diag.setLogger(
          { error: (m) => lines.push(`second ${m}`), warn() {}, info() {}, debug() {}, verbose() {} },
          { suppressOverrideMessage: true },
        )
        api.diag.error('b')
        return lines
      },
      name as 'api-1-9',
    )
    expect(result).toEqual(['a', 'second b'])
  })
})
