// SPDX-License-Identifier: Apache-2.0

// Characters that become bytes at once. Pieces of 1,000 characters cost a third more, for the calls. From 128 KiB on a text is
// a large object of the heap (a fifth to a third more on Node 20 and 24, nothing on 26), and some take two bytes a character.
const pieceLength = 60_000

const textEncoder = new TextEncoder()

/** Collects the text of one request and makes bytes of it piece by piece. */
export class JsonWriter {
  readonly #pieces: Uint8Array[] = []
  #text = ''

  /** Takes whole characters only: half of a surrogate pair would become U+FFFD. */
  add(text: string): void {
    this.#text += text
    if (this.#text.length >= pieceLength) this.#flush()
  }

  /** All that was added, in pieces that belong one after the other. Nothing is added after it. */
  end(): Uint8Array[] {
    if (this.#text !== '') this.#flush()
    return this.#pieces
  }

  #flush(): void {
    this.#pieces.push(textEncoder.encode(this.#text))
    this.#text = ''
  }
}
