/** The pause of accept(), which needs a process that can be stopped: the real command line. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { expect, it } from 'vitest';
import { startSimulatorProcess } from './support/simulator-process.ts';

it('keeps new connections waiting, all but a backlog of them, while old ones go on', async () => {
  const args = ['--set', 'accept.backlog=4', '--set', 'accept.pauseMs=0'];
  const { http, stop } = await startSimulatorProcess(args);
  const client = new Client(http, { keepAliveTimeout: 60_000 });
  const set = async (pauseMs: number): Promise<number> => {
    const body = JSON.stringify({ accept: { pauseMs } });
    const answer = await client.request({ method: 'PATCH', path: '/__sim/knobs', body });
    await answer.body.dump();
    return answer.statusCode;
  };
  const sockets: Socket[] = [];
  const connected: Socket[] = [];
  try {
    // The plan begins with the first call of a client; questions about the simulator are none.
    const call = await client.request({ method: 'GET', path: '/api/v2/anything' });
    await call.body.dump();
    expect(await set(3_600_000)).toBe(200);
    // The doorman is stopped a turn after the answer.
    await sleep(300);
    for (let i = 0; i < 10; i++) {
      const socket = connect(Number(new URL(http).port), '127.0.0.1');
      socket.once('connect', () => connected.push(socket));
      socket.write('GET /__sim/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      sockets.push(socket);
    }
    while (connected.length < 5) await sleep(10);
    // The first retransmission of the others' SYNs is due after a second, and is as vain.
    await sleep(1_500);
    expect(connected).toHaveLength(5);
    const state = await client.request({ method: 'GET', path: '/__sim/state' });
    expect(((await state.body.json()) as { active: number }).active).toBe(0);

    expect(await set(0)).toBe(200);
    const answers = await Promise.all(sockets.map((socket) => once(socket, 'data')));
    expect(answers.every(([chunk]) => String(chunk).startsWith('HTTP/1.1 200'))).toBe(true);
    expect(connected).toHaveLength(10);
  } finally {
    for (const socket of sockets) socket.destroy();
    await client.destroy();
    await stop();
  }
});

it('says which port it cannot have', async () => {
  const { http, stop } = await startSimulatorProcess(['--set', 'accept.backlog=4']);
  try {
    const args = ['--set', 'accept.backlog=4', '--port', new URL(http).port];
    await expect(startSimulatorProcess(args)).rejects.toThrow('EADDRINUSE');
  } finally {
    await stop();
  }
});
