import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { ExitCode, type ExitCodeNumber, messageOf, UserError } from '../errors.ts';
import { didYouMean } from '../script/nearest.ts';
import type { NewSettings } from './command.ts';
import { writeWhole } from './output-file.ts';
import type { Street } from './street.ts';
import { templates } from './templates.ts';

const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/** `vurun new`: writes a script to begin with. Throws a UserError (255) when it cannot. */
export function newCommand({ file, template, force }: NewSettings, street: Street): ExitCodeNumber {
  const text = Object.hasOwn(templates, template) ? templates[template] : undefined;
  if (text === undefined) {
    const names = Object.keys(templates);
    throw new UserError(
      ExitCode.usage,
      template === 'browser'
        ? 'k6 has the template browser, vurun has no browser yet'
        : `there is no template '${template}'${didYouMean(template, names)}; there are ${names.join(' and ')}`,
    );
  }
  if (!extensions.includes(extname(file))) {
    throw new UserError(
      ExitCode.usage,
      `'${file}' would be no script: its name should end in ${extensions.join(', ')}`,
    );
  }
  if (existsSync(resolve(street.cwd, file)) && !force) {
    throw new UserError(
      ExitCode.usage,
      `'${file}' is there already`,
      'name another file, or overwrite it with --force',
    );
  }
  try {
    writeWhole(street.cwd, file, text);
  } catch (thrown) {
    throw new UserError(ExitCode.usage, `cannot write '${file}': ${messageOf(thrown)}`);
  }
  street.stdout.write(`New script created: ${file}. Run it with: vurun run ${file}\n`);
  return ExitCode.ok;
}
