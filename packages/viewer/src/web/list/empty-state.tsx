// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { connection, stats } from '../state/live.ts'
import { copyText } from '../ui/clipboard.ts'
import { Icon } from '../ui/icon.tsx'

interface Recipe {
  language: string
  note: string
  lines: (http: string) => string
}

const common = (http: string, protocol: string): string =>
  `export OTEL_EXPORTER_OTLP_ENDPOINT=${http}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=${protocol}\nexport OTEL_SERVICE_NAME=my-service\n`

const recipes: readonly Recipe[] = [
  {
    language: 'Node.js',
    note: 'with @opentelemetry/auto-instrumentations-node installed',
    lines: (http) =>
      `${common(http, 'http/protobuf')}export NODE_OPTIONS="--require @opentelemetry/auto-instrumentations-node/register"\nnode app.js`,
  },
  {
    language: 'Python',
    note: 'with opentelemetry-distro and opentelemetry-exporter-otlp installed',
    lines: (http) => `${common(http, 'http/protobuf')}opentelemetry-instrument python app.py`,
  },
  {
    language: 'Java',
    note: 'with the agent’s jar in this folder',
    lines: (http) => `${common(http, 'http/protobuf')}java -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
  },
  {
    language: 'Go',
    note: 'when the program builds its exporter with otlptracehttp.New(ctx)',
    lines: (http) => `${common(http, 'http/protobuf')}go run .`,
  },
  {
    language: '.NET',
    note: 'when the program calls AddOtlpExporter()',
    lines: (http) => `${common(http, 'http/protobuf')}dotnet run`,
  },
  {
    language: 'curl',
    note: 'one span, to try it out',
    lines: (http) =>
      `curl ${http}/v1/traces -H 'content-type: application/json' -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},"scopeSpans":[{"spans":[{"traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'","name":"first light","kind":1,"startTimeUnixNano":"'$(date +%s)'000000000","endTimeUnixNano":"'$(date +%s)'250000000"}]}]}]}'`,
  },
]

/** Nothing has come in yet: how to point an application here. */
export function EmptyState(): JSX.Element {
  const [chosen, setChosen] = useState(0)
  const http = stats.value?.otlpHttpEndpoint ?? 'http://localhost:4318'
  const grpc = stats.value?.otlpGrpcEndpoint
  const recipe = recipes[chosen]!
  const lines = recipe.lines(http.replace(/\/$/, ''))
  return (
    <section class="empty">
      <h1>Send your first trace</h1>
      <p class="empty-lead">
        Run your application with these variables. Anything that speaks OTLP works, in any language; nothing has to be
        restarted here.
      </p>
      <div class="tabs" role="tablist" aria-label="Language">
        {recipes.map((each, i) => (
          <button
            key={each.language}
            type="button"
            role="tab"
            id={`recipe-tab-${i}`}
            aria-selected={i === chosen}
            aria-controls="recipe"
            tabIndex={i === chosen ? 0 : -1}
            onClick={() => setChosen(i)}
            onKeyDown={(event) => {
              const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
              if (by === 0) return
              event.preventDefault()
              event.stopPropagation()
              const next = (i + by + recipes.length) % recipes.length
              setChosen(next)
              document.getElementById(`recipe-tab-${next}`)?.focus()
            }}
          >
            {each.language}
          </button>
        ))}
      </div>
      <div class="recipe" id="recipe" role="tabpanel" aria-labelledby={`recipe-tab-${chosen}`}>
        <pre>
          <code>{lines}</code>
        </pre>
        <button type="button" class="button" onClick={() => void copyText(lines, 'Lines')}>
          <Icon name="copy" size={14} />
          Copy
        </button>
      </div>
      <p class="quiet">{recipe.note}</p>
      <dl class="endpoints">
        <div>
          <dt>OTLP/HTTP</dt>
          <dd class="mono">{http}</dd>
        </div>
        {grpc && (
          <div>
            <dt>OTLP/gRPC</dt>
            <dd class="mono">{grpc}</dd>
          </div>
        )}
      </dl>
      <p class="waiting" role="status">
        <i class="live-dot" />
        {connection.value === 'lost' ? 'Disconnected; trying again…' : 'Waiting for data…'}
      </p>
    </section>
  )
}
