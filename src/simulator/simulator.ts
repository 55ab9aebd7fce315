import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import { adminPrefix, serveAdmin } from './admin.ts';
import { openDoor, openStoppableDoor } from './door.ts';
import { applyKnobs, healthyKnobs, type KnobPatch, type Knobs } from './knobs.ts';
import { Ledger, type LedgerEntry } from './ledger.ts';
import { Platform } from './platform.ts';
import { presetKnobs } from './presets.ts';
import { serveRest } from './rest.ts';
import type { Counts } from './tally.ts';
import { addAcceptedHeaders, serveUpgrade } from './upgrade.ts';

export { type KnobPatch, type Knobs, parseKnobSettings } from './knobs.ts';
export type { LedgerEntry } from './ledger.ts';
export type { Counts, RequestCount } from './tally.ts';

export interface SimulatorOptions {
  /** `healthy` if absent. */
  preset?: string;
  /** Laid over the preset's. */
  knobs?: KnobPatch;
  /** 0, the default, takes any free port. */
  port?: number;
  /** 127.0.0.1 if absent. */
  host?: string;
  /** Every decision is written there, one JSON object a line. */
  ledgerFile?: string;
}

/** Requests of the admin endpoints are in none of the counts. */
export interface SimulatorState extends Omit<Counts, 'sockets'> {
  preset: string;
  uptimeMs: number;
  /** Sessions that hold a slot. */
  active: number;
  /** WebSockets past their 101: now, in all, and the most at once. */
  sockets: Counts['sockets'] & { open: number };
  knobs: Knobs;
}

/** A platform to test against, that knows exactly what it did. */
export interface Simulator {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `ws://127.0.0.1:PORT` */
  readonly wsUrl: string;
  state(): SimulatorState;
  /** The decisions after the one with this ordinal, as far as they are kept in memory. */
  ledger(since?: number): LedgerEntry[];
  /** Changes knobs; answers all of them. @throws UserError naming all problems at once */
  set(knobs: KnobPatch): Knobs;
  /** As if it had just started with the present knobs: sessions and tokens are gone too. */
  reset(): void;
  close(): Promise<void>;
}

/** Connections the kernel completes while we are busy; Node would have it at 511. */
const backlog = 4096;
/** With `keepAlive.race` the server closes nothing by itself; Node's timers take little more. */
const longestKeepAliveMs = 2 ** 30;

/**
 * Starts a simulator in this process.
 * @throws UserError for an unknown preset, bad knobs, a port or a file that cannot be had
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { preset = 'healthy', port = 0, host = '127.0.0.1' } = options;
  let knobs = applyKnobs(healthyKnobs, presetKnobs(preset));
  knobs = applyKnobs(knobs, options.knobs ?? {});

  // Node would answer 408 by itself; whether anything does is a knob here.
  const server = createServer({ requestTimeout: 0, headersTimeout: 0 });
  // Newer versions of Node keep a connection a second longer than they announce.
  Object.assign(server, { keepAliveTimeoutBuffer: 0 });
  const open = knobs.accept === null ? openDoor : openStoppableDoor;
  const door = await open(server, { port, host, backlog: knobs.accept?.backlog ?? backlog });
  let ledger: Ledger;
  try {
    ledger = new Ledger(options.ledgerFile);
  } catch (error) {
    await door.close();
    throw error;
  }
  let platform = new Platform(knobs, ledger);
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.simulatorMessageBytes,
  });
  webSockets.on('headers', addAcceptedHeaders);
  const setKeepAlive = (): void => {
    const { keepAlive, scale } = platform.knobs;
    const ms = Math.max(1, Math.round(keepAlive.timeoutMs * scale));
    server.keepAliveTimeout = Math.min(keepAlive.race ? Infinity : ms, longestKeepAliveMs);
  };
  const planPause = (): void =>
    platform.onBegin(() => {
      const { accept } = platform.knobs;
      if (accept) door.planPause(platform.scaled(accept.atMs), platform.scaled(accept.pauseMs));
    });
  setKeepAlive();
  planPause();

  const simulator: Omit<Simulator, 'url' | 'wsUrl'> = {
    state: () => {
      const counts = platform.tally.counts();
      return {
        preset,
        uptimeMs: platform.uptimeMs,
        active: platform.sessions.size,
        ...counts,
        sockets: { ...counts.sockets, open: platform.openSockets },
        knobs: platform.knobs,
      };
    },
    ledger: (since) => ledger.entries(since),
    set: (patch) => {
      const old = platform.knobs;
      const wanted = applyKnobs(old, patch);
      if (wanted.accept?.backlog !== old.accept?.backlog) {
        throw new UserError(
          ExitCode.invalidConfig,
          'accept: it is switched on or off, and its backlog chosen, only when the simulator starts',
        );
      }
      platform.adopt(wanted);
      setKeepAlive();
      if (JSON.stringify(wanted.accept) !== JSON.stringify(old.accept)) planPause();
      return wanted;
    },
    reset: () => {
      platform.end();
      ledger.clear();
      platform = new Platform(platform.knobs, ledger);
      door.planPause(0, 0);
      planPause();
    },
    close: async () => {
      platform.end();
      for (const socket of connections) socket.destroy();
      await door.close();
      ledger.close();
    },
  };

  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    if (connections.size >= limits.simulatorConnections) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (request, response) => {
    const isAdmin = request.url?.startsWith(adminPrefix) === true;
    // Counted when it is over, so that an answer about the state does not hold itself.
    if (isAdmin) response.once('finish', () => platform.tally.admin(response.statusCode));
    else platform.begin();
    const serve = isAdmin
      ? serveAdmin(
          { ...simulator, set: (given) => simulator.set(given as KnobPatch) },
          request,
          response,
        )
      : serveRest(platform, request, response);
    serve.catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(`The simulator has a bug: ${messageOf(error)}\n`);
    });
  });
  server.on('upgrade', (request, socket, head) => {
    platform.begin();
    serveUpgrade(platform, webSockets, request, socket as Socket, head);
  });

  const { address, family, port: ownPort } = door.address;
  const authority = `${family === 'IPv6' ? `[${address}]` : address}:${ownPort}`;
  return { url: `http://${authority}`, wsUrl: `ws://${authority}`, ...simulator };
}
