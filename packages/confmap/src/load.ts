// SPDX-License-Identifier: Apache-2.0
import { type Problem, sortProblems } from './errors.ts'
import { type ExpansionLimits, expandNode, schemeForm } from './expand/expand.ts'
import { collectorGrammar } from './expand/grammar.ts'
import { mergeNodes, nestDelimitedKeys, pathDelimiter } from './merge.ts'
import { describeNode, isNull, type MapNode } from './node.ts'
import { envProvider } from './providers/env.ts'
import { fileProvider } from './providers/file.ts'
import type { ConfigProvider, Retrieved } from './providers/provider.ts'
import { yamlProvider } from './providers/yaml.ts'
import { suggestion } from './suggest.ts'
import { parseYaml } from './yaml/parse.ts'

/** Where a configuration comes from. */
export interface LoadOptions {
  /** `--config` values in order: paths, or `scheme:…` such as `env:CONFIG`, `file:x.yaml`, `yaml:a::b: 1`. Later ones win. */
  readonly sources: readonly string[]
  /** `--set` values: `processors.batch.timeout=2s`. They win over all sources. */
  readonly set?: readonly string[]
  /** Variables for `${env:}`. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Providers beside env, file and yaml; one with the same scheme replaces it. */
  readonly providers?: readonly ConfigProvider[]
  readonly limits?: ExpansionLimits
}

/** A configuration read, merged and expanded, but not yet checked against a schema. */
export interface LoadedConfig {
  readonly root: MapNode
  /** What stands in the way. With problems, `root` is incomplete. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Names of the sources in order, as locations use them. */
  readonly files: readonly string[]
}

/**
 * Reads all sources, lays each over those before it ({@link mergeNodes}), then expands `${}` in the whole. Never rejects:
 * what is wrong stands in `problems`, all of it at once.
 *
 * @example
 * ```ts
 * import { loadConfigMap, toPlain } from '@otel-ts/confmap'
 * const { root } = await loadConfigMap({
 *   sources: ['yaml:{receivers: {otlp: {port: "${env:PORT:-4318}"}}}'],
 *   set: ['receivers.otlp.host=localhost'],
 *   environment: {},
 * })
 * console.log(JSON.stringify(toPlain(root))) // {"receivers":{"otlp":{"port":4318,"host":"localhost"}}}
 * ```
 */
export async function loadConfigMap(options: LoadOptions): Promise<LoadedConfig> {
  const providers = providersOf(options)
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const files: string[] = []
  let root: MapNode = { kind: 'map', entries: new Map(), location: { file: '', line: 0, column: 0 } }

  const add = (text: string, file: string): void => {
    files.push(file)
    const parsed = parseYaml(text, file, options.limits)
    problems.push(...parsed.problems)
    warnings.push(...parsed.warnings)
    if (parsed.problems.length > 0 || isNull(parsed.node)) return
    if (parsed.node.kind === 'map') {
      root = mergeNodes(root, nestDelimitedKeys(parsed.node)) as MapNode
      return
    }
    const message = `must be a map with keys such as receivers and service, got ${describeNode(parsed.node)}`
    problems.push({ code: 'CONFIG_TYPE', location: parsed.node.location, path: '', message })
  }

  const maxLength = options.limits?.maxLength ?? 4 * 1024 * 1024
  for (const source of options.sources) {
    const result = await retrieveSource(source, providers, maxLength)
    if (typeof result === 'string') {
      problems.push({ code: 'CONFIG_SOURCE', location: undefined, path: '', message: result })
    } else {
      add(result.text, result.file ?? nameOf(source))
    }
  }
  for (const setting of options.set ?? []) {
    const cut = setting.indexOf('=')
    if (cut <= 0) {
      const message = `--set ${setting}: expected key=value, such as --set processors.batch.timeout=2s`
      problems.push({ code: 'CONFIG_SOURCE', location: undefined, path: '', message })
      continue
    }
    add(`${setting.slice(0, cut).replaceAll('.', pathDelimiter)}: ${setting.slice(cut + 1)}`, `--set ${setting}`)
  }

  const expanded = await expandNode(root, {
    grammar: collectorGrammar,
    providers,
    defaultScheme: 'env',
    problems,
    warnings,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  return {
    root: expanded as MapNode,
    problems: sortProblems(problems, files),
    warnings: sortProblems(warnings, files),
    files,
  }
}

function providersOf(options: LoadOptions): ConfigProvider[] {
  const own = options.providers ?? []
  const standard = [envProvider(options.environment ?? process.env), fileProvider(), yamlProvider()]
  return [...own, ...standard.filter(({ scheme }) => !own.some((provider) => provider.scheme === scheme))]
}

async function retrieveSource(
  source: string,
  providers: readonly ConfigProvider[],
  maxLength: number,
): Promise<Retrieved | string> {
  const parts = schemeForm.exec(source)
  const scheme = parts?.[1] ?? 'file'
  const opaque = parts?.[2] ?? source
  const provider = providers.find((candidate) => candidate.scheme === scheme)
  if (provider === undefined) {
    const known = providers.map((candidate) => candidate.scheme)
    return `--config ${source}: scheme ${JSON.stringify(scheme)} is not supported${suggestion(scheme, known, 'supported')}`
  }
  try {
    return await provider.retrieve(opaque, { maxLength })
  } catch (error) {
    return `--config ${source}: ${error instanceof Error ? error.message : String(error)}`
  }
}

// Text given on the command line has no file; a long one is named by its scheme alone.
function nameOf(source: string): string {
  return source.length <= 60 && !source.includes('\n') ? source : source.slice(0, source.indexOf(':'))
}
