import { parseKnobSettings, type Simulator, startSimulator } from './simulator.ts';

export interface SimulatorCommand {
  preset: string;
  /** 0 takes any free port. */
  port: number;
  /** Knobs as `name=value`. */
  set: readonly string[];
  /** Short for `scale=…` and `seed=…`; these win over `set`. */
  scale?: number;
  seed?: number;
  /** File for the decisions. */
  ledger?: string;
  /** Address to listen on; without it nobody but this machine can connect. */
  listen?: string;
}

/**
 * `vurun sim`: starts a simulator and prints one line of JSON with its two addresses. It runs until
 * the caller closes it.
 * @throws UserError when it cannot start
 */
export async function runSimulator(
  command: SimulatorCommand,
  io: { stdout: (line: string) => void },
): Promise<Simulator> {
  const { preset, port, set, scale, seed, ledger, listen } = command;
  const settings = [...set];
  if (scale !== undefined) settings.push(`scale=${scale}`);
  if (seed !== undefined) settings.push(`seed=${seed}`);
  const simulator = await startSimulator({
    preset,
    port,
    knobs: parseKnobSettings(settings),
    ...(ledger === undefined ? {} : { ledgerFile: ledger }),
    ...(listen === undefined ? {} : { host: listen }),
  });
  io.stdout(JSON.stringify({ http: simulator.url, ws: simulator.wsUrl }));
  return simulator;
}
