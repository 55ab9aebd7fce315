import { ExitCode, UserError } from '../errors.ts';
import { createCsvOutput } from './csv.ts';
import { createJsonOutput } from './json.ts';
import type { Output, OutputFactory, OutputIo } from './output.ts';

/** Every output, by the name before the `=` in `--out`. */
const outputs: Readonly<Record<string, OutputFactory>> = {
  csv: createCsvOutput,
  json: createJsonOutput,
};

/** The output a spec such as `json=results.json.gz` asks for. Throws a UserError for an unknown type. */
export function createOutput(spec: string, io: OutputIo): Output {
  const [, type = '', argument = ''] = /^([^=]*)=?(.*)$/s.exec(spec) ?? [];
  const create = Object.hasOwn(outputs, type) ? outputs[type] : undefined;
  if (create === undefined) {
    const available = Object.keys(outputs).sort().join(', ');
    throw new UserError(
      ExitCode.usage,
      `invalid output type '${type}', available types are: ${available}`,
    );
  }
  return create(argument, io);
}
