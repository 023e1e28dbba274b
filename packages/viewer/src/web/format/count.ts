// SPDX-License-Identifier: Apache-2.0

/** Thousands set apart: `12,345`. */
export function formatCount(value: number): string {
  const text = String(Math.round(value))
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** Short form for narrow places: `950`, `1.2k`, `34k`, `5.6M`. */
export function formatShortCount(value: number): string {
  if (value < 1000) return String(value)
  if (value < 9950) return `${(value / 1000).toFixed(1)}k`
  if (value < 999_500) return `${Math.round(value / 1000)}k`
  return `${(value / 1e6).toFixed(1)}M`
}

/** Binary units with at most three digits: `512 B`, `1.5 KiB`, `256 MiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1023.5 && unit < names.length - 1) {
    value /= 1024
    unit++
  }
  const text = unit === 0 || value >= 99.5 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '')
  return `${text} ${names[unit]}`
}

/** `1 span`, `2 spans`. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : many}`
}
