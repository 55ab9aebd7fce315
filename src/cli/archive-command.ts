import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ExitCode, type ExitCodeNumber, messageOf, UserError } from '../errors.ts';
import { redactor } from '../script/secrets.ts';
import type { ArchiveSettings, RunSettings } from './command.ts';
import type { Engine } from './engine.ts';
import { openLog } from './log-setup.ts';
import { writeWhole } from './output-file.ts';
import { makeRequest } from './request.ts';
import { openScript } from './script-source.ts';
import { readSecrets } from './secret-source.ts';
import type { Street } from './street.ts';
import { readVersion } from './version.ts';

/** `vurun archive`: evaluates the script once, and writes it with all that it took. */
export async function archiveCommand(
  script: string,
  settings: RunSettings,
  { file, excludeEnv }: ArchiveSettings,
  street: Street,
  engine: Engine,
): Promise<ExitCodeNumber> {
  if (script === '-') {
    throw new UserError(ExitCode.usage, 'a script from standard input cannot be archived; save it');
  }
  const secrets = readSecrets(settings.secretSources, street);
  const log = openLog(settings, street, redactor(secrets));
  const source = await openScript(script, settings, street);
  try {
    const request = await makeRequest(source, settings, street, engine, log.sink, secrets);
    const { givenOptions, openedFiles } = await engine.inspectScript(request);
    const { program } = request;
    const files = new Map<string, Uint8Array>(openedFiles);
    for (const path of program.sources) {
      files.set(path, readFileSync(path));
      const description = packageOf(path);
      if (description !== undefined) files.set(description, readFileSync(description));
    }
    const { packArchive } = await import('./archive.ts');
    const bytes = await packArchive({
      scriptPath: program.scriptPath,
      cwd: street.cwd,
      options: givenOptions,
      env: excludeEnv ? {} : settings.scriptEnv,
      version: readVersion(),
      files,
      modules: new Map(program.modules),
    });
    try {
      writeWhole(street.cwd, file, bytes);
    } catch (thrown) {
      throw new UserError(ExitCode.usage, `cannot write '${file}': ${messageOf(thrown)}`);
    }
    if (!settings.quiet)
      street.stdout.write(`Archive written: ${file}. Run it with: vurun run ${file}\n`);
    return ExitCode.ok;
  } finally {
    await source.dispose();
    log.close();
  }
}

/** The package.json that says how a file's imports are found. */
function packageOf(path: string): string | undefined {
  for (let dir = dirname(path); dirname(dir) !== dir; dir = dirname(dir)) {
    const description = join(dir, 'package.json');
    if (existsSync(description)) return description;
  }
  return undefined;
}
