/** CSV files as shared arrays: read once by the host, however many VUs use them. The home of csv-parse. */
import { createRequire } from 'node:module';
import type * as CsvParse from 'csv-parse/sync';
import type { CsvOptions } from '../../runtime/contract/ops.ts';
import { GuestError, messageOf } from '../errors.ts';

/** The records that are wanted, each as JSON text. Throws `GuestError` when the file is not CSV. */
export function csvElements(bytes: Uint8Array, options: CsvOptions): string[] {
  // Loaded by the few scripts that read CSV, and at once, since an op answers at once.
  const { parse } = createRequire(import.meta.url)('csv-parse/sync') as typeof CsvParse;
  let records: string[][];
  try {
    records = parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      bom: true,
      delimiter: options.delimiter,
      // Both may occur in one file.
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (thrown) {
    throw new GuestError(`the file is not CSV: ${messageOf(thrown)}`);
  }
  const { fromLine, toLine, asObjects } = options;
  const header = asObjects ? (records[0] ?? []) : undefined;
  const first = Math.max(fromLine, asObjects ? 1 : 0);
  const wanted = records.slice(first, toLine === null ? undefined : toLine + 1);
  return wanted.map((record) => {
    if (header === undefined) return JSON.stringify(record);
    if (record.length !== header.length) {
      throw new GuestError(
        `record length (${record.length}) doesn't match header length (${header.length})`,
      );
    }
    return JSON.stringify(Object.fromEntries(header.map((key, index) => [key, record[index]])));
  });
}
