import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { monotonicClock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { Ending } from './knob.ts';
import type { Platform } from './platform.ts';
import type { Excess, Place, SeatedSession } from './talk.ts';

/** Channels are told so long before their socket reaches its maximum lifetime. */
const warningMs = 60_000;

/**
 * One client's socket from the decision to accept it until it is closed. It holds a slot for all that
 * time, unless it was let in above the cap. Its few timers run once each: Node keeps timers of equal
 * length in one list, so thousands of them cost nothing while they wait.
 */
export class Session implements SeatedSession {
  readonly corr: string;
  readonly #platform: Platform;
  readonly #socket: Socket;
  readonly #place: Place;
  readonly #attempt: string | undefined;
  readonly #isDropped: boolean;
  readonly #timers = new Set<NodeJS.Timeout>();
  #webSocket: WebSocket | undefined;
  #isEnded = false;
  #lastFrameAt = 0;
  #leaveLookUp: () => void = () => {};

  constructor(
    platform: Platform,
    socket: Socket,
    place: Place,
    { corr, attempt }: { corr: string; attempt: string | undefined },
  ) {
    this.corr = corr;
    this.#attempt = attempt;
    this.#platform = platform;
    this.#socket = socket;
    this.#place = place;
    this.#isDropped = platform.isNextDropped();
    place.enter(this);
    socket.once('close', () => this.#release());
  }

  /** Past its 101 and not on its way out. */
  get isOpen(): boolean {
    return this.#webSocket !== undefined && !this.#isEnded;
  }

  /** The 101 was sent: the client may speak. */
  open(webSocket: WebSocket): void {
    this.#webSocket = webSocket;
    const platform = this.#platform;
    const { tally, knobs } = platform;
    tally.accepted++;
    tally.peak = Math.max(tally.peak, ++platform.openSockets);
    const { drop, idleMs, maxLifetimeMs } = knobs;
    const talker = this.#place.talker({
      send: (message) => this.say(message),
      close: (code, reason) => this.end(reason.replaceAll(' ', '-'), `close:${code}`, reason),
      after: (ms, run) => this.#after(ms, run),
      lookUp: (wait, done) => this.#lookUp(wait, done),
      excess: (isMessage) => this.#excess(isMessage),
    });
    webSocket.on('error', () => {
      // What went wrong on the wire shows in the close that follows.
    });
    webSocket.on('message', (data, isBinary) => {
      tally.received++;
      this.#lastFrameAt = monotonicClock.now();
      if (!this.#isEnded) talker.receive(isBinary ? undefined : data.toString());
    });
    webSocket.on('ping', () => {
      if (platform.knobs.idleCountsPing) this.#lastFrameAt = monotonicClock.now();
    });
    webSocket.on('close', (code) => {
      platform.openSockets--;
      tally.close(code);
    });
    this.#lastFrameAt = monotonicClock.now();
    if (drop !== null && this.#isDropped) {
      this.#after(drop.afterMs, () => this.end('drop', drop.how, 'dropped'));
    }
    if (idleMs !== null) this.#watchIdle(idleMs, idleMs);
    if (maxLifetimeMs !== null) {
      if (talker.warn) this.#after(Math.max(0, maxLifetimeMs - warningMs), () => talker.warn?.());
      this.#after(maxLifetimeMs, () => this.end('lifetime', 'close:1001', 'maximum lifetime'));
    }
    talker.start();
  }

  /** Ends the session by a decision of the platform, once. */
  end(decision: string, how: Ending | 'destroy', reason = ''): void {
    if (this.#isEnded) return;
    this.#platform.decide('ws', decision, this.corr, this.#attempt);
    this.#quiet();
    const socket = this.#socket;
    if (how === 'silent') {
      // Half-open: neither reads nor writes, not even a pong, and keeps its slot.
      this.#webSocket?.pause();
      return;
    }
    if (how === 'destroy') socket.destroy();
    else if (how === 'rst') socket.resetAndDestroy();
    else {
      if (how === 'fin' || !this.#webSocket) socket.end();
      else this.#webSocket.close(Number(how.slice('close:'.length)), reason);
      const linger = setTimeout(() => socket.destroy(), limits.simulatorLingerMs);
      socket.once('close', () => clearTimeout(linger));
    }
  }

  /** Cuts the connection above the cap after a while. */
  destroyAfter(ms: number): void {
    this.#after(ms, () => this.end('cap', 'destroy'));
  }

  /** Sends one message, if it may still send. */
  say(message: Readonly<Record<string, unknown>>): void {
    const webSocket = this.#webSocket;
    if (this.#isEnded || webSocket?.readyState !== webSocket?.OPEN) return;
    if ((webSocket?.bufferedAmount ?? 0) > limits.simulatorBufferedBytes) {
      this.end('slow-reader', 'destroy');
      return;
    }
    this.#platform.tally.sent++;
    this.#lastFrameAt = monotonicClock.now();
    webSocket?.send(JSON.stringify(message));
  }

  #excess(isMessage: boolean): Excess | undefined {
    const platform = this.#platform;
    const reached = platform.gates.inband(this.corr, isMessage, platform.wallMs);
    if (!reached) return undefined;
    platform.decide('ws', 'inband-limit', this.corr, this.#attempt);
    const ms = Math.ceil(reached.resetMs);
    const retryAfter = Math.max(1, Math.ceil(ms / 1000));
    return { retryAfter, ...(platform.knobs.scale < 1 ? { retryAfterMs: ms } : {}) };
  }

  #lookUp(wait: () => void, done: () => void): void {
    const { latencyMs, perActiveMs } = this.#platform.knobs.dataAction;
    const ms = latencyMs + perActiveMs * this.#platform.sessions.size;
    if (ms === 0) {
      done();
      return;
    }
    wait();
    const leave = this.#platform.dataActions.enter(() => {
      this.#after(ms, () => {
        leave();
        done();
      });
    });
    this.#leaveLookUp = leave;
  }

  /** One timer per session: traffic only moves a time, and the timer looks at it when it fires. */
  #watchIdle(idleMs: number, waitMs: number): void {
    this.#after(waitMs, () => {
      const { scale, idleHow } = this.#platform.knobs;
      const quietMs = (monotonicClock.now() - this.#lastFrameAt) / scale;
      if (quietMs >= idleMs) this.end('idle', idleHow, 'idle');
      else this.#watchIdle(idleMs, Math.max(idleMs - quietMs, 1 / scale));
    });
  }

  #after(ms: number, run: () => void): () => void {
    if (this.#isEnded) return () => {};
    if (ms <= 0) {
      run();
      return () => {};
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, this.#platform.scaled(ms));
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  /** Nothing is sent or run from here on. */
  #quiet(): void {
    this.#isEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#leaveLookUp();
  }

  #release(): void {
    this.#quiet();
    this.#platform.sessions.delete(this);
    this.#place.leave(this);
  }
}
