// SPDX-License-Identifier: Apache-2.0
import type { ConfigProvider } from './provider.ts'

const namePattern = '^[a-zA-Z_][a-zA-Z0-9_]*$'
const nameForm = new RegExp(namePattern)

/**
 * `env:NAME` and `env:NAME:-default`. The default counts only when the variable is unset; unset without default is null,
 * with a warning; set but empty is null. The value is read as YAML.
 *
 * @param environment variables to read; `process.env` fits
 *
 * @example
 * ```ts
 * import { envProvider } from '@otel-ts/confmap'
 * const { text } = await envProvider({}).retrieve('PORT:-4318', { maxLength: 1000 })
 * console.log(text) // 4318
 * ```
 */
export function envProvider(environment: Readonly<Record<string, string | undefined>>): ConfigProvider {
  return {
    scheme: 'env',
    async retrieve(opaque) {
      const cut = opaque.indexOf(':-')
      const name = cut < 0 ? opaque : opaque.slice(0, cut)
      if (!nameForm.test(name)) {
        throw new Error(
          `environment variable ${JSON.stringify(name)} has invalid name: must match regex ${namePattern}`,
        )
      }
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      if (value !== undefined) return { text: value }
      if (cut >= 0) {
        const text = opaque.slice(cut + 2)
        return { text, verbatim: text === '' }
      }
      const message = `environment variable ${name} is not set; its value is taken as empty (write \${env:${name}:-default} to give one)`
      return { text: '', warning: { code: 'CONFIG_UNSET_VARIABLE', message } }
    },
  }
}
