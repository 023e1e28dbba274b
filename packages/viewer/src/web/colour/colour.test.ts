// SPDX-License-Identifier: Apache-2.0
/// <reference types="node" />
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { contrastRatio, hexToRgb, oklchToRgb, rgbToHex } from './oklch.ts'
import { paletteOf, ServiceColours, slotCount, type Theme } from './service-colour.ts'

const tokens = readFileSync(new URL('../style/tokens.css', import.meta.url), 'utf8')

function token(theme: Theme, name: string): string {
  const block = tokens.slice(tokens.indexOf(`[data-theme="${theme}"] {`))
  const match = new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)
  if (!match) throw new Error(`no colour --${name} in the ${theme} theme`)
  return match[1]!
}

function ratio(one: string, two: string): number {
  return contrastRatio(hexToRgb(one), hexToRgb(two))
}

describe('OKLCH', () => {
  // Published values of the sRGB primaries.
  test.each([
    [0.62796, 0.25768, 29.234, '#ff0000'],
    [0.86644, 0.29483, 142.495, '#00ff00'],
    [0.45201, 0.31321, 264.052, '#0000ff'],
    [1, 0, 0, '#ffffff'],
    [0, 0, 0, '#000000'],
  ])('oklch(%d %d %d) is %s', (lightness, chroma, hue, expected) => {
    const close = oklchToRgb(lightness, chroma, hue).map((channel, i) => Math.abs(channel - hexToRgb(expected)[i]!))
    expect(Math.max(...close)).toBeLessThan(0.03)
  })

  test('a colour outside sRGB loses chroma, not hue', () => {
    const [r, g, b] = oklchToRgb(0.7, 0.4, 150)
    expect(g).toBeGreaterThan(r)
    expect(g).toBeGreaterThan(b)
    expect(rgbToHex([r, g, b])).toMatch(/^#[0-9a-f]{6}$/)
  })

  test('black on white has contrast 21', () => {
    expect(ratio('#000000', '#ffffff')).toBeCloseTo(21, 5)
  })
})

describe.each<Theme>(['light', 'dark'])('contrast in the %s theme', (theme) => {
  const grounds = ['ground', 'surface', 'raised', 'row-hover', 'row-selected']

  test.each(['text', 'text-muted', 'accent', 'error', 'warning', 'number'])(
    '--%s is readable (AA, 4.5:1) on every ground',
    (name) => {
      for (const ground of grounds) {
        expect(ratio(token(theme, name), token(theme, ground)), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      }
    },
  )

  test('text is readable on the marks behind it', () => {
    expect(ratio(token(theme, 'text'), token(theme, 'match'))).toBeGreaterThanOrEqual(4.5)
    expect(ratio(token(theme, 'text'), token(theme, 'error-soft'))).toBeGreaterThanOrEqual(4.5)
    expect(ratio(token(theme, 'warning'), token(theme, 'warning-soft'))).toBeGreaterThanOrEqual(4.5)
    expect(ratio(token(theme, 'on-accent'), token(theme, 'accent'))).toBeGreaterThanOrEqual(4.5)
  })

  test('every service colour stands out from the surface (3:1)', () => {
    for (const colour of paletteOf(theme)) {
      expect(ratio(colour, token(theme, 'surface')), colour).toBeGreaterThanOrEqual(3)
    }
  })
})

describe('colours of services', () => {
  test('the palette has a different colour in each slot', () => {
    for (const theme of ['light', 'dark'] as const) expect(new Set(paletteOf(theme)).size).toBe(slotCount)
  })

  test('a lone service has the colour of its name, wherever it is met', () => {
    expect(new ServiceColours().colour('checkout', 'light')).toBe(new ServiceColours().colour('checkout', 'light'))
  })

  test('the order in which names arrive together does not matter', () => {
    const names = ['web', 'cart', 'checkout', 'payment', 'inventory', 'mail']
    const one = new ServiceColours()
    const two = new ServiceColours()
    one.reserve(names)
    two.reserve([...names].reverse())
    expect(names.map((name) => one.slot(name))).toEqual(names.map((name) => two.slot(name)))
  })

  test('as many services as slots all look different; one more shares', () => {
    const colours = new ServiceColours()
    const names = Array.from({ length: slotCount }, (_, i) => `service-${i}`)
    expect(new Set(names.map((name) => colours.slot(name))).size).toBe(slotCount)
    expect(colours.slot('one more')).toBeLessThan(slotCount)
  })

  test('six services share no hue and never sit on neighbouring hues of one tone', () => {
    const colours = new ServiceColours()
    const slots = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => colours.slot(name))
    const half = slotCount / 2
    for (const one of slots) {
      for (const two of slots) {
        const sameTone = Math.floor(one / half) === Math.floor(two / half)
        const apart = Math.abs((one % half) - (two % half))
        if (one !== two) expect(one % half).not.toBe(two % half)
        if (one !== two && sameTone) expect(Math.min(apart, half - apart)).toBeGreaterThan(1)
      }
    }
  })

  test('a known service keeps its colour when others come', () => {
    const colours = new ServiceColours()
    const before = colours.slot('zebra')
    colours.reserve(['aardvark', 'bear', 'cat'])
    expect(colours.slot('zebra')).toBe(before)
  })
})
