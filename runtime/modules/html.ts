/**
 * `html`: HTML read as jQuery reads it. Documents lie with the host; a `Selection` names nodes of one and
 * asks about them.
 */
import { pageOf, type Selection } from './html-selection.ts';

export type { Attribute, Element } from './html-element.ts';
export type { FormValue, Selection, Tester } from './html-selection.ts';

/** Reads HTML, which may be a whole page or part of one; what is missing around it is added. */
export function parseHTML(html: string): Selection {
  return pageOf(String(html), '');
}

const html: { parseHTML: typeof parseHTML } = { parseHTML };
export default html;
