// SPDX-License-Identifier: Apache-2.0

/** What the layout needs to know of a span. Offsets count from the trace's start, in nanoseconds. */
export interface LayoutSpan {
  spanId: string
  parentSpanId: string
  startOffsetNano: number
  durationNano: number
  statusCode: number
}

/** What is odd about a span; several may hold at once. */
export const SpanOddity = {
  /** Names a parent that is not in the trace (yet). */
  orphan: 1,
  /** Its chain of parents leads back to itself; the chain was cut here. */
  cycle: 2,
  /** An earlier span has the same id; children went to that one. */
  duplicateId: 4,
  /** Starts before its parent: the clocks of two machines differ. */
  startsBeforeParent: 8,
} as const

/**
 * A trace as a tree in columns: index = place in the list of spans, -1 = none. Siblings stand in order of start, then
 * longest first, then order of arrival.
 */
export interface TraceLayout {
  readonly count: number
  readonly parent: Int32Array
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  readonly childCount: Int32Array
  /** Spans below, at any depth. */
  readonly descendantCount: Int32Array
  readonly depth: Int32Array
  readonly maxDepth: number
  /** Spans in the order of the rows with everything expanded. */
  readonly order: Int32Array
  /** Inverse of `order`. */
  readonly position: Int32Array
  /** Bits of {@link SpanOddity}. */
  readonly oddities: Uint8Array
  /** Error spans below, at any depth; the span itself does not count. */
  readonly errorsBelow: Int32Array
  readonly roots: Int32Array
  /** The span that stands for the trace: the longest true root, else the first row; -1 when empty. */
  readonly mainRoot: number
}

const errorStatus = 2

/** Puts spans into a tree. Never fails and never recurses: any list of ids and offsets gives each span one row. */
export function layoutTrace(spans: readonly LayoutSpan[]): TraceLayout {
  const count = spans.length
  const parent = new Int32Array(count).fill(-1)
  const oddities = new Uint8Array(count)

  const byId = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const id = spans[i]!.spanId
    if (byId.has(id)) oddities[i] = oddities[i]! | SpanOddity.duplicateId
    else byId.set(id, i)
  }
  for (let i = 0; i < count; i++) {
    const id = spans[i]!.parentSpanId
    if (id === '') continue
    const found = byId.get(id)
    if (found === undefined) oddities[i] = oddities[i]! | SpanOddity.orphan
    else parent[i] = found
  }
  cutCycles(parent, oddities)

  const sorted = Array.from({ length: count }, (_, i) => i).sort((a, b) => compareSiblings(spans, a, b))
  const firstChild = new Int32Array(count).fill(-1)
  const nextSibling = new Int32Array(count).fill(-1)
  const childCount = new Int32Array(count)
  const lastChild = new Int32Array(count).fill(-1)
  const roots: number[] = []
  for (const i of sorted) {
    const p = parent[i]!
    if (p < 0) {
      roots.push(i)
      continue
    }
    if (lastChild[p]! < 0) firstChild[p] = i
    else nextSibling[lastChild[p]!] = i
    lastChild[p] = i
    childCount[p] = childCount[p]! + 1
    if (spans[i]!.startOffsetNano < spans[p]!.startOffsetNano) {
      oddities[i] = oddities[i]! | SpanOddity.startsBeforeParent
    }
  }

  const depth = new Int32Array(count)
  const order = new Int32Array(count)
  const position = new Int32Array(count)
  let placed = 0
  let maxDepth = 0
  const stack: number[] = []
  for (const root of roots) {
    stack.push(root)
    while (stack.length > 0) {
      const i = stack.pop()!
      position[i] = placed
      order[placed++] = i
      const p = parent[i]!
      const own = p < 0 ? 0 : depth[p]! + 1
      depth[i] = own
      if (own > maxDepth) maxDepth = own
      // Children are pushed last first, so the earliest is taken next.
      const from = stack.length
      for (let c = firstChild[i]!; c >= 0; c = nextSibling[c]!) stack.push(c)
      reverseFrom(stack, from)
    }
  }

  const descendantCount = new Int32Array(count)
  const errorsBelow = new Int32Array(count)
  // Rows from the bottom up: every child is seen before its parent.
  for (let row = count - 1; row >= 0; row--) {
    const i = order[row]!
    const p = parent[i]!
    if (p < 0) continue
    descendantCount[p] = descendantCount[p]! + descendantCount[i]! + 1
    errorsBelow[p] = errorsBelow[p]! + errorsBelow[i]! + (spans[i]!.statusCode === errorStatus ? 1 : 0)
  }

  let mainRoot = count > 0 ? order[0]! : -1
  let longest = -1
  for (const root of roots) {
    if (spans[root]!.parentSpanId === '' && spans[root]!.durationNano > longest) {
      longest = spans[root]!.durationNano
      mainRoot = root
    }
  }

  return {
    count,
    parent,
    firstChild,
    nextSibling,
    childCount,
    descendantCount,
    depth,
    maxDepth,
    order,
    position,
    oddities,
    errorsBelow,
    roots: Int32Array.from(roots),
    mainRoot,
  }
}

/** Walks each chain of parents once. A chain that meets itself is cut above the span where the walk entered it. */
function cutCycles(parent: Int32Array, oddities: Uint8Array): void {
  const seenBy = new Int32Array(parent.length).fill(-1)
  for (let start = 0; start < parent.length; start++) {
    let i = start
    while (i >= 0 && seenBy[i] === -1) {
      seenBy[i] = start
      i = parent[i]!
    }
    if (i >= 0 && seenBy[i] === start) {
      // `i` closes the circle; the earliest span in it (lowest index: spans come in order of start) becomes the root.
      let first = i
      for (let j = parent[i]!; j !== i; j = parent[j]!) if (j < first) first = j
      parent[first] = -1
      oddities[first] = oddities[first]! | SpanOddity.cycle
    }
  }
}

function compareSiblings(spans: readonly LayoutSpan[], a: number, b: number): number {
  const one = spans[a]!
  const two = spans[b]!
  return one.startOffsetNano - two.startOffsetNano || two.durationNano - one.durationNano || a - b
}

function reverseFrom(stack: number[], from: number): void {
  for (let low = from, high = stack.length - 1; low < high; low++, high--) {
    const swap = stack[low]!
    stack[low] = stack[high]!
    stack[high] = swap
  }
}
