/** The thread of a shard. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { Birth } from '../bus/messages.ts';
import { useEngineModule } from '../sandbox/engine.ts';
import { serve } from './shard.ts';

// The thread is started before anybody knows what for, so that it has loaded by then.
parentPort?.once('message', ({ shard, engine }: Birth) => {
  useEngineModule(engine);
  serve(shard, parentPort as MessagePort);
});
