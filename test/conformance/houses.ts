/** The processes of `house.mjs`: two, because that is how many runs at a time a small machine can bear. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { CliRun } from '../support/cli.ts';

const houses = 2;
/** Far beyond what any of these runs takes: who reaches it hangs. */
const patienceMs = 50_000;

export interface Visit {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

const free: ChildProcess[] = [];
const waiting: ((house: ChildProcess) => void)[] = [];
let built = 0;

async function enter(): Promise<ChildProcess> {
  const empty = free.pop();
  if (empty !== undefined) return empty;
  if (built === houses) return new Promise((resolve) => waiting.push(resolve));
  built++;
  // Vitest's own flags are not what vurun is started with.
  return fork(join(import.meta.dirname, 'house.mjs'), { execArgv: [] });
}

function leave(house: ChildProcess): void {
  const next = waiting.shift();
  if (next === undefined) free.push(house);
  else next(house);
}

/** Runs the command line to its end. */
export async function visitHouse(visit: Visit): Promise<CliRun> {
  const house = await enter();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => house.kill('SIGKILL'), patienceMs);
    const lost = (): void => {
      clearTimeout(timer);
      built--;
      // Who waits gets a new house.
      const next = waiting.shift();
      if (next !== undefined) void enter().then(next);
      reject(new Error(`vurun ${visit.argv.join(' ')} took its process with it, or did not end`));
    };
    house.once('exit', lost);
    house.once('message', (run) => {
      clearTimeout(timer);
      house.removeListener('exit', lost);
      leave(house);
      resolve(run as CliRun);
    });
    house.send(visit);
  });
}

/** Ends the processes. */
export function closeHouses(): void {
  for (const house of free.splice(0)) house.kill();
  built = 0;
}
