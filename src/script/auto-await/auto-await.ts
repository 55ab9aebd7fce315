/**
 * Lets synchronous k6 scripts run in guests whose host must not block: finds the functions that may
 * have to wait and compiles them to generators, which the runtime can pause (`runtime/k6/wait.ts`).
 */
import { analyse } from './analysis.ts';
import { rewrite } from './rewrite.ts';
import type { SourceMapText } from './source-map.ts';
import { parseModule } from './syntax.ts';

/** A module as the bundler made it of a script, its k6 modules left outside. */
export interface PassText {
  code: string;
  map: SourceMapText;
}

/** The module with its waiting functions made pausable. `unseen` names the source of what is added. */
export function autoAwait({ code, map }: PassText, unseen: string): PassText {
  const program = parseModule(code);
  const analysis = analyse(program);
  return rewrite(program, code, analysis).finish(code, map, unseen);
}
