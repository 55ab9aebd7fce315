import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { WebSocketServer } from 'ws';
import { limits } from '../limits.ts';
import {
  type Answer,
  edgeAnswer,
  errorAnswer,
  isEdge,
  rateAnswer,
  rateHeaders,
  retryHeaders,
} from './answer.ts';
import { findPlace } from './places.ts';
import { attemptOf, bearerOf, type Platform } from './platform.ts';
import { Session } from './session.ts';
import type { Place } from './talk.ts';

/** Headers of a 101, by the request they answer; the WebSocket server asks for them. */
const acceptedHeaders = new WeakMap<IncomingMessage, readonly string[]>();

export function addAcceptedHeaders(headers: string[], request: IncomingMessage): void {
  headers.push(...(acceptedHeaders.get(request) ?? []));
}

/** One request to become a WebSocket, from its headers to the 101 or whatever else it gets. */
export function serveUpgrade(
  platform: Platform,
  webSockets: WebSocketServer,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  const upgrade = new Upgrade(platform, webSockets, request, socket, head);
  upgrade.decide();
}

class Upgrade {
  readonly #platform: Platform;
  readonly #webSockets: WebSocketServer;
  readonly #request: IncomingMessage;
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #corr: string;
  readonly #startedAt = performance.now();
  readonly #greetingMs: number;
  #decision = '';

  constructor(
    platform: Platform,
    webSockets: WebSocketServer,
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
  ) {
    this.#platform = platform;
    this.#webSockets = webSockets;
    this.#request = request;
    this.#socket = socket;
    this.#head = head;
    this.#corr = platform.uuid('correlation-upgrade');
    this.#greetingMs = platform.greetingMs(socket);
    platform.track(socket);
    socket.on('error', () => {
      // A client that resets shows in the close that follows.
    });
  }

  decide(): void {
    const platform = this.#platform;
    const [path = '', query = ''] = (this.#request.url ?? '').split('?', 2);
    const parameters = new URLSearchParams(query);
    const { headers, method } = this.#request;
    const isHandshake =
      method === 'GET' &&
      headers.upgrade?.toLowerCase() === 'websocket' &&
      headers['sec-websocket-version'] === '13' &&
      /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '');
    if (!isHandshake) {
      const message = 'This is no WebSocket handshake of version 13.';
      this.#refuse('bad-request', errorAnswer(400, 'bad.request', message, this.#corr));
      return;
    }
    const wish = { platform, path, query: parameters, headers, corr: this.#corr };
    const found = findPlace(wish);
    if (!('place' in found)) {
      this.#refuse(found.decision, found.answer);
      return;
    }
    const denial = platform.denial('upgrade');
    if (denial !== undefined) {
      const message = 'Invalid login credentials.';
      this.#refuse('denied', errorAnswer(denial, 'bad.credentials', message, this.#corr));
      return;
    }
    if (this.#isOverHandshakeLimit(parameters)) return;
    const { saturation, maxSessions } = platform.knobs;
    if (saturation !== null && platform.isSaturated()) {
      this.#refuse('saturation', edgeAnswer(saturation.status, this.#corr));
      return;
    }
    if (maxSessions === null || platform.sessions.size < maxSessions) this.#accept(found.place);
    else this.#exceed(found.place);
  }

  #isOverHandshakeLimit(parameters: URLSearchParams): boolean {
    const platform = this.#platform;
    const { handshakes, scale } = platform.knobs;
    if (handshakes === null) return false;
    const key = {
      deployment: () => parameters.get('deploymentId') ?? '',
      token: () => bearerOf(this.#request) ?? parameters.get('access_token') ?? '',
      ip: () => this.#socket.remoteAddress ?? '',
    }[handshakes.scope]();
    const verdict = platform.gates.handshake(key, platform.wallMs);
    if (!verdict || verdict.allowed) return false;
    const headers = {
      ...(handshakes.headers ? rateHeaders(verdict) : {}),
      ...retryHeaders(verdict.resetMs, handshakes.retryAfter, scale),
    };
    this.#refuse(
      'handshake-limit',
      rateAnswer(this.#corr, verdict.resetMs, headers, handshakes.status),
    );
    platform.countRejection();
    return true;
  }

  /** There is no slot left. */
  #exceed(place: Place): void {
    const platform = this.#platform;
    const { overCap, overCapRetryAfter, hangMs, destroyAfterMs, scale } = platform.knobs;
    const corr = this.#corr;
    switch (overCap) {
      case '503':
        this.#refuse(
          'cap',
          errorAnswer(503, 'service.unavailable', 'No session is available.', corr),
        );
        return;
      case '429': {
        const ms = overCapRetryAfter * 1000 * scale;
        this.#refuse('cap', rateAnswer(corr, ms, retryHeaders(ms, 'delta', scale)));
        return;
      }
      case '502html':
        this.#refuse('cap', edgeAnswer(502, corr));
        return;
      case 'hang408': {
        const message = 'The request timed out before the server could respond.';
        this.#refuse('cap', errorAnswer(408, 'requestTimedOut', message, corr), hangMs);
        return;
      }
      case 'hangDrop':
        this.#cut(hangMs);
        return;
      case 'destroy':
        this.#cut(0);
        return;
      case 'accept-destroy':
        this.#accept(place, destroyAfterMs);
        return;
      case 'evict-oldest':
      case 'evict-newest': {
        const victim = platform.victim(overCap === 'evict-oldest' ? 'oldest' : 'newest');
        if (victim) {
          victim.end('evict', 'fin');
          platform.sessions.delete(victim);
        }
        this.#accept(place);
        return;
      }
    }
  }

  /** `destroyAfterMs` marks a session above the cap: it holds no slot and does not last. */
  #accept(place: Place, destroyAfterMs?: number): void {
    const platform = this.#platform;
    const isAbove = destroyAfterMs !== undefined;
    this.#decide(isAbove ? 'cap' : 'accept');
    const latencyMs = platform.latencyMs('upgrade');
    const session = new Session(platform, this.#socket, place, {
      corr: this.#corr,
      attempt: attemptOf(this.#request),
    });
    if (!isAbove) platform.sessions.add(session);
    this.#wait(latencyMs, (head) => {
      acceptedHeaders.set(
        this.#request,
        Object.entries(this.#ownHeaders()).map(([name, value]) => `${name}: ${value}`),
      );
      let isOpen = false;
      this.#webSockets.handleUpgrade(this.#request, this.#socket, head, (webSocket) => {
        isOpen = true;
        platform.tally.upgrade(101);
        session.open(webSocket);
        if (isAbove) session.destroyAfter(destroyAfterMs);
      });
      // The WebSocket server calls back at once, or has refused headers that are malformed.
      if (!isOpen) platform.tally.upgrade(this.#socket.destroyed ? 'aborted' : 400);
    });
  }

  #refuse(decision: string, answer: Answer, ms = 0): void {
    this.#decide(decision);
    this.#wait(ms, () => {
      this.#platform.tally.upgrade(answer.status);
      const { Date: date, ...own } = this.#ownHeaders();
      const headers = {
        Date: date,
        ...answer.headers,
        ...(isEdge(answer) ? {} : own),
        'Content-Length': String(Buffer.byteLength(answer.body)),
        Connection: 'close',
      };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const status = `${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}`;
      this.#socket.on('end', () => this.#socket.destroy()).resume();
      this.#socket.setTimeout(limits.simulatorLingerMs, () => this.#socket.destroy());
      this.#socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${answer.body}`);
    });
  }

  /** Cuts the connection without an answer. */
  #cut(ms: number): void {
    this.#decide('cap');
    this.#wait(ms, () => {
      this.#platform.tally.upgrade('none');
      this.#socket.destroy();
    });
  }

  #decide(decision: string): void {
    this.#decision = decision;
    this.#platform.decide('upgrade', decision, this.#corr, attemptOf(this.#request));
  }

  #ownHeaders(): Record<string, string> {
    return {
      'ININ-Correlation-Id': this.#corr,
      'Server-Timing': `app;dur=${(performance.now() - this.#startedAt).toFixed(3)}`,
      Date: new Date().toUTCString(),
      ...(this.#platform.knobs.reveal ? { 'X-Sim-Decision': this.#decision } : {}),
    };
  }

  /**
   * Goes on after a while with all that the client sent so far. The socket is read meanwhile: that is
   * the only way to learn that the client has left.
   */
  #wait(ms: number, proceed: (head: Buffer) => void): void {
    const total = ms + this.#greetingMs;
    if (total <= 0) {
      proceed(this.#head);
      return;
    }
    const socket = this.#socket;
    const early = [this.#head];
    let size = this.#head.length;
    const onData = (chunk: Buffer): void => {
      early.push(chunk);
      size += chunk.length;
      if (size > limits.simulatorMessageBytes) socket.destroy();
    };
    const onEnd = (): void => {
      socket.destroy();
    };
    const onClose = (): void => {
      clearTimeout(timer);
      this.#platform.tally.upgrade('aborted');
    };
    const timer = setTimeout(() => {
      socket.off('data', onData).off('end', onEnd).off('close', onClose);
      proceed(Buffer.concat(early));
    }, this.#platform.scaled(total));
    socket.on('data', onData).on('end', onEnd).on('close', onClose);
  }
}
