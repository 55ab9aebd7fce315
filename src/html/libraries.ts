/**
 * The libraries that read HTML, loaded when a script first wants them: they take a tenth of a second,
 * which most runs need not spend.
 */
import { createRequire } from 'node:module';
import type * as CssSelect from 'css-select';
import type * as Parse5 from 'parse5';
import type * as TreeAdapter from 'parse5-htmlparser2-tree-adapter';

interface Libraries {
  parse: typeof Parse5.parse;
  adapter: typeof TreeAdapter.adapter;
  compile: typeof CssSelect.compile;
  selectAll: typeof CssSelect.selectAll;
}

let loaded: Libraries | undefined;

export function libraries(): Libraries {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url);
    const { parse } = require('parse5') as typeof Parse5;
    const { adapter } = require('parse5-htmlparser2-tree-adapter') as typeof TreeAdapter;
    const { compile, selectAll } = require('css-select') as typeof CssSelect;
    loaded = { parse, adapter, compile, selectAll };
  }
  return loaded;
}
