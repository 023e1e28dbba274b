// SPDX-License-Identifier: Apache-2.0

export type { TestSettings } from './settings.ts'
export { testSettings } from './settings.ts'
