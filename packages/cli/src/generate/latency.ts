// SPDX-License-Identifier: Apache-2.0

// 64 steps to each doubling: no value is told more than 1.6 % too high.
const stepBits = 6
const stepCount = 1 << stepBits

/** Distribution of latencies in bounded memory, however many there are. */
export class LatencyHistogram {
  readonly #counts = new Map<number, number>()
  #count = 0
  #maxMillis = 0

  add(millis: number): void {
    const bucket = bucketOf(Math.max(0, Math.round(millis * 1000)))
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    this.#count++
    if (millis > this.#maxMillis) this.#maxMillis = millis
  }

  get count(): number {
    return this.#count
  }

  get maxMillis(): number {
    return this.#maxMillis
  }

  /** Latency that this share (0 to 1) of all stays at or below; 0 when there is none. */
  percentileMillis(share: number): number {
    let left = Math.ceil(this.#count * share)
    for (const [bucket, count] of [...this.#counts].toSorted(([a], [b]) => a - b)) {
      left -= count
      if (left <= 0) return Math.min(this.#maxMillis, topOf(bucket) / 1000)
    }
    return this.#maxMillis
  }
}

// Below 64 us each microsecond has a bucket; above, the highest seven bits choose one.
function bucketOf(micros: number): number {
  if (micros < stepCount) return micros
  const shift = Math.floor(Math.log2(micros)) - stepBits
  return (shift + 1) * stepCount + (Math.floor(micros / 2 ** shift) - stepCount)
}

function topOf(bucket: number): number {
  if (bucket < stepCount) return bucket
  const shift = Math.floor(bucket / stepCount) - 1
  return ((bucket % stepCount) + stepCount + 1) * 2 ** shift - 1
}
