// SPDX-License-Identifier: Apache-2.0

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const sextets = new Uint8Array(128).fill(255)
for (let i = 0; i < 64; i++) sextets[alphabet.charCodeAt(i)] = i
sextets[0x2d] = 62 // '-' and '_' of the URL-safe alphabet
sextets[0x5f] = 63

/** Bytes as padded standard base64, as protobuf's JSON writes them. */
export function formatBase64(bytes: Uint8Array): string {
  let text = ''
  const whole = bytes.length - (bytes.length % 3)
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text += alphabet[group >> 18]! + alphabet[(group >> 12) & 63] + alphabet[(group >> 6) & 63] + alphabet[group & 63]
  }
  if (bytes.length - whole === 1) {
    const last = bytes[whole]!
    text += `${alphabet[last >> 2]}${alphabet[(last & 3) << 4]}==`
  } else if (bytes.length - whole === 2) {
    const last = (bytes[whole]! << 8) | bytes[whole + 1]!
    text += `${alphabet[last >> 10]}${alphabet[(last >> 4) & 63]}${alphabet[(last & 15) << 2]}=`
  }
  return text
}

/** Bytes of standard or URL-safe base64, padded or not; undefined when the text is neither. */
export function parseBase64(text: string): Uint8Array | undefined {
  let end = text.length
  if (end > 0 && text.charCodeAt(end - 1) === 0x3d) end--
  if (end > 0 && text.charCodeAt(end - 1) === 0x3d) end--
  const padding = text.length - end
  if (end % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return undefined
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let at = 0
  let bits = 0
  let bitCount = 0
  for (let i = 0; i < end; i++) {
    const unit = text.charCodeAt(i)
    const sextet = unit < 128 ? sextets[unit]! : 255
    if (sextet === 255) return undefined
    bits = ((bits << 6) | sextet) & 0xffffff
    bitCount += 6
    if (bitCount >= 8) {
      bitCount -= 8
      bytes[at++] = bits >> bitCount
    }
  }
  return bytes
}
