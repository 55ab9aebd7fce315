/** The simulator in a process of its own, for the length of one run: measurements stay unpolluted. */
import { createInterface } from 'node:readline';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import type { SecondCount } from '../report/second-count.ts';
import type { Street } from './street.ts';

export interface SimulatorProcess {
  /** `http://127.0.0.1:PORT` */
  http: string;
  /** `ws://127.0.0.1:PORT` */
  ws: string;
  /** What it counted so far. */
  counts(): Promise<SecondCount>;
  stop(): void;
}

/** Starts it and waits until it listens. Throws the UserError it would have ended with. */
export async function startSimulatorProcess(
  { preset, set }: { preset: string; set: readonly string[] },
  street: Street,
): Promise<SimulatorProcess> {
  const args = ['sim', '--preset', preset, '--port', '0', '--until-stdin-ends'];
  const child = street.startSelf([...args, ...set.flatMap((setting) => ['--set', setting])]);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const stop = (): void => {
    child.stdin?.destroy();
    child.kill();
  };
  const line = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      const told = Object.values(ExitCode).find((known) => known === code);
      const reason = /msg=("(?:[^"\\]|\\.)*"|\S+)([\s\S]*)/.exec(said);
      const first = reason?.[1]?.startsWith('"') ? (JSON.parse(reason[1]) as string) : reason?.[1];
      reject(
        new UserError(
          // It is not ready, so even 0, or a signal, is a failure.
          told || ExitCode.usage,
          `the simulator did not start: ${`${first ?? said}${reason?.[2] ?? ''}`.trim()}`,
        ),
      );
    });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
  });
  const { http, ws } = JSON.parse(line) as { http: string; ws: string };
  return {
    http,
    ws,
    stop,
    counts: async () => {
      try {
        return (await (await fetch(`${http}/__sim/state`)).json()) as SecondCount;
      } catch (thrown) {
        throw new UserError(ExitCode.usage, `the simulator has gone: ${messageOf(thrown)}`);
      }
    },
  };
}
