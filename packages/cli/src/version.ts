// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

/** Version of the command, from its manifest. */
export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
