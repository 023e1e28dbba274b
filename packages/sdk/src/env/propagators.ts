// SPDX-License-Identifier: Apache-2.0
import type { TextMapPropagator } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'
import { B3InjectEncoding, B3Propagator } from '../propagation/b3-propagator.ts'
import { CompositePropagator } from '../propagation/composite-propagator.ts'
import { W3CBaggagePropagator } from '../propagation/w3c-baggage-propagator.ts'
import { W3CTraceContextPropagator } from '../propagation/w3c-trace-context-propagator.ts'
import { isContribPropagator, loadContribPropagator, type MissingPropagator } from './contrib-propagators.ts'
import { readList } from './read.ts'

const defaultNames = ['tracecontext', 'baggage']

/**
 * The propagators that `OTEL_PROPAGATORS` names; trace context and baggage when it names none that can be had; undefined
 * for `none`.
 */
export function environmentPropagator(
  load: (name: string) => TextMapPropagator | MissingPropagator = loadContribPropagator,
): TextMapPropagator | undefined {
  const names = readList('OTEL_PROPAGATORS') ?? defaultNames
  if (names.includes('none')) return undefined
  const propagators: TextMapPropagator[] = []
  const missingNames: string[] = []
  const missing: MissingPropagator[] = []
  let hasContrib = false
  for (const name of names) {
    const propagator = isContribPropagator(name) ? load(name) : ownPropagator(name)
    if ('packageName' in propagator) {
      missingNames.push(name)
      missing.push(propagator)
    } else {
      propagators.push(propagator)
      hasContrib ||= isContribPropagator(name)
    }
  }
  const isEmpty = propagators.length === 0
  if (isEmpty) for (const name of defaultNames) propagators.push(ownPropagator(name))
  if (missing.length > 0) reportMissing(missingNames, missing, isEmpty)
  // The composite also makes contexts ours, which propagators of other packages do not.
  if (propagators.length === 1 && !hasContrib) return propagators[0]
  return new CompositePropagator({ propagators })
}

function ownPropagator(name: string): TextMapPropagator {
  switch (name) {
    case 'baggage':
      return new W3CBaggagePropagator()
    case 'b3':
      return new B3Propagator()
    case 'b3multi':
      return new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })
    default:
      return new W3CTraceContextPropagator()
  }
}

function reportMissing(names: readonly string[], missing: readonly MissingPropagator[], isEmpty: boolean): void {
  const reasons = missing.map(({ packageName, reason }) => `${packageName} (${reason})`).join(', ')
  const used = isEmpty ? `${defaultNames.join(' and ')} are used instead` : 'the others are used'
  sdkEvents.invalidSetting(
    'OTEL_PROPAGATORS',
    names.join(','),
    `a propagator whose package can be loaded, and these cannot: ${reasons}`,
    `${names.length === 1 ? 'it is' : 'they are'} left out, ${used}; run: npm install ${missing.map(({ packageName }) => packageName).join(' ')}`,
  )
}
