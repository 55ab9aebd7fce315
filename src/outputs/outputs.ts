import { ExitCode, UserError } from '../errors.ts';
import type { Output, OutputFactory, OutputIo } from './output.ts';

/** Every output, by the name before the `=` in `--out`. Loaded when asked for: most runs need none. */
const outputs: Readonly<Record<string, () => Promise<OutputFactory>>> = {
  attempts: async () => (await import('./attempts.ts')).createAttemptsOutput,
  csv: async () => (await import('./csv.ts')).createCsvOutput,
  github: async () => (await import('./github.ts')).createGithubOutput,
  ids: async () => (await import('./ids.ts')).createIdsOutput,
  influxdb: async () => (await import('./influxdb.ts')).createInfluxOutput,
  json: async () => (await import('./json.ts')).createJsonOutput,
  junit: async () => (await import('./junit.ts')).createJunitOutput,
  opentelemetry: async () => (await import('./opentelemetry.ts')).createOpenTelemetryOutput,
  prometheus: async () => (await import('./prometheus.ts')).createPrometheusOutput,
  'prometheus-scrape': async () =>
    (await import('./prometheus-scrape.ts')).createPrometheusScrapeOutput,
  statsd: async () => (await import('./statsd.ts')).createStatsdOutput,
};

/** What k6 calls some of them. */
const aliases: Readonly<Record<string, string>> = {
  'experimental-opentelemetry': 'opentelemetry',
  'experimental-prometheus-rw': 'prometheus',
  otel: 'opentelemetry',
};

/**
 * The output a spec such as `json=results.json.gz` asks for. Throws a UserError for an unknown type and
 * for settings that make no sense.
 */
export async function createOutput(spec: string, io: OutputIo): Promise<Output> {
  const [, given = '', argument = ''] = /^([^=]*)=?(.*)$/s.exec(spec) ?? [];
  const type = Object.hasOwn(aliases, given) ? (aliases[given] as string) : given;
  const load = Object.hasOwn(outputs, type) ? outputs[type] : undefined;
  if (load === undefined) {
    const available = Object.keys(outputs).sort().join(', ');
    throw new UserError(
      ExitCode.usage,
      `invalid output type '${given}', available types are: ${available}`,
    );
  }
  const create = await load();
  return create(argument, io);
}
