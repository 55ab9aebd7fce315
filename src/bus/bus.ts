/** The way between the coordinator and its shards: today worker threads of this process. */
import { Worker } from 'node:worker_threads';
import { limits } from '../limits.ts';
import type { FromShard, ShardBirth, ToShard } from './messages.ts';

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

/** Starts a shard in a thread of its own. */
export function startShard(birth: ShardBirth, events: ShardEvents): ShardLink {
  const worker = new Worker(new URL('../shard/worker.js', import.meta.url), {
    workerData: birth,
    name: `vurun shard ${birth.index}`,
    resourceLimits: { stackSizeMb: limits.workerStackMiB, maxOldGenerationSizeMb: 4_096 },
  });
  let ended = false;
  worker.on('message', (message: FromShard) => {
    if (message.kind === 'finished') ended = true;
    events.message(message);
  });
  worker.on('error', (error) => {
    if (ended) return;
    ended = true;
    events.lost(error.message);
  });
  worker.on('exit', (code) => {
    if (ended) return;
    ended = true;
    events.lost(`it ended with code ${code}`);
  });
  return {
    index: birth.index,
    post: (message) => worker.postMessage(message),
    kill: async () => {
      ended = true;
      await worker.terminate();
    },
  };
}
