/** The way between the coordinator and its shards: today worker threads of this process. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import { limits } from '../limits.ts';
import { engineModule } from '../sandbox/engine.ts';
import type { Birth, FromShard, ShardBirth, ToShard } from './messages.ts';

/** One shard, seen from the coordinator. */
export interface ShardLink {
  readonly index: number;
  post(message: ToShard): void;
  /** Ends the thread whatever it is doing; what it did not send is lost. */
  kill(): Promise<void>;
}

export interface ShardEvents {
  message(message: FromShard): void;
  /** The thread ended without having finished. */
  lost(reason: string): void;
}

/** A thread that has been started and told nothing yet. */
interface Thread {
  worker: Worker;
  failed: boolean;
}

let waiting: Thread | undefined;

function startThread(): Thread {
  const worker = new Worker(new URL('../shard/worker.js', import.meta.url), {
    name: 'vurun shard',
    resourceLimits: {
      stackSizeMb: limits.workerStackMiB,
      maxYoungGenerationSizeMb: limits.workerNurseryMiB,
      maxOldGenerationSizeMb: 4_096,
    },
  });
  const thread = { worker, failed: false };
  worker.on('error', () => {
    thread.failed = true;
  });
  return thread;
}

/** Starts the first shard's thread ahead, since loading takes as long as bundling a script does. */
export function warmUp(): void {
  if (waiting !== undefined) return;
  waiting = startThread();
  // Nobody waits for a thread that is never used.
  waiting.worker.unref();
  // Whoever needs it hears of a failure.
  engineModule().catch(() => undefined);
}

function takeThread(): Worker {
  const ahead = waiting;
  waiting = undefined;
  if (ahead === undefined || ahead.failed) return startThread().worker;
  ahead.worker.ref();
  return ahead.worker;
}

/** Starts a shard in a thread of its own. */
export function startShard(birth: ShardBirth, events: ShardEvents): ShardLink {
  const worker = takeThread();
  let ended = false;
  const lost = (reason: string): void => {
    if (ended) return;
    ended = true;
    events.lost(reason);
  };
  worker.on('message', (message: FromShard) => {
    if (message.kind === 'finished') ended = true;
    events.message(message);
  });
  worker.on('error', (error) => lost(error.message));
  worker.on('exit', (code) => lost(`it ended with code ${code}`));
  const born = engineModule().then((engine) => {
    const first: Birth = { shard: birth, engine };
    worker.postMessage(first);
  });
  born.catch((error: unknown) => lost(messageOf(error)));
  return {
    index: birth.index,
    post: (message) => {
      born.then(
        () => worker.postMessage(message),
        () => undefined,
      );
    },
    kill: async () => {
      ended = true;
      await worker.terminate();
    },
  };
}
