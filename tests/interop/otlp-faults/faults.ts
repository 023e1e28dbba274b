// SPDX-License-Identifier: Apache-2.0
import type { FaultyWay, Toxic } from './toxiproxy.ts'

/** What can be wrong with a connection. */
export interface Fault {
  readonly name: string
  /**
   * What does not get through while it lasts: requests, or answers alone, so that what arrives is sent again; 'slow' lets
   * everything through later.
   */
  readonly stops: 'requests' | 'answers' | 'slow'
  apply(proxy: FaultyWay): Promise<void>
}

const both = (type: Toxic['type'], attributes: Toxic['attributes']): Toxic[] => [
  { type, stream: 'upstream', attributes },
  { type, stream: 'downstream', attributes },
]

export const faults: readonly Fault[] = [
  // Milliseconds each way: within the time-out of a request.
  { name: 'latency', stops: 'slow', apply: (proxy) => proxy.add(both('latency', { latency: 200, jitter: 0 })) },
  // Up to twice 550 ms: some requests run into their time-out of a second.
  { name: 'jitter', stops: 'slow', apply: (proxy) => proxy.add(both('latency', { latency: 300, jitter: 250 })) },
  // KB a second and connection: less than is sent, so that requests run into their time-out.
  { name: 'bandwidth', stops: 'slow', apply: (proxy) => proxy.add(both('bandwidth', { rate: 1 })) },
  // Pieces of some 16 bytes, 5 ms between them: every frame and header comes in parts.
  {
    name: 'slicer',
    stops: 'slow',
    apply: (proxy) => proxy.add(both('slicer', { average_size: 16, size_variation: 8, delay: 5000 })),
  },
  // The connection is reset instead of the answer.
  {
    name: 'reset_peer',
    stops: 'answers',
    apply: (proxy) => proxy.add([{ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } }]),
  },
  // Connections stay open and swallow everything, as behind a cable that was pulled.
  { name: 'half-open', stops: 'requests', apply: (proxy) => proxy.add(both('timeout', { timeout: 0 })) },
  // Answers are swallowed, and connections closed after 300 ms.
  {
    name: 'timeout',
    stops: 'answers',
    apply: (proxy) => proxy.add([{ type: 'timeout', stream: 'downstream', attributes: { timeout: 300 } }]),
  },
  { name: 'refused', stops: 'requests', apply: (proxy) => proxy.refuse() },
]
