// SPDX-License-Identifier: Apache-2.0
export type { FakeClock } from './fake-clock.ts'
export { fakeClock } from './fake-clock.ts'
