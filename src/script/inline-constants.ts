import * as contract from '../../runtime/contract/ops.ts';

/** The contract's tables of numbers, by name. */
const tables = new Map<string, Readonly<Record<string, number>>>(
  Object.entries(contract).flatMap(([name, table]) =>
    typeof table === 'object' ? [[name, table]] : [],
  ),
);
const use = new RegExp(String.raw`\b(${[...tables.keys()].join('|')})\.(\w+)\b`, 'g');

/**
 * A file of the guest's runtime with the contract's numbers in place of their names: the tables were 5 KB
 * in every VU, and a look-up at every call of the host.
 */
export function inlineConstants(text: string): string {
  return text.replace(use, (whole, table: string, name: string) => {
    const number = tables.get(table)?.[name];
    return number === undefined ? whole : String(number);
  });
}
