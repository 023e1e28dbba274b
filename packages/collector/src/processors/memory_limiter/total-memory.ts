// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

/** Reads a file as text; undefined when there is none. */
export type ReadText = (path: string) => string | undefined

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Memory that this process may use, in bytes: the smallest limit of its cgroup and those above it (version 2, then 1), or
 * the machine's memory when none is set.
 */
export function totalMemoryBytes(read: ReadText = readText, machineBytes: number = totalmem()): number {
  let smallest = machineBytes
  for (const path of limitFiles(read('/proc/self/cgroup') ?? '')) {
    const text = read(path)?.trim()
    // Version 2 says `max` for no limit, version 1 a number near 2^63.
    const bytes = text === undefined || text === 'max' ? Number.NaN : Number(text)
    if (bytes > 0 && bytes < smallest) smallest = bytes
  }
  return smallest
}

// A line of /proc/self/cgroup is `hierarchy:controllers:path`; version 2 has hierarchy 0 and no controllers.
function limitFiles(membership: string): string[] {
  const files: string[] = []
  for (const line of membership.split('\n')) {
    const [hierarchy, controllers, ...rest] = line.split(':')
    const path = rest.join(':')
    if (hierarchy === '0' && controllers === '') {
      for (const folder of upwards(path)) files.push(`/sys/fs/cgroup${folder}/memory.max`)
    } else if (controllers?.split(',').includes('memory')) {
      for (const folder of upwards(path)) files.push(`/sys/fs/cgroup/memory${folder}/memory.limit_in_bytes`)
    }
  }
  return files
}

// Inside a container the path may be that of the host, of which only the root is mounted.
function upwards(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..')
  const folders: string[] = []
  for (let length = parts.length; length > 0; length--) folders.push(`/${parts.slice(0, length).join('/')}`)
  folders.push('')
  return folders
}
