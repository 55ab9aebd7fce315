/** CSS selectors, compiled once for all VUs. */
import type { AnyNode, Element } from 'domhandler';
import { limits } from '../limits.ts';
import { libraries } from './libraries.ts';

/** Whether an element matches. */
export type Match = (element: Element) => boolean;

const compiled = new Map<string, Match>();

/** A selector that is none matches nothing, as in k6; `warn` hears of it when it is first met. */
export function matcher(selector: string, warn: (message: string) => void): Match {
  let match = compiled.get(selector);
  if (match === undefined) {
    try {
      match = libraries().compile<AnyNode, Element>(selector);
    } catch (thrown) {
      warn(
        `'${selector}' is no selector and matches nothing: ${(thrown as Error).message}; write it as in a style sheet`,
      );
      match = () => false;
    }
    if (compiled.size >= limits.htmlSelectors) compiled.clear();
    compiled.set(selector, match);
  }
  return match;
}
