import { parseDuration } from '../duration.ts';
import { ExitCode, UserError } from '../errors.ts';
import type { MetricsBatch, RawChunk } from '../metrics/batch.ts';
import { cell } from './cell.ts';
import type { Output, OutputIo } from './output.ts';
import { Rfc3339 } from './rfc3339.ts';
import { SampleOutput, type SampleWriter } from './sample-output.ts';
import { SeriesTexts } from './series-texts.ts';

/** How a sample's time is written, by the names k6 gives the forms. */
const timeFormats: Readonly<Record<string, () => (wallMs: number) => string>> = {
  unix: () => (wallMs) => String(Math.floor(wallMs / 1_000)),
  unix_milli: () => (wallMs) => String(Math.floor(wallMs)),
  unix_micro: () => (wallMs) => String(micros(wallMs)),
  unix_nano: () => (wallMs) => `${micros(wallMs)}000`,
  rfc3339: () => {
    const time = new Rfc3339();
    return (wallMs) => time.seconds(wallMs);
  },
  rfc3339_nano: () => {
    const time = new Rfc3339();
    return (wallMs) => time.text(wallMs);
  },
};

/** As fine as a double holds today's time. */
function micros(wallMs: number): number {
  return Math.round(wallMs * 1_000);
}

/**
 * k6's `--out csv`: a line a sample, with a column for each system tag. The argument is the file
 * (default `file.csv`, `-` for standard output) or settings such as
 * `fileName=a.csv,timeFormat=rfc3339,saveInterval=5s`; what it leaves open `VURUN_CSV_FILENAME`,
 * `VURUN_CSV_SAVE_INTERVAL` and `VURUN_CSV_TIME_FORMAT` say, or k6's of these names. Throws a
 * UserError (104) for settings that make no sense.
 */
export function createCsvOutput(argument: string, io: OutputIo): Output {
  const given = readArgument(argument);
  const setting = (name: keyof typeof variables): { value: string; where: string } | undefined => {
    const own = given.get(name);
    if (own !== undefined) return { value: own, where: `--out csv=${argument}` };
    for (const prefix of ['VURUN', 'K6']) {
      const variable = `${prefix}_CSV_${variables[name]}`;
      const value = io.env[variable];
      if (value !== undefined && value !== '') return { value, where: `environment ${variable}` };
    }
    return undefined;
  };
  const interval = setting('saveInterval');
  const intervalMs = interval === undefined ? 1_000 : parseDuration(interval.value);
  if (intervalMs === undefined || intervalMs < 0) {
    throw wrong(
      `the csv output's saveInterval (${interval?.where}) must be a duration such as '1s', not '${interval?.value}'`,
    );
  }
  const format = setting('timeFormat') ?? { value: 'unix', where: '' };
  const time = Object.hasOwn(timeFormats, format.value) ? timeFormats[format.value] : undefined;
  if (time === undefined) {
    throw wrong(
      `the csv output's timeFormat (${format.where}) must be one of ${Object.keys(timeFormats).join(', ')}, not '${format.value}'`,
    );
  }
  const path = setting('fileName')?.value ?? 'file.csv';
  return new SampleOutput({ path, intervalMs }, new CsvWriter(io.systemTags, time()), io);
}

/** What can be set, and how the variables of it end. */
const variables = {
  fileName: 'FILENAME',
  saveInterval: 'SAVE_INTERVAL',
  timeFormat: 'TIME_FORMAT',
} as const;

function readArgument(argument: string): Map<string, string> {
  if (argument === '') return new Map();
  if (!argument.includes('=')) return new Map([['fileName', argument]]);
  return new Map(
    argument.split(',').map((pair) => {
      const cut = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, cut));
      if (Object.hasOwn(variables, name)) return [name, pair.slice(cut + 1)];
      throw wrong(
        `--out csv=${argument}: '${pair}' is none of ${Object.keys(variables)
          .map((known) => `${known}=…`)
          .join(', ')}`,
      );
    }),
  );
}

function wrong(message: string): UserError {
  return new UserError(ExitCode.invalidConfig, message);
}

class CsvWriter implements SampleWriter {
  readonly format = 'csv';
  readonly header: string;
  readonly #time: (wallMs: number) => string;
  readonly #series: SeriesTexts<{ head: string; tail: string }>;

  constructor(systemTags: readonly string[], time: (wallMs: number) => string) {
    // These two belong to k6's metadata, which has one column for all.
    const columns = systemTags.filter((name) => name !== 'vu' && name !== 'iter').sort();
    this.header = `metric_name,timestamp,metric_value,${[...columns, 'extra_tags', 'metadata'].join()}\n`;
    this.#time = time;
    this.#series = new SeriesTexts(({ metric, tags }) => {
      const byName = new Map(tags);
      const extra = tags.filter(([name]) => !columns.includes(name));
      const cells = [
        ...columns.map((name) => byName.get(name) ?? ''),
        extra.map(([name, value]) => `${name}=${value}`).join('&'),
        '',
      ];
      return { head: `${cell(metric.name)},`, tail: `,${cells.map(cell).join()}\n` };
    });
  }

  define(batch: MetricsBatch): void {
    this.#series.define(batch);
  }

  lines(source: number, chunk: RawChunk, from: number, to: number): string {
    let text = '';
    for (let i = from; i < to; i++) {
      const { head, tail } = this.#series.of(source, chunk.series[i] as number);
      const value = (chunk.values[i] as number).toFixed(6);
      text += `${head}${this.#time(chunk.times[i] as number)},${value}${tail}`;
    }
    return text;
  }
}
