import { readFileSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { Trend } from '../metrics/trend.ts';
import {
  type Result,
  type ResultBegin,
  type ResultEnd,
  type ResultLine,
  type ResultSecond,
  resultVersion,
  type TrendOfSecond,
} from './contract.ts';
import { unpackTrend } from './packed-trend.ts';

/** Reads a result file, also one whose run was killed. Throws a UserError when it is none. */
export function readResult(path: string, shown = path): Result {
  const fail = (why: string): UserError =>
    new UserError(
      ExitCode.usage,
      `cannot read the result '${shown}': ${why}`,
      'name a file that a run has written, for example with --out result=FILE',
    );
  let text: string;
  try {
    // A killed run leaves no end of the compressed stream; what was flushed is whole.
    text = gunzipSync(readFileSync(path), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
  } catch (thrown) {
    throw fail(whyNot(thrown));
  }
  const seconds: ResultSecond[] = [];
  let begin: ResultBegin | undefined;
  let end: ResultEnd | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    let entry: ResultLine;
    try {
      entry = JSON.parse(line) as typeof entry;
    } catch {
      // The last line of a killed run may be cut off in its middle.
      break;
    }
    if (entry.kind === 'begin') begin = entry;
    else if (entry.kind === 'second') seconds.push(entry);
    else end = entry;
  }
  if (begin === undefined) throw fail('it does not begin as one');
  if (begin.version !== resultVersion) {
    throw fail(`it is of version ${String(begin.version)}, and this vurun reads ${resultVersion}`);
  }
  return { begin, seconds, end };
}

function whyNot(thrown: unknown): string {
  const { code = '' } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  return code.startsWith('Z_') ? 'it is no result file' : messageOf(thrown);
}

/** The distribution of a metric over some seconds; undefined when it has no sample there. */
export function trendOver(seconds: readonly ResultSecond[], metric: string): Trend | undefined {
  const trend = new Trend('time');
  for (const { trends } of seconds) {
    const found: TrendOfSecond | undefined = trends[metric];
    if (found !== undefined) trend.merge(unpackTrend(...found));
  }
  return trend.count === 0 ? undefined : trend;
}
