import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { TestRunRequest } from '../coordinator/contract.ts';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import type { LogSink } from '../log.ts';
import type { SecretSources } from '../script/secrets.ts';
import type { RunSettings } from './command.ts';
import type { Engine } from './engine.ts';
import type { ScriptSource } from './script-source.ts';
import type { Street } from './street.ts';
import { readVersion } from './version.ts';

/** Loads the script and gathers everything the engine asks for. */
export async function makeRequest(
  source: ScriptSource,
  settings: RunSettings,
  street: Street,
  engine: Engine,
  log: LogSink,
  secrets: SecretSources,
): Promise<TestRunRequest> {
  const config = readConfigFile(settings.configFile, street.cwd);
  const program = await engine.loadProgram(
    source.script,
    source.bundleCwd,
    street.stdin,
    source.remote,
  );
  for (const message of program.warnings) log({ level: 'warning', time: Date.now(), message });
  return {
    program: { ...program, openRoot: source.openRoot },
    layers: {
      ...config,
      env: { ...street.env },
      flags: settings.options,
      scriptEnv: source.scriptEnv,
      ...(source.options === undefined ? {} : { archived: source.options }),
    },
    secrets,
    version: readVersion(),
    cwd: source.cwd,
    ...(settings.shards === undefined ? {} : { shards: settings.shards }),
    seed: settings.seed ?? randomInt(2 ** 32),
    timeScale: timeScaleOf(settings),
    scriptName: basename(source.script),
    failOn: settings.failOn,
    outputs: settings.outputs,
    stdout: street.stdout.stream,
    log,
    isStdOutTty: street.stdout.isTty,
    isStdErrTty: street.stderr.isTty,
    noColor: settings.noColor,
  };
}

/** A simulator of this run may run its time faster; what it does is diagnosed in its own time. */
function timeScaleOf({ simulator }: RunSettings): number {
  const set = simulator?.set.findLast((one) => one.startsWith('scale='));
  const scale = Number(set?.slice('scale='.length) ?? 1);
  return scale > 0 ? scale : 1;
}

function readConfigFile(
  name: string | undefined,
  cwd: string,
): { configFile?: unknown; configFileName?: string } {
  if (name === undefined) return {};
  let text: string;
  try {
    text = readFileSync(resolve(cwd, name), 'utf8');
  } catch (thrown) {
    throw new UserError(
      ExitCode.invalidConfig,
      `cannot read the config file '${name}': ${messageOf(thrown)}`,
    );
  }
  try {
    return { configFile: JSON.parse(text) as unknown, configFileName: name };
  } catch (thrown) {
    throw new UserError(
      ExitCode.invalidConfig,
      `the config file '${name}' is not JSON: ${messageOf(thrown)}`,
    );
  }
}
