// SPDX-License-Identifier: Apache-2.0

const headerBytes = 24 // V8: map, hash and length of a string, rounded up
const slotBytes = 8 // pointer in the array
const mapEntryBytes = 40 // key, value and chain in a Map's table at its usual load
const wide = /[^\x00-\xff]/

/**
 * Strings of one segment, each held once. Id 0 is the empty string. The look-up table exists only while the segment
 * takes rows; a sealed segment keeps the strings alone.
 */
export class StringDictionary {
  readonly #strings: string[] = ['']
  #ids: Map<string, number> | undefined = new Map([['', 0]])
  #textBytes = 0

  get size(): number {
    return this.#strings.length
  }

  get byteCount(): number {
    const perEntry = slotBytes + (this.#ids === undefined ? 0 : mapEntryBytes)
    return this.#textBytes + this.#strings.length * perEntry
  }

  add(text: string): number {
    const known = this.#ids!.get(text)
    if (known !== undefined) return known
    const id = this.#strings.length
    this.#ids!.set(text, id)
    this.#strings.push(text)
    this.#textBytes += headerBytes + (wide.test(text) ? text.length * 2 : text.length)
    return id
  }

  at(id: number): string {
    return this.#strings[id]!
  }

  /** Id of `text`, or -1. */
  find(text: string): number {
    if (this.#ids !== undefined) return this.#ids.get(text) ?? -1
    return this.#strings.indexOf(text)
  }

  seal(): void {
    this.#ids = undefined
  }
}
