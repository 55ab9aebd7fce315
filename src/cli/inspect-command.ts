import { ExitCode, type ExitCodeNumber, problemsError } from '../errors.ts';
import { redactor } from '../script/secrets.ts';
import type { RunSettings } from './command.ts';
import type { Engine } from './engine.ts';
import { openLog } from './log-setup.ts';
import { makeRequest } from './request.ts';
import { openScript } from './script-source.ts';
import { readSecrets } from './secret-source.ts';
import type { Street } from './street.ts';

/**
 * `vurun inspect`: the consolidated options as JSON at the top level, as k6 prints them, and the
 * plan below `plan`; with `--execution-requirements` its `maxVUs` and `totalDuration` beside them.
 */
export async function inspectCommand(
  script: string,
  settings: RunSettings,
  executionRequirements: boolean,
  street: Street,
  engine: Engine,
): Promise<ExitCodeNumber> {
  const secrets = readSecrets(settings.secretSources, street);
  const log = openLog(settings, street, redactor(secrets));
  const source = await openScript(script, settings, street);
  try {
    if (log.problems.length > 0) {
      throw problemsError(ExitCode.invalidConfig, 'files cannot be written:', log.problems);
    }
    const request = await makeRequest(source, settings, street, engine, log.sink, secrets);
    const { options, plan } = await engine.inspectScript(request);
    const { maxVUs, totalDuration } = plan;
    const shown = {
      ...options,
      plan,
      ...(executionRequirements ? { maxVUs, totalDuration } : {}),
    };
    street.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
    return ExitCode.ok;
  } finally {
    await source.dispose();
    log.close();
  }
}
