/** An agent at shift change: a call, its state, its WebSocket. */
import { http, session } from 'vurun';
import type { Params } from 'vurun/http';
import { auth, createCall, dial, okay, stay, takeMenu } from './caller.ts';
import { base } from './platform.ts';

/** Logs in with two REST calls, made as `params` say, and works for a while. */
export function workShift(params: Params, milliseconds: number): Promise<void> {
  return session('agent', async (t) => {
    const call = await createCall(params);
    t.stage('call created');
    okay(await http.get(base + call.selfUri, { auth, name: 'conversation', ...params }));
    t.stage('state seen');
    const s = await dial(call);
    await takeMenu(s, '1');
    t.stage('at work');
    await stay(s, milliseconds);
  });
}
