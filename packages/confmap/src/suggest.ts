// SPDX-License-Identifier: Apache-2.0

/**
 * The candidate that a misspelt name most likely means, or undefined when none is near. Swapped neighbours count as one
 * slip; so do `-`, `_` and letter case.
 *
 * @example
 * ```ts
 * import { suggest } from '@otel-ts/confmap'
 * console.log(suggest('otlp_htp', ['debug', 'otlp_http'])) // otlp_http
 * ```
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/**
 * Ready for the end of a message: `; did you mean "otlp_http"? known: debug, otlp_http`.
 *
 * @param label what the candidates are: `known`, `allowed`, `defined`
 */
export function suggestion(name: string, candidates: readonly string[], label: string): string {
  const found = suggest(name, candidates)
  const all = `${label}: ${candidates.length === 0 ? 'none' : candidates.map((word) => word || '""').join(', ')}`
  return found === undefined ? `; ${all}` : `; did you mean ${JSON.stringify(found)}? ${all}`
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

// Optimal string alignment distance; gives up at `limit`, so a hostile name of a megabyte costs nothing.
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforeLast[j - 2]! + 1)
      }
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
