/** One run of several: the script as it is, at another pace or load, without a summary of its own. */
import type { RunResult, TestRun } from '../coordinator/contract.ts';
import type { LogLine } from '../log.ts';
import type { ScenarioPlanInput } from '../script/config.ts';
import { redactor } from '../script/secrets.ts';
import type { RunSettings } from './command.ts';
import type { Engine } from './engine.ts';
import { openLog } from './log-setup.ts';
import { makeRequest } from './request.ts';
import { openScript } from './script-source.ts';
import { readSecrets } from './secret-source.ts';
import { startSimulatorProcess } from './simulator-process.ts';
import type { Street } from './street.ts';

export interface Trial {
  result: RunResult;
  /** What ran. */
  scenarios: readonly ScenarioPlanInput[];
  interrupted: boolean;
}

export interface TrialOptions {
  pace?: number;
  load?: number;
  /** Milliseconds at the start that are not judged. */
  settleMs?: number;
  /** Options that stand above all others. */
  imposed?: Record<string, unknown>;
}

/** Runs the script once. Throws a UserError for what is the user's to mend; Ctrl-C ends the run early. */
export async function runTrial(
  script: string,
  settings: RunSettings,
  street: Street,
  engine: Engine,
  options: TrialOptions,
): Promise<Trial> {
  const secrets = readSecrets(settings.secretSources, street);
  const log = openLog(settings, street, redactor(secrets));
  let run: TestRun | undefined;
  let interrupted = false;
  const unlisten = street.onStop(() => {
    interrupted = true;
    run?.interrupt();
  });
  const simulator =
    settings.simulator === undefined
      ? undefined
      : await startSimulatorProcess(settings.simulator, street);
  if (simulator !== undefined) {
    Object.assign(settings.scriptEnv, { BASE: simulator.http, BASE_WS: simulator.ws });
  }
  const source = await openScript(script, settings, street);
  try {
    // Failures are what trials look for; the script's own lines about them would bury the answer.
    const quiet = (line: LogLine): void => {
      if (settings.verbose) log.sink(line);
    };
    const request = await makeRequest(source, settings, street, engine, quiet, secrets);
    run = await engine.createTestRun({
      ...request,
      layers: { ...request.layers, ...(options.imposed && { imposed: options.imposed }) },
      pace: options.pace ?? 1,
      load: options.load ?? 1,
      settleMs: options.settleMs ?? 0,
    });
    const result = await run.run();
    return { result, scenarios: run.config.scenarios, interrupted };
  } finally {
    simulator?.stop();
    await source.dispose();
    unlisten();
    log.close();
  }
}
