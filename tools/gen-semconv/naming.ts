// SPDX-License-Identifier: Apache-2.0
import { modelError, type Problem } from './problems.ts'
import type { Attribute, Definition, EnumMember, Metric, Registry } from './registry.ts'

// The names are those of npm's @opentelemetry/semantic-conventions, so that moving over is a change of import path.

/** `http.request.method` -> `HTTP_REQUEST_METHOD`. */
export function constantCase(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '_').toUpperCase()
}

export function attributeConstant(attribute: Pick<Attribute, 'name'>): string {
  return `ATTR_${constantCase(attribute.name)}`
}

export function memberConstant(attribute: Pick<Attribute, 'name'>, member: Pick<EnumMember, 'name'>): string {
  return `${constantCase(attribute.name)}_VALUE_${constantCase(member.name)}`
}

export function metricConstant(metric: Pick<Metric, 'name'>): string {
  return `METRIC_${constantCase(metric.name)}`
}

export function instrumentConstant(metric: Pick<Metric, 'name'>): string {
  return `INSTRUMENT_${constantCase(metric.name)}`
}

export function eventConstant(event: Pick<Definition, 'name'>): string {
  return `EVENT_${constantCase(event.name)}`
}

/** First word of a name: decides the file that holds its constant. */
export function namespaceOf(name: string): string {
  return name.split('.')[0] ?? name
}

/**
 * Refuses two definitions that would become one constant; the registry marks all but one of them for leaving out.
 *
 * @throws ModelError naming both places.
 */
export function checkConstants(registry: Registry): void {
  const problems: Problem[] = []
  const owners = new Map<string, Definition>()
  const claim = (constant: string, owner: Definition): void => {
    if (owner.excluded) return
    const earlier = owners.get(constant)
    if (earlier === undefined) {
      owners.set(constant, owner)
      return
    }
    const { file, line } = earlier.place
    problems.push({
      place: owner.place,
      message: `${owner.name} would become the constant ${constant}, which ${earlier.name} at ${file}:${line} already is; mark one with annotations.code_generation.exclude`,
    })
  }
  for (const attribute of registry.attributes) {
    claim(attributeConstant(attribute), attribute)
    if (attribute.excluded) continue
    for (const member of attribute.members) claim(memberConstant(attribute, member), member)
  }
  for (const metric of registry.metrics) {
    claim(metricConstant(metric), metric)
    claim(instrumentConstant(metric), metric)
  }
  for (const event of registry.events) claim(eventConstant(event), event)
  if (problems.length > 0) throw modelError(problems)
}
