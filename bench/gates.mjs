// SPDX-License-Identifier: Apache-2.0
// What CI holds every case to. `ratio`: how many times better than the faster peer on Node 20; `ratioOnNewer`: on the
// lines after it (default: the same). `atMost`, `atLeast`: bounds of our own figure, in the case's unit.
export const gates = {
  'sdk-span-0': { ratio: 5, ratioOnNewer: 4.5 },
  'sdk-span-5-options': { ratio: 5, ratioOnNewer: 4 },
  'sdk-span-5-set': { ratio: 5, ratioOnNewer: 4 },
  'sdk-span-20-options': { ratio: 12, ratioOnNewer: 12 },
  'sdk-span-20-set': { ratio: 3, ratioOnNewer: 2.3 },
  'sdk-span-nested-active': { ratio: 6, ratioOnNewer: 3.1 },
  'sdk-span-unsampled-root': { ratio: 10, ratioOnNewer: 10 },
  'sdk-span-unsampled-child': { ratio: 10, ratioOnNewer: 10 },
  'sdk-span-batch-encode': { ratio: 4, ratioOnNewer: 3 },
  'sdk-span-batch-encode-unique': { ratio: 4, ratioOnNewer: 3 },
  'sdk-span-allocated': { ratio: 3, ratioOnNewer: 2.2 },
  'sdk-span-retained': { ratio: 2, ratioOnNewer: 1.5 },
  'sdk-encode-protobuf': { ratio: 4, ratioOnNewer: 3 },
  'sdk-encode-protobuf-unique': { ratio: 4, ratioOnNewer: 2.5 },
  'sdk-encode-json': { ratio: 1.6, ratioOnNewer: 1 },
  'sdk-encode-json-unique': { ratio: 1.6, ratioOnNewer: 1 },
  'sdk-w3c-extract': { ratio: 1.5, ratioOnNewer: 1.35 },
  'sdk-w3c-inject': { ratio: 1.2, ratioOnNewer: 0.75 },
  'express-request': { ratio: 2.3, ratioOnNewer: 1.65 },
  'http-receive-batch': { ratio: 0.4, atLeast: 2_500_000 },
  'http-receive-gzip': { atLeast: 1_500_000 },
  'http-through': { atLeast: 1_200_000 },
  'sdk-http-request': { ratio: 2.3, ratioOnNewer: 1.6 },
  'sdk-start-up': { atMost: 25 },
}
