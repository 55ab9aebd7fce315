/**
 * Holds a trace against what was expected, or against k6's, and tells every difference as one line:
 * `- says hello` is missing, `+ exit 107` is there instead or besides.
 */
import type { Case } from './case.ts';
import { type Difference, differences } from './differences.ts';
import type { Point, Trace } from './trace.ts';

/** How a run of vurun differs from what its case expects. */
export function against(one: Case, run: Trace): string[] {
  return [
    ...exits(one.exit ?? 0, run.exit),
    ...lists('request', one.requests ?? [], run.requests, fits, one.unordered),
    ...lists('says', one.says ?? [], run.says, fits, one.unordered),
    // The order of log lines among each other is nobody's promise.
    ...lists('log', one.logs ?? [], run.logs, startsAndContains, true),
    ...Object.entries(one.samples ?? {}).flatMap(([selector, wanted]) =>
      counted(selector, wanted, run.points),
    ),
    ...Object.entries(one.tags ?? {}).flatMap(([metric, wanted]) =>
      lists(
        `tags of ${metric}`,
        wanted.map(tagText),
        [...new Set(run.points.filter((p) => p.metric === metric).map((p) => tagText(p.tags)))],
        (a, b) => a === b,
        true,
      ),
    ),
    ...pieces('stdout', one.stdout ?? [], run.stdout),
    ...Object.entries(one.leaves ?? {}).flatMap(([name, wanted]) =>
      pieces(`file ${name}`, wanted, run.file(name)),
    ),
  ];
}

/** How a run of vurun differs from one of k6's with the same script. */
export function between(one: Case, k6: Trace, vurun: Trace): string[] {
  const same = (a: string, b: string): boolean => a === b;
  return [
    ...exits(k6.exit, vurun.exit),
    ...lists('request', k6.requests, vurun.requests, same, one.unordered),
    ...lists('says', k6.says.map(wordless), vurun.says.map(wordless), same, one.unordered),
    ...lists('log', k6.logs.map(wordless), vurun.logs.map(wordless), same, true),
    ...lists('series', series(k6.points), series(vurun.points), same, true),
  ];
}

/** Metrics whose number of samples is the clock's. */
const clocked = new Set(['vus', 'vus_max', 'data_sent', 'data_received']);

/** Each series with how many samples it has, and their sum where it is no time. */
function series(points: readonly Point[]): string[] {
  const sums = new Map<string, { n: number; sum: number; exact: boolean }>();
  for (const { metric, tags, exact, value } of points) {
    if (clocked.has(metric)) continue;
    const key = `${metric}{${tagText(tags)}}`;
    const so = sums.get(key) ?? { n: 0, sum: 0, exact };
    sums.set(key, { n: so.n + 1, sum: so.sum + value, exact });
  }
  return [...sums].map(
    ([key, { n, sum, exact }]) => `${key} ${n}${exact ? ` = ${Number(sum.toFixed(6))}` : ''}`,
  );
}

/** A message without its stack, and without the place a script was at. */
function wordless(text: string): string {
  return text
    .replace(/\n\s*at [\s\S]*$/, '')
    .replace(/file:\/\/\S*\//g, '')
    .trimEnd();
}

function exits(wanted: number | null, is: number | null): string[] {
  return wanted === is ? [] : [`- exit ${wanted}`, `+ exit ${is}`];
}

function lists<Wanted extends string | RegExp>(
  what: string,
  wanted: readonly Wanted[],
  there: readonly string[],
  same: (wanted: Wanted, is: string) => boolean,
  unordered = false,
): string[] {
  const left = [...there];
  const missing = wanted.filter((one) => {
    const at = left.findIndex((is) => same(one, is));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  if (missing.length === 0 && left.length === 0 && !unordered) {
    const orderly = wanted.every((one, i) => same(one, there[i] as string));
    return orderly ? [] : [`+ ${what} in the order ${JSON.stringify(there)}`];
  }
  return [
    ...missing.map((one) => `- ${what} ${String(one)}`),
    ...left.map((one) => `+ ${what} ${one}`),
  ];
}

function fits(wanted: string | RegExp, is: string): boolean {
  return typeof wanted === 'string' ? wanted === is : wanted.test(is);
}

function startsAndContains(wanted: string, is: string): boolean {
  const [level, piece] = [wanted.split(':')[0] as string, wanted.slice(wanted.indexOf(':') + 2)];
  return is.startsWith(`${level}:`) && is.includes(piece);
}

function pieces(what: string, wanted: readonly (string | RegExp)[], is?: string): string[] {
  if (is === undefined) return [`- ${what}`];
  return wanted
    .filter((one) => (typeof one === 'string' ? !is.includes(one) : !one.test(is)))
    .map((one) => `- ${what} has ${String(one)}`);
}

function counted(
  selector: string,
  wanted: number | readonly [number, number],
  points: readonly Point[],
): string[] {
  const [, metric = selector, list = ''] = /^(\w+)\{(.*)\}$/.exec(selector) ?? [];
  const tags = list === '' ? [] : list.split(/,(?=[\w.]+:)/).map((pair) => splitAt(pair, ':'));
  const found = points.filter(
    (one) => one.metric === metric && tags.every(([key, value]) => one.tags[key] === value),
  );
  const sum = Number(found.reduce((total, { value }) => total + value, 0).toFixed(6));
  const [count, total] = typeof wanted === 'number' ? [wanted, sum] : wanted;
  if (found.length === count && sum === total) return [];
  const told = (n: number, of: number): string =>
    `${selector} ${n}${typeof wanted === 'number' ? '' : ` = ${of}`}`;
  return [`- samples ${told(count, total)}`, `+ samples ${told(found.length, sum)}`];
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function tagText(tags: Readonly<Record<string, string>>): string {
  return Object.keys(tags)
    .sort()
    .map((key) => `${key}=${tags[key]}`)
    .join(' ');
}

/** A line of a row, as it is reported when it explains nothing any more. */
export function lineKey(row: Difference, line: string | RegExp): string {
  return `${row.script}: ${String(line)}`;
}

/** Which differences no row of the table explains, which rows do, and by which of their lines. */
export function explain(
  name: string,
  lines: readonly string[],
  table: readonly Difference[] = differences,
): { unexplained: string[]; rows: Set<Difference>; used: Set<string> } {
  const rows = new Set<Difference>();
  const used = new Set<string>();
  const unexplained = lines.filter((is) => {
    for (const row of table) {
      if (row.script !== '*' && row.script !== name) continue;
      const line = row.lines.find((one) => says(one, is));
      if (line === undefined) continue;
      rows.add(row);
      used.add(lineKey(row, line));
      return false;
    }
    return true;
  });
  return { unexplained, rows, used };
}

/**
 * The same for differences from a real run of k6: there the texts are whole, so that what the table says of
 * a case's log explains its log.
 */
export function explainBeside(
  name: string,
  lines: readonly string[],
  table: readonly Difference[] = differences,
): { unexplained: string[]; rows: Set<Difference> } {
  const first = explain(name, lines, table);
  const known = table.filter((row) => row.script === name);
  const unexplained = first.unexplained.filter((is) => {
    const row = known.find((one) => one.lines.some((line) => aspect(String(line)) === aspect(is)));
    if (row !== undefined) first.rows.add(row);
    return row === undefined;
  });
  return { unexplained, rows: first.rows };
}

function says(line: string | RegExp, is: string): boolean {
  if (typeof line !== 'string') return line.test(is);
  return line.endsWith('…') ? is.startsWith(line.slice(0, -1)) : is === line;
}

function aspect(line: string): string {
  const word = /\b(request|says|log|samples|tags|series|exit|stdout|file)\b/.exec(line)?.[1] ?? '';
  return word === 'samples' || word === 'tags' ? 'series' : word;
}
