// SPDX-License-Identifier: Apache-2.0
import { oklchToRgb, rgbToHex } from './oklch.ts'

export type Theme = 'light' | 'dark'

// Ten hues in two tones. The arc from 5 to 100 degrees is left out: red belongs to errors, amber to warnings.
const hues = [106, 130, 155, 187, 222, 252, 276, 300, 324, 347] as const
const tones: Record<Theme, readonly { lightness: number; chroma: number }[]> = {
  light: [
    { lightness: 0.645, chroma: 0.16 },
    { lightness: 0.48, chroma: 0.15 },
  ],
  dark: [
    { lightness: 0.8, chroma: 0.12 },
    { lightness: 0.58, chroma: 0.14 },
  ],
}

/** Slots in the palette. */
export const slotCount: number = hues.length * 2

/** The colours of one theme, by slot. */
export function paletteOf(theme: Theme): string[] {
  const colours: string[] = []
  for (const tone of tones[theme]) {
    for (const hue of hues) colours.push(rgbToHex(oklchToRgb(tone.lightness, tone.chroma, hue)))
  }
  return colours
}

/** FNV-1a over UTF-16 units, mixed once more: short names that differ in one letter must not land side by side. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) {
    hash ^= name.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

/**
 * Hands out colours by the hash of the service's name, so a service keeps its colour over traces and visits. Where two
 * names fall on the same slot or on neighbours that look alike, the one that was asked for later moves.
 */
export class ServiceColours {
  readonly #slots = new Map<string, number>()
  readonly #taken = new Set<number>()
  readonly #palettes: Record<Theme, string[]> = { light: paletteOf('light'), dark: paletteOf('dark') }

  /** Reserves slots in the order of the names' alphabet, so the order of arrival does not matter. */
  reserve(names: readonly string[]): void {
    for (const name of [...names].sort()) this.slot(name)
  }

  slot(name: string): number {
    const known = this.#slots.get(name)
    if (known !== undefined) return known
    const slot = this.#freeSlot(hashName(name) % slotCount)
    this.#taken.add(slot)
    this.#slots.set(name, slot)
    return slot
  }

  #freeSlot(wanted: number): number {
    // Seven has no common factor with 20: the walk meets each slot once and jumps to a hue that looks different.
    for (const isGood of [(slot: number) => !this.#looksTaken(slot), (slot: number) => !this.#taken.has(slot)]) {
      for (let tries = 0, slot = wanted; tries < slotCount; tries++, slot = (slot + 7) % slotCount) {
        if (isGood(slot)) return slot
      }
    }
    return wanted
  }

  /** The slot, its hue in another tone, or a neighbour of the same tone is in use. */
  #looksTaken(slot: number): boolean {
    const hue = slot % hues.length
    const tone = slot - hue
    const before = tone + ((hue + hues.length - 1) % hues.length)
    const after = tone + ((hue + 1) % hues.length)
    const other = (slot + hues.length) % slotCount
    return [slot, other, before, after].some((each) => this.#taken.has(each))
  }

  colour(name: string, theme: Theme): string {
    return this.#palettes[theme][this.slot(name)] ?? '#888888'
  }
}
