// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How much of each kind a model holds, by stage; the generated package must hold the same. */
export interface ModelCounts {
  attributes: Record<string, number>
  members: Record<string, number>
  metrics: Record<string, number>
  events: Record<string, number>
}

interface Frame {
  readonly indent: number
  /** Column of the item's own keys; deeper ones belong to what the item holds. */
  readonly keyColumn: number
  readonly listKey: string
  readonly values: Map<string, string>
}

/**
 * Counts the definitions of a model by indentation alone, without YAML parser or the generator's reader, so that a
 * definition which those overlook shows as a difference. Definitions marked for leaving out are not counted.
 */
export function countModel(modelFolder: string): ModelCounts {
  const counts: ModelCounts = { attributes: {}, members: {}, metrics: {}, events: {} }
  for (const file of readdirSync(modelFolder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/\.ya?ml$/.test(file) && file !== 'manifest.yaml')
      countFile(readFileSync(join(modelFolder, file), 'utf8'), counts)
  }
  return counts
}

function countFile(text: string, counts: ModelCounts): void {
  const keys: { indent: number; key: string }[] = []
  const frames: Frame[] = []
  // Members are settled when their attribute closes, since its stage and exclusion decide over theirs.
  let members: Frame[] = []
  let blockIndent = -1

  const close = (indent: number): void => {
    while ((frames.at(-1)?.indent ?? -1) >= indent) {
      const frame = frames.pop() as Frame
      if (frame.listKey === 'members') members.push(frame)
      else if (frame.listKey === 'attributes' && (frame.values.has('id') || frame.values.has('key'))) {
        settle(frame, members, counts)
        members = []
      } else if (isMetric(frame)) add(counts.metrics, frame)
      else if (isEvent(frame)) add(counts.events, frame)
    }
  }

  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#.*)?$/.test(line)) continue
    const indent = line.length - line.trimStart().length
    if (blockIndent >= 0 && indent > blockIndent) continue
    blockIndent = -1
    let rest = line.slice(indent)
    let column = indent
    if (rest === '-' || rest.startsWith('- ')) {
      while ((keys.at(-1)?.indent ?? -1) > indent) keys.pop()
      // A list may stand as deep as its key or deeper.
      const listKey = keys.at(-1)?.key ?? ''
      close(indent)
      const inner = rest.slice(1).trimStart()
      column = line.length - inner.length
      frames.push({ indent, keyColumn: column, listKey, values: new Map() })
      rest = inner
    } else {
      while ((keys.at(-1)?.indent ?? -1) >= indent) keys.pop()
      close(indent)
    }
    const match = /^([a-z_0-9]+)\s*:(?:\s+(.*))?$/.exec(rest)
    if (match === null) continue
    const [, key = '', value = ''] = match
    const frame = frames.at(-1)
    if (frame?.keyColumn === column) frame.values.set(key, value)
    if (key === 'exclude' && value === 'true' && keys.at(-1)?.key === 'code_generation') {
      frame?.values.set('excluded', value)
    }
    if (/^(?:&\S+\s*)?[|>][-+0-9]*$/.test(value)) blockIndent = column
    keys.push({ indent: column, key })
  }
  close(0)
}

function settle(attribute: Frame, members: readonly Frame[], counts: ModelCounts): void {
  if (attribute.values.has('excluded')) return
  add(counts.attributes, attribute)
  for (const member of members) {
    if (member.values.has('excluded')) continue
    const stage = attribute.values.get('stability')
    if (stage === 'stable') add(counts.members, member)
    else increment(counts.members, stage)
  }
}

function isMetric({ listKey, values }: Frame): boolean {
  return (listKey === 'groups' && values.get('type') === 'metric') || listKey === 'metrics'
}

function isEvent({ listKey, values }: Frame): boolean {
  return (listKey === 'groups' && values.get('type') === 'event') || listKey === 'events'
}

function add(target: Record<string, number>, frame: Frame): void {
  if (!frame.values.has('excluded')) increment(target, frame.values.get('stability'))
}

function increment(target: Record<string, number>, stage: string | undefined): void {
  const key = (stage ?? 'missing').replace(/["']|\s+#.*$/g, '')
  target[key] = (target[key] ?? 0) + 1
}
