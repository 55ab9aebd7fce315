/** `vurun/ivr` and `vurun/messaging`: thin helpers over sessions, against what they are made for. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import { runGuest } from './support/guest.ts';

interface Frame {
  action: string;
  tracingId: string;
  deploymentId?: string;
  message?: { text: string };
}

let simulator: Simulator;
/** Hangs up on callers who do not press anything at once. */
let impatient: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ preset: 'healthy' });
  impatient = await startSimulator({ preset: 'healthy', knobs: { dialog: { timeoutMs: 50 } } });
});
afterAll(() => Promise.all([simulator.close(), impatient.close()]));

const shownBy = async (source: string): Promise<string[]> => {
  const { logs, failures } = await runGuest(source);
  expect(failures).toEqual([]);
  return logs.map(({ text }) => text);
};

describe('vurun/ivr', () => {
  it('goes through the menu, or tells what the IVR said instead', async () => {
    const shown = await shownBy(`
      import { http, sleep, ws } from 'vurun';
      import ivr, { expectPrompt, expectTransfer, gather, IvrError } from 'vurun/ivr';
      const patient = ${JSON.stringify({ url: simulator.url, wsUrl: simulator.wsUrl })};
      const impatient = ${JSON.stringify({ url: impatient.url, wsUrl: impatient.wsUrl })};
      async function call({ url, wsUrl } = patient) {
        const { access_token } = (await http.post(url + '/oauth/token', { grant_type: 'client_credentials' },
          { headers: { Authorization: 'Basic Y2xpZW50OnNlY3JldA==' } })).json();
        const headers = { Authorization: 'Bearer ' + access_token };
        const { connectUri } = (await http.post(url + '/api/v2/conversations/calls', null, { headers })).json();
        return ws.connect(wsUrl + connectUri, { headers });
      }
      export default async function () {
        const s = await call();
        console.log((await expectPrompt(s)).id, (await expectPrompt(s, 'menu', { timeout: '20s' })).text);
        console.log((await gather(s, { digits: '1', think: '5ms' })).maxDigits, (await expectTransfer(s)).target);
        await s.close();
        const mute = await call(impatient);
        await ivr.expectTransfer(mute).catch((e) => console.log(e instanceof IvrError, e.said.type, e.message));
        await mute.closed;
        const hasty = await call();
        hasty.sendJson({ type: 'nonsense' });
        await ivr.expectPrompt(hasty, 'none').catch((e) => console.log(e.message));
        await hasty.close();
        await gather(s, { digits: 'x' }).catch((e) => console.log(e.message));
        await gather(s, { digits: '1', think: 'x' }).catch((e) => console.log(e.message));
        await gather(s).catch((e) => console.log(e.message));
        await expectPrompt('s').catch((e) => console.log(e.message));
      }`);
    expect(shown).toEqual([
      'welcome For support press 1.',
      '1 queue:support',
      'true disconnect the IVR was to send a transfer, and said: it hangs up (timeout)',
      "the IVR was to send the prompt 'none', and said: error 400: type is 'digits' or 'ping'",
      "gather(session, { digits }): digits must be text of 0 to 9, * and #, not 'x'",
      expect.stringContaining("gather(session, { think }): 'x' is no duration"),
      'gather(session, { digits }): digits must be text of 0 to 9, * and #, not undefined',
      "expectPrompt(session, id): session must be one of ws.connect(), not 's'",
    ]);
  });
});

describe('vurun/messaging', () => {
  it('asks and is answered, and waits out a limit that is told in-band', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const origins: unknown[] = [];
    const actions: string[] = [];
    server.on('connection', (peer, request) => {
      origins.push(request.url, request.headers.origin);
      let refusals = 1;
      peer.on('message', (data) => {
        const { action, tracingId, message, deploymentId } = JSON.parse(String(data)) as Frame;
        actions.push(action);
        const respond = (kind: string, code: number, body: unknown, id?: string): void =>
          peer.send(JSON.stringify({ type: 'response', class: kind, code, body, tracingId: id }));
        if (action === 'configureSession') {
          if (deploymentId === 'bad') respond('string', 403, 'not this one', tracingId);
          else respond('SessionResponse', 200, { connected: true }, tracingId);
        } else if (action === 'onMessage' && refusals-- > 0) {
          const body = { retryAfter: 0.01, errorCode: 4029, errorMessage: 'too high' };
          respond('TooManyRequestsErrorMessage', 429, body, tracingId);
        } else if (action === 'onMessage') {
          const text = message?.text;
          respond('StructuredMessage', 200, { direction: 'Inbound', text }, tracingId);
          respond('StructuredMessage', 200, { direction: 'Outbound', text: `You said: ${text}` });
        }
      });
    });
    const shown = await shownBy(`
      import messaging, { Guest, MessagingError } from 'vurun/messaging';
      const base = 'ws://127.0.0.1:${(server.address() as AddressInfo).port}';
      export default async function () {
        const guest = await messaging.connect({ base, deploymentId: 'd 1', origin: 'https://shop.example' });
        const { text, ms, limited } = await guest.ask('hello', { timeout: '20s' });
        console.log(guest instanceof Guest, text, ms >= 0, limited);
        await guest.close();
        const other = await messaging.connect({ base, deploymentId: 'd' });
        await other.ask('hello', { retries: 0 }).catch((e) => console.log(e instanceof MessagingError, e.code, e.message));
        await other.ask(5).catch((e) => console.log(e.message));
        await other.ask('x', { retries: -1 }).catch((e) => console.log(e.message));
        await other.close();
        for (const options of [undefined, {}, { deploymentId: 'd' }, { base, deploymentId: 'bad' }]) {
          await messaging.connect(options).catch((e) => console.log(e.message));
        }
      }`);
    server.close();
    expect(shown).toEqual([
      'true You said: hello true 1',
      'true 429 the message was refused with 429: too high',
      'ask(text, options): text must be text, not 5',
      'ask(text, { retries }): retries must be a whole number from 0, not -1',
      'messaging.connect(options): options must be an object, not undefined',
      'messaging.connect(options): deploymentId must be text, not undefined',
      expect.stringContaining('messaging.connect(options): region is missing'),
      'the session was refused with 403: not this one',
    ]);
    expect(origins.slice(0, 2)).toEqual(['/v1?deploymentId=d%201', 'https://shop.example']);
    expect(actions.slice(0, 4)).toEqual([
      'configureSession',
      'onMessage',
      'onMessage',
      'closeSession',
    ]);
  });

  it('gets through to the bot of the simulator, limit and all', async () => {
    const strict = await startSimulator({ preset: 'inband' });
    const shown = await shownBy(`
      import { messaging } from 'vurun';
      export default async function () {
        const guest = await messaging.connect({ base: '${strict.wsUrl}', deploymentId: 'd' });
        let limited = 0;
        for (let n = 1; n <= 7; n++) {
          const answer = await guest.ask('no. ' + n);
          limited += answer.limited;
          console.log(answer.text);
        }
        console.log(limited > 0);
        await guest.close();
        console.log(guest.session.cause.code);
      }`);
    await strict.close();
    expect(shown).toEqual([
      ...Array.from({ length: 7 }, (_, n) => `You said: no. ${n + 1}`),
      'true',
      '1000',
    ]);
  });
});
