/** `k6/experimental/csv`: records of a file, parsed and kept by the host once for all VUs. */
import { type CsvOptions, type CsvRecords, Op } from '../contract/ops.ts';
import { life, op } from '../host.ts';
import type { SharedArray } from '../modules/data.ts';
import { sharedView } from '../modules/shared-view.ts';
import { File } from './fs.ts';
import { goError } from './go-error.ts';

export interface Options {
  /** One character; ',' by default. */
  delimiter?: string;
  /** Leaves the first record out. */
  skipFirstLine?: boolean;
  /** Numbers of the first and the last record that are wanted, from 0. */
  fromLine?: number;
  toLine?: number;
  /** Gives objects, whose keys are the first record. */
  asObjects?: boolean;
}
type CsvRecord = string[] | Record<string, string>;

function lineNumber(value: unknown, what: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const line = Number(value);
  if (Number.isInteger(line) && line >= 0) return line;
  throw goError(`${what} must be a whole number from 0`);
}

function readOptions(options: Options | null | undefined): CsvOptions {
  const { delimiter = ',', skipFirstLine = false, asObjects = false } = options ?? {};
  if (typeof delimiter !== 'string' || [...delimiter].length !== 1) {
    throw goError('delimiter must be a single character');
  }
  const fromLine = lineNumber(options?.fromLine, 'fromLine') ?? 0;
  const toLine = lineNumber(options?.toLine, 'toLine') ?? null;
  if (toLine !== null && fromLine > toLine) {
    throw goError('fromLine must be less than or equal to toLine');
  }
  if (asObjects && skipFirstLine) throw goError('asObjects does not go with skipFirstLine');
  if (asObjects && fromLine > 0) throw goError('asObjects does not go with fromLine above 0');
  return {
    delimiter,
    fromLine: skipFirstLine && fromLine === 0 ? 1 : fromLine,
    toLine,
    asObjects: Boolean(asObjects),
  };
}

function recordsOf(what: string, file: unknown, options: CsvOptions): CsvRecords {
  if (life.phase !== 'init') throw goError(`${what} may only be used in the init context`);
  const path = File.heldPath(file);
  if (path === undefined) {
    throw goError(`${what}: the first argument must be a file that fs.open() gave`);
  }
  return JSON.parse(op(Op.csvRead, path, JSON.stringify(options)) as string) as CsvRecords;
}

/** All records of a file that are wanted, shared between the VUs. In the init context only. */
export async function parse(file: File, options?: Options | null): Promise<SharedArray<CsvRecord>> {
  const { name, length } = recordsOf('csv.parse()', file, readOptions(options));
  return sharedView(name, length) as unknown as SharedArray<CsvRecord>;
}

/** Gives the records of a file one after the other, to each VU all of them. */
export class Parser {
  readonly #records: readonly unknown[];
  #next = 0;

  constructor(file: File, options?: Options | null) {
    const { name, length } = recordsOf('new csv.Parser()', file, readOptions(options));
    this.#records = sharedView(name, length);
  }

  /** The next record; `done` once there is none. */
  async next(): Promise<{ done: boolean; value: CsvRecord | undefined }> {
    if (this.#next >= this.#records.length) return { done: true, value: undefined };
    // A copy that may be changed.
    const record = this.#records[this.#next++] as CsvRecord;
    return { done: false, value: Array.isArray(record) ? [...record] : { ...record } };
  }
}

const csv: { parse: typeof parse; Parser: typeof Parser } = { parse, Parser };
export default csv;
