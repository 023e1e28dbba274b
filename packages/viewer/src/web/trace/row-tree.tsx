// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/a11y/useFocusableInteractive: rows and cells of this treegrid are reached by aria-activedescendant.
// biome-ignore-all lint/a11y/useSemanticElements: only the rows in view exist, which a <table> cannot say.
import type { JSX } from 'preact'
import { formatDuration } from '../format/duration.ts'
import { errorStatus, serviceOf, type TraceModel } from './model.ts'
import type { DerivedView } from './view-model.ts'

/** The rows in view as elements, out of sight: what the canvas shows, for those who do not see it. */
export function RowTree({
  trace,
  derived,
  firstRow,
  lastRow,
  selected,
}: {
  trace: TraceModel
  derived: DerivedView
  firstRow: number
  lastRow: number
  selected: number
}): JSX.Element {
  const rows: JSX.Element[] = []
  for (let row = firstRow; row < lastRow; row++) {
    const span = derived.rows[row]!
    const { statusCode, durationNano, startOffsetNano, httpStatusCode } = trace.spans[span]!
    const hasChildren = trace.layout.childCount[span]! > 0
    rows.push(
      <div
        key={row}
        id={`span-row-${row}`}
        role="row"
        aria-rowindex={row + 1}
        aria-level={trace.layout.depth[span]! + 1}
        aria-selected={span === selected}
        {...(hasChildren ? { 'aria-expanded': !derived.isFolded(span) } : {})}
      >
        <span role="gridcell">{`${serviceOf(trace, span)} ${trace.names[span]}`}</span>
        <span role="gridcell">
          {[
            formatDuration(durationNano),
            `after ${formatDuration(startOffsetNano)}`,
            ...(statusCode === errorStatus ? ['error'] : []),
            ...(httpStatusCode === null ? [] : [`HTTP ${httpStatusCode}`]),
          ].join(', ')}
        </span>
      </div>,
    )
  }
  return <div class="visually-hidden row-tree">{rows}</div>
}
