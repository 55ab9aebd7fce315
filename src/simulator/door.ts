import { type ChildProcess, fork } from 'node:child_process';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ExitCode, messageOf, UserError } from '../errors.ts';

/** Where connections come in. */
export interface Door {
  readonly address: AddressInfo;
  /** Accepts nothing for so many real milliseconds, once, after so many. */
  planPause(atMs: number, pauseMs: number): void;
  close(): Promise<void>;
}

interface Place {
  port: number;
  host: string;
  backlog: number;
}

/**
 * Opens a port for the server in this process.
 * @throws UserError when the port cannot be had
 */
export async function openDoor(server: Server, { port, host, backlog }: Place): Promise<Door> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(host, port, messageOf(error))));
    server.listen({ port, host, backlog }, resolve);
  });
  return {
    address: server.address() as AddressInfo,
    planPause: () => {},
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * Opens a port in a process that can be stopped, which hands its connections over.
 * @throws UserError when the port cannot be had, or processes cannot be stopped here
 */
export async function openStoppableDoor(
  server: Server,
  { port, host, backlog }: Place,
): Promise<Door> {
  if (process.platform === 'win32') {
    throw new UserError(
      ExitCode.invalidConfig,
      'accept: Windows has no way to stop a process for a while, so this knob needs Linux or macOS',
    );
  }
  const doorman = fork(
    new URL('./doorman.js', import.meta.url),
    [String(port), host, String(backlog)],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] },
  );
  const address = await firstWord(doorman, host, port);
  doorman.on('message', (_word, socket) => {
    // A connection its client has left meanwhile comes as nothing.
    if (!socket) return;
    server.emit('connection', socket);
    (socket as Socket).resume();
  });
  let pause: NodeJS.Timeout | undefined;
  return {
    address,
    planPause: (atMs, pauseMs) => {
      clearTimeout(pause);
      doorman.kill('SIGCONT');
      if (pauseMs <= 0) return;
      pause = setTimeout(() => {
        doorman.kill('SIGSTOP');
        pause = setTimeout(() => doorman.kill('SIGCONT'), pauseMs);
      }, atMs);
    },
    close: async () => {
      clearTimeout(pause);
      if (doorman.exitCode !== null || doorman.signalCode !== null) return;
      const gone = new Promise((resolve) => {
        doorman.once('exit', resolve);
      });
      // Even a stopped process cannot refuse this one.
      doorman.kill('SIGKILL');
      await gone;
    },
  };
}

function firstWord(doorman: ChildProcess, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(cannotListen(host, port, reason));
    doorman.once('error', (error) => fail(messageOf(error)));
    doorman.once('exit', () => fail('the process that was to listen has ended'));
    doorman.once('message', (word: { address?: AddressInfo; error?: string }) => {
      doorman.removeAllListeners('exit');
      if (word.address) resolve(word.address);
      else fail(word.error ?? '');
    });
  });
}

function cannotListen(host: string, port: number, reason: string): UserError {
  return new UserError(
    ExitCode.cannotListen,
    `The simulator cannot listen on ${host} port ${port}: ${reason}`,
    'Choose another port, or port 0 for any free one.',
  );
}
