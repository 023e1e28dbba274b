// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises'
import type { ConfigProvider } from './provider.ts'

/** `file:path`, relative to the working directory. A file over the size limit is refused before it is read. */
export function fileProvider(): ConfigProvider {
  return {
    scheme: 'file',
    async retrieve(path, { maxLength }) {
      try {
        const { size } = await stat(path)
        if (size > maxLength) throw new Error(`it is ${size} bytes long, at most ${maxLength} are read`)
        return { text: await readFile(path, 'utf8'), file: path }
      } catch (error) {
        throw new Error(`unable to read the file ${JSON.stringify(path)}: ${reasonOf(error)}`, { cause: error })
      }
    },
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a directory'
  return error instanceof Error ? error.message : String(error)
}
