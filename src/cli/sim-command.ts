import { ExitCode, type ExitCodeNumber } from '../errors.ts';
import type { SimSettings } from './command.ts';
import type { Street } from './street.ts';

/** `vurun sim`: the platform simulator, until Ctrl-C. */
export async function simCommand(settings: SimSettings, street: Street): Promise<ExitCodeNumber> {
  const { runSimulator } = await import('../simulator/command.ts');
  const { scale, seed, ledger, listen, untilStdinEnds, ...rest } = settings;
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let signals = 0;
  // Listening from the start: a signal while the server opens its port must not be lost.
  const unlisten = street.onStop(() => {
    signals += 1;
    if (signals > 1) street.exit(ExitCode.externalAbort);
    stop();
  });
  try {
    const simulator = await runSimulator(
      {
        ...rest,
        ...(scale === undefined ? {} : { scale }),
        ...(seed === undefined ? {} : { seed }),
        ...(ledger === undefined ? {} : { ledger }),
        ...(listen === undefined ? {} : { listen }),
      },
      { stdout: (line) => street.stdout.write(`${line}\n`) },
    );
    if (untilStdinEnds) void endOf(street.stdin).then(stop);
    await stopped;
    await simulator.close();
    return ExitCode.ok;
  } finally {
    unlisten();
  }
}

/** Settles when nothing can come any more, however that came about. */
async function endOf(stdin: Street['stdin']): Promise<void> {
  try {
    for await (const _ of stdin) {
      // What is written there does not matter.
    }
  } catch {
    // A broken pipe is an end as well.
  }
}
