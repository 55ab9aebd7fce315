/** The thread of a shard. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ShardBirth } from '../bus/messages.ts';
import { serve } from './shard.ts';

if (parentPort !== null) serve(workerData as ShardBirth, parentPort);
