// SPDX-License-Identifier: Apache-2.0
import type { ConfigProvider } from './provider.ts'

/** `yaml:text`: the configuration itself, such as `yaml:processors::batch::timeout: 2s`. */
export function yamlProvider(): ConfigProvider {
  return { scheme: 'yaml', retrieve: async (text) => ({ text }) }
}
