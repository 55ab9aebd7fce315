/**
 * Lets synchronous k6 scripts run in guests whose host must not block: finds the functions that may
 * have to wait and compiles them to generators, which the runtime can pause (`runtime/k6/wait.ts`).
 */
import { analyse } from './analysis.ts';
import { directImports } from './direct-imports.ts';
import { rewrite } from './rewrite.ts';
import { type Mapping, mappingAt, type SourceMapText } from './source-map.ts';
import { parseModule } from './syntax.ts';

/** A module as the bundler made it of a script, its k6 modules left outside. */
export interface PassText {
  code: string;
  map: SourceMapText;
}

/** What the script does that cannot be made right. */
export interface Refusal {
  source: string;
  /** From 1, like the column. */
  line: number;
  column: number;
  text: string;
}

/**
 * The module with its waiting functions made pausable, unless something is to be refused. `unseen`
 * names the source of what is added.
 */
export function autoAwait(
  given: PassText,
  unseen: string,
): { passed: PassText; refusals: readonly Refusal[] } {
  const { code, map } = directImports(parseModule(given.code), given.code, given.map, unseen);
  const program = parseModule(code);
  const { rope, problems } = rewrite(program, code, analyse(program));
  return {
    passed: rope.finish(code, map, unseen),
    refusals: problems.map(({ at, text }) => {
      const { source, sourceLine, sourceColumn } = mappingAt(map, code, at) as Mapping;
      const path = map.sources[source] as string;
      return { source: path, line: sourceLine + 1, column: sourceColumn + 1, text };
    }),
  };
}
