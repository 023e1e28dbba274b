// SPDX-License-Identifier: Apache-2.0
// OKLCH to sRGB, after Björn Ottosson's published matrices. Canvas and CSS get hex, so both show the same colour in
// browsers without oklch().

/** Red, green and blue in 0..1. */
export type Rgb = readonly [number, number, number]

/** `lightness` 0..1, `chroma` 0..0.4, `hueDegrees` 0..360. Chroma shrinks until the colour exists in sRGB. */
export function oklchToRgb(lightness: number, chroma: number, hueDegrees: number): Rgb {
  for (let c = chroma; c > 0; c -= 0.005) {
    const rgb = convert(lightness, c, hueDegrees)
    if (rgb.every((channel) => channel >= -0.0005 && channel <= 1.0005)) return clamp(rgb)
  }
  return clamp(convert(lightness, 0, hueDegrees))
}

/** `#rrggbb`. */
export function rgbToHex(rgb: Rgb): string {
  return `#${rgb
    .map((channel) =>
      Math.round(channel * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`
}

/** Channels of `#rrggbb`. */
export function hexToRgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16)
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255]
}

/** WCAG 2 contrast ratio, 1..21. */
export function contrastRatio(a: Rgb, b: Rgb): number {
  const bright = Math.max(luminance(a), luminance(b))
  const dark = Math.min(luminance(a), luminance(b))
  return (bright + 0.05) / (dark + 0.05)
}

function luminance([r, g, b]: Rgb): number {
  return 0.2126 * toLinear(r) + 0.7152 * toLinear(g) + 0.0722 * toLinear(b)
}

function convert(lightness: number, chroma: number, hueDegrees: number): Rgb {
  const hue = (hueDegrees * Math.PI) / 180
  const a = chroma * Math.cos(hue)
  const b = chroma * Math.sin(hue)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

function clamp(rgb: Rgb): Rgb {
  return [unit(rgb[0]), unit(rgb[1]), unit(rgb[2])]
}

function unit(channel: number): number {
  return Math.min(1, Math.max(0, channel))
}

function fromLinear(channel: number): number {
  return channel <= 0.0031308 ? 12.92 * channel : 1.055 * channel ** (1 / 2.4) - 0.055
}

function toLinear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
}
