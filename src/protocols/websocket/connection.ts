/**
 * One attempt at a WebSocket, from the dial to its one end. It owns the sockets, measures, and tells
 * the guest; `WebSockets` owns the connections of a VU. This file is the home of `ws` as a client.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type RawData, WebSocket } from 'ws';
import {
  Delivery,
  WsDialect,
  type WsEnd,
  type WsFault,
  type WsHandshakeDetails,
  type WsOpened,
} from '../../../runtime/contract/ops.ts';
import { type Cause, causes, type Initiator, type Phase } from '../../attempts/cause.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { BuiltinName, TagSet } from '../../metrics/contract.ts';
import { answerFacts, bodyCode } from '../answer-facts.ts';
import type { DeliveryItem, ProtocolHost } from '../contract.ts';
import { type DialTls, localAddressFor, resolveHost, tlsOptionsFor } from '../dial.ts';
import { namesOf } from '../names.ts';
import { newTraceparent, traced } from '../traceparent.ts';
import type { DialPlan } from './dial-plan.ts';
import {
  type DialPhase,
  dialFault,
  type Fault,
  frameFault,
  givenUpFault,
  lossFault,
  phaseTimeoutFault,
  pongTimeoutFault,
  refusalFault,
  timeoutFault,
} from './fault.ts';
import { rateLimitIn } from './in-band.ts';
import type { TimedPhase } from './session-terms.ts';

export interface ConnectionOwner {
  readonly host: ProtocolHost;
  /** Hands a delivery to the VU; pauses the connection when the VU's inbox is full. */
  deliver(connection: Connection, item: DeliveryItem): void;
  /** The attempt is over and measured; called once, unless `failed` said that there is another. */
  ended(connection: Connection): void;
  /** The connection is open. */
  opened?(connection: Connection): void;
  /** The dial failed. Returns true when another attempt follows: then the script hears nothing of this one. */
  failed?(connection: Connection, fault: Fault): boolean;
}

/** Why a connection is not read; each reason ends by itself. */
export const PauseReason = {
  /** The VU's inbox is full. */
  inbox: 1,
  /** Enough waits for the VU's next iteration. */
  idle: 2,
  /** The script reads slower than the peer sends. */
  script: 4,
} as const;

/** Who ends a connection on our side. */
type Closer = 'script' | 'iteration' | 'vu';
const closers: Readonly<Record<Closer, { words: string; early: Cause; late: Cause }>> = {
  script: { words: 'the script', early: 'given-up', late: 'closed-by-us' },
  iteration: {
    words: 'the end of the iteration',
    early: 'iteration-ended',
    late: 'iteration-ended',
  },
  vu: { words: 'the end of the virtual user', early: 'vu-ended', late: 'vu-ended' },
};

/** Listeners are shared functions: what they belong to stands on the emitter, not in closures. */
const owner = Symbol('connection');
interface Owned {
  [owner]: Connection;
}
const abnormalClosure = 'websocket: close 1006 (abnormal closure)';
type OnSocket = (error: Error | null, socket?: Socket) => void;

export class Connection {
  readonly id: number;
  /** The answer to the upgrade, once there is one. */
  details: WsHandshakeDetails | undefined;
  /** JSON `WsEnd` of a session that has ended. */
  endJson: string | undefined;

  readonly #owner: ConnectionOwner;
  readonly #plan: DialPlan;
  readonly #ws: WebSocket;
  readonly #started: number;
  /** Of the dial, or of one of its phases; of an open session, of the first message. */
  #deadline: NodeJS.Timeout | undefined;
  #pinger: NodeJS.Timeout | undefined;
  /** Runs while a ping of ours is not answered. */
  #pongDeadline: NodeJS.Timeout | undefined;
  #pausedFor = 0;
  #state: 'connecting' | 'open' | 'closing' | 'ended' = 'connecting';
  #phase: DialPhase = 'connect';
  #tags: TagSet;
  /** The TCP socket, under TLS if there is any: its byte counts are what the wire carried. */
  #tcp: Socket | undefined;
  /** What HTTP and ws talk through: the TCP socket or TLS on it. */
  #socket: Socket | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  /** The body of a refusal while it comes in. */
  #body: Buffer[] | undefined;
  #bodyBytes = 0;
  #faulted = false;
  #durationTaken = false;
  /** What broke the open connection, unless we had begun to close it. */
  #loss: Fault | undefined;
  #fin = false;
  #errno: string | undefined;
  #pings: { payload: string; at: number }[] = [];
  #pingCount = 0;
  readonly #name: string;
  readonly #openAtStart: number;
  readonly #sessionId: string | undefined;
  // Instants of what happened, 0 as long as it has not.
  #lookedUp = 0;
  #connected = 0;
  #secured = 0;
  #answered = 0;
  #openedAt = 0;
  #firstMessage = 0;
  #lastIn = 0;
  #lastOut = 0;
  /** When the message went out whose answers come in; what earlier ones took. */
  #turnFrom = 0;
  #turns = 0;
  #turnTotal = 0;
  #largestOut = 0;
  #messagesIn = 0;
  #messagesOut = 0;
  /** Messages that told of a rate limit. */
  #limited = 0;
  #limitedAfter: number | undefined;
  #rawHeaders: readonly string[] = [];
  /** Why we began to close, while it was open. */
  #ownClose: Cause | undefined;

  /** Starts the dial. Throws `GuestError` for headers, subprotocols or certificates that cannot be. */
  constructor(connectionOwner: ConnectionOwner, id: number, plan: DialPlan) {
    const { host } = connectionOwner;
    this.id = id;
    this.#owner = connectionOwner;
    this.#plan = plan;
    this.#started = host.clock.now();
    let tags = host.tags();
    for (const [key, value] of Object.entries(plan.tags)) tags = tags.with(key, value);
    tags = this.#system(tags, 'url', plan.name ?? plan.urlTag);
    this.#tags =
      plan.dialect === WsDialect.callbacks && plan.name === undefined
        ? tags
        : this.#system(tags, 'name', plan.name ?? plan.urlTag);
    const { protocol, hostname } = plan.url;
    // Made here and not during the dial, so that certificates that cannot be read throw in the script.
    const tls = protocol === 'wss:' ? tlsOptionsFor(host.settings, hostname) : undefined;
    const { traceparent } = host.settings;
    if (traceparent > 0) plan.headers['traceparent'] ??= newTraceparent(traceparent);
    // Not written into the call: the types of ws do not know closeTimeout yet.
    const options = {
      createConnection: ((_options: unknown, onSocket: OnSocket) =>
        this.#dial(tls, onSocket)) as unknown as typeof connectTcp,
      headers: plan.headers,
      perMessageDeflate: plan.deflate,
      maxPayload: limits.wsMessageBytes,
      closeTimeout: limits.wsCloseMs,
    };
    try {
      this.#ws = new WebSocket(plan.url, plan.protocols, options);
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      const name = thrown instanceof SyntaxError ? 'SyntaxError' : 'TypeError';
      throw new GuestError(`WebSocket cannot be opened: ${thrown.message}`, name);
    }
    if (plan.session === undefined) {
      this.#deadline = setTimeout(onDeadline, plan.timeoutMs, this);
    } else this.#timePhase();
    (this.#ws as unknown as Owned)[owner] = this;
    this.#ws
      .on('upgrade', onUpgrade)
      .on('unexpected-response', onRefusal)
      .on('open', onOpen)
      .on('message', onMessage)
      .on('ping', onPing)
      .on('pong', onPong)
      .on('error', onError)
      .on('close', onClose);
    host.gauges.wsConnecting++;
    this.#name = (plan.name ?? plan.urlTag).slice(0, limits.tagLength);
    this.#sessionId = host.sessionId;
    this.#openAtStart = host.attempts.begin('ws', this.#name, this.#started);
  }

  #dial(tlsOptions: DialTls | undefined, onSocket: OnSocket): Socket | undefined {
    const { settings, vuId } = this.#owner.host;
    const { hostname, port } = this.#plan.url;
    const localAddress = localAddressFor(settings, vuId);
    const to = resolveHost(
      settings,
      hostname,
      Number(port) || (tlsOptions === undefined ? 80 : 443),
    );
    const names = namesOf(settings);
    const forbidden = names.forbiddenName(bare(this.#plan.url)) ?? names.forbiddenAddress(to.host);
    if (forbidden !== undefined) {
      onSocket(forbidden);
      return undefined;
    }
    const tcp = connectTcp({
      ...to,
      lookup: names.lookup,
      ...(localAddress !== undefined && { localAddress }),
      noDelay: true,
      autoSelectFamilyAttemptTimeout: limits.dialAddressMs,
    });
    this.#tcp = tcp;
    tcp.once('lookup', () => {
      this.#lookedUp = this.#now();
      this.#timePhase();
    });
    if (tlsOptions === undefined) {
      tcp.once('connect', () => {
        this.#connected = this.#now();
        this.#enterPhase('upgrade');
      });
      return this.#watch(tcp);
    }
    // TLS waits for TCP: Node may change the handle under a name with several addresses until then.
    tcp.on('error', onSocket);
    tcp.once('connect', () => {
      this.#connected = this.#now();
      this.#enterPhase('tls');
      const servername = isIP(bare(this.#plan.url)) === 0 ? hostname : '';
      const tls = connectTls({ socket: tcp, servername, ...tlsOptions });
      tls.once('secureConnect', () => {
        this.#secured = this.#now();
        this.#enterPhase('upgrade');
      });
      onSocket(null, this.#watch(tls));
    });
    return undefined;
  }

  #enterPhase(phase: DialPhase): void {
    this.#phase = phase;
    this.#timePhase();
  }

  /** A session's phases have times of their own, each from where it begins. */
  #timePhase(): void {
    const { session } = this.#plan;
    if (session === undefined || this.#state !== 'connecting') return;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(onDeadline, session.timeouts[this.#dialPhase], this);
  }

  /** The phase of the dial, with the look-up apart. */
  get #dialPhase(): 'dns' | DialPhase {
    const isLookup =
      this.#phase === 'connect' && this.#lookedUp === 0 && isIP(bare(this.#plan.url)) === 0;
    return isLookup ? 'dns' : this.#phase;
  }

  #watch<S extends Socket>(socket: S): S {
    this.#socket = socket;
    (socket as unknown as Owned)[owner] = this;
    return socket.on('end', onSocketEnd).on('error', onSocketError);
  }

  // what the script asks --------------------------------------------------------------------------

  /**
   * Sends one message; bytes may be the UTF-8 of a text message. Returns the bytes that wait here.
   * Throws `GuestError` when the connection is not open or too much waits already.
   */
  send(data: string | Uint8Array, isText: boolean): number {
    this.#requireOpen('send');
    if (this.#ws.bufferedAmount + data.length > limits.wsBufferedBytes) {
      throw new GuestError(
        `WebSocket send: ${this.#ws.bufferedAmount} bytes wait for a peer that does not read them, and ` +
          `${data.length} more would pass the limit of ${limits.wsBufferedBytes}; ` +
          'send less or look at bufferedAmount',
        'QuotaExceededError',
      );
    }
    this.#ws.send(data, { binary: !isText });
    this.#messagesOut++;
    const { recorder, builtins, clock } = this.#owner.host;
    const now = clock.now();
    if (data.length > this.#largestOut) this.#largestOut = data.length;
    this.#lastOut = now;
    this.#endTurn();
    this.#turnFrom = now;
    recorder.add(builtins.ws_msgs_sent, this.#tags, 1, clock.wall(now));
    return this.#ws.bufferedAmount;
  }

  /** Sends a ping; without a payload it gets one of ours. */
  ping(payload: string | Uint8Array | undefined): void {
    this.#requireOpen('ping');
    const bytes = Buffer.from((payload ?? String(++this.#pingCount)) as string);
    if (bytes.length > 125) throw new GuestError('WebSocket ping: data is longer than 125 bytes');
    // A peer may leave pings unanswered; the oldest is then given up.
    if (this.#pings.length >= limits.wsPendingPings) this.#pings.shift();
    this.#lastOut = this.#now();
    this.#pings.push({ payload: bytes.toString('latin1'), at: this.#lastOut });
    this.#ws.ping(bytes);
    if (this.#plan.dialect === WsDialect.events) this.#sample('ws_msgs_sent', 1);
  }

  /** Starts the closing handshake, or gives up the dial. Twice is once. */
  close(code: number | undefined, reason: string, by: Closer = 'script'): void {
    if (this.#state === 'connecting')
      this.#fail(givenUpFault(closers[by].words, closers[by].early));
    if (this.#state !== 'open') return;
    // Its close frame may have come, and the script not have heard of it yet.
    const peerWasFirst = this.#ws.readyState !== WebSocket.OPEN;
    try {
      this.#ws.close(code, reason);
    } catch (thrown) {
      throw new GuestError(`WebSocket close: ${(thrown as Error).message}`, 'InvalidAccessError');
    }
    this.#state = 'closing';
    if (!peerWasFirst) this.#ownClose = closers[by].late;
    if (this.#plan.dialect === WsDialect.events) this.#sample('ws_msgs_sent', 1);
    else if (this.#plan.dialect === WsDialect.callbacks) this.#sampleDuration();
    // The peer's close frame stands behind what was held back.
    this.#pausedFor = 0;
    this.#ws.resume();
  }

  /** Tells the script once nothing waits to be sent, or at once; the end of the connection tells it too. */
  tellDrained(): void {
    if (this.#state === 'ended') return;
    if (this.#ws.bufferedAmount === 0 || this.#socket === undefined) {
      this.#deliver({ kind: Delivery.wsDrained, id: this.id });
    } else {
      // An empty write comes back when all before it is with the system.
      this.#socket.write('', (error) => {
        if (!error) this.tellDrained();
      });
    }
  }

  /** It is a session the script has, and lives on after the iteration that opened it. */
  get isKept(): boolean {
    return this.#plan.session?.keep === true && this.#state !== 'connecting';
  }

  /** The script forgot to close it. Returns what to call it, or undefined when it may be left open. */
  leaked(): string | undefined {
    if (this.#plan.session === undefined || this.#state === 'closing') return undefined;
    this.#sample('ws_sessions_leaked', 1);
    return this.#name;
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount;
  }

  pause(reason: number): void {
    if (this.#state !== 'open') return;
    this.#pausedFor |= reason;
    this.#ws.pause();
  }

  resume(reason: number): void {
    this.#pausedFor &= ~reason;
    if (this.#pausedFor === 0) this.#ws.resume();
  }

  /** The VU is gone: a last close frame and FIN go out if they can, and the attempt is over now. */
  dispose(): void {
    this.close(1001, '', 'vu');
    if (this.#state === 'ended') return;
    this.#socket?.destroySoon();
    this.#end(1001, false, '');
  }

  #requireOpen(action: string): void {
    if (this.#state === 'open' && this.#ws.readyState === WebSocket.OPEN) return;
    const state = this.#state === 'connecting' ? 'CONNECTING' : 'CLOSING';
    throw new GuestError(
      `WebSocket ${action}: the connection is not open, its readyState is ${state}`,
      'InvalidStateError',
    );
  }

  // what happens ----------------------------------------------------------------------------------

  #setCookies: string[] | undefined;

  answered(response: IncomingMessage): void {
    this.#answered = this.#now();
    this.#rawHeaders = response.rawHeaders;
    this.#setCookies = response.headers['set-cookie'];
    this.details = {
      status: response.statusCode ?? 0,
      headers: canonicalHeaders(response.rawHeaders),
      body: '',
    };
  }

  refused(response: IncomingMessage): void {
    this.answered(response);
    this.#body = [];
    (response as unknown as Owned)[owner] = this;
    response.on('data', onBody).on('end', onBodyEnd).on('close', onBodyEnd);
  }

  bodyPart(chunk: Buffer): void {
    this.#body?.push(chunk);
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes >= limits.wsRefusalBodyBytes) this.bodyEnded();
  }

  bodyEnded(): void {
    const { details } = this;
    if (this.#body === undefined || details === undefined || this.#state !== 'connecting') return;
    details.body = Buffer.concat(this.#body).toString('utf8', 0, limits.wsRefusalBodyBytes);
    this.#body = undefined;
    this.#fail(refusalFault(details.status, STATUS_CODES[details.status] ?? ''));
  }

  deadlinePassed(): void {
    const { session } = this.#plan;
    // A refusal whose body does not end is still a refusal.
    if (this.#body !== undefined) this.bodyEnded();
    else if (this.#state === 'open') {
      this.#cut(phaseTimeoutFault(session?.timeouts.firstMessage ?? 0, 'firstMessage'));
    } else if (session !== undefined) {
      const phase: TimedPhase = this.#dialPhase;
      this.#fail(phaseTimeoutFault(session.timeouts[phase], phase));
    } else this.#fail(timeoutFault(this.#plan.timeoutMs, this.#phase));
  }

  opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#stopTimers();
    const { session } = this.#plan;
    if (session?.timeouts.firstMessage !== undefined) {
      this.#deadline = setTimeout(onDeadline, session.timeouts.firstMessage, this);
    }
    if (session?.ping !== undefined) {
      this.#pinger = setInterval(onPingDue, session.ping.everyMs, this);
    }
    const { gauges, attempts } = this.#owner.host;
    gauges.wsConnecting--;
    gauges.wsOpen++;
    this.#openedAt = this.#now();
    attempts.answered('ws', this.#name, this.#openedAt, true);
    this.#attempted(101);
    this.#owner.opened?.(this);
    const { protocol, extensions } = this.#ws;
    this.#deliver({
      kind: Delivery.wsOpen,
      id: this.id,
      text: JSON.stringify({
        protocol,
        extensions,
        setCookies: this.#setCookies,
      } satisfies WsOpened),
    });
  }

  message(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'ended') return;
    // To scripts of k6/ws the session is over.
    if (this.#state === 'closing' && this.#plan.dialect === WsDialect.callbacks) return;
    const { recorder, builtins, clock } = this.#owner.host;
    const now = clock.now();
    const wall = clock.wall(now);
    this.#messagesIn++;
    this.#lastIn = now;
    if (this.#firstMessage === 0) {
      this.#firstMessage = now;
      clearTimeout(this.#deadline);
      this.#sample('ws_first_message', now - this.#openedAt);
    }
    if (!isBinary) this.#lookForLimit(data);
    recorder.add(builtins.ws_msgs_received, this.#tags, 1, wall);
    const numbers = [Math.floor(wall)];
    const { id } = this;
    if (isBinary) this.#deliver({ kind: Delivery.wsBytes, id, numbers, bytes: data });
    // A string is cut at its first NUL on its way into the guest, so such text goes as bytes.
    else if (data.includes(0)) this.#deliver({ kind: Delivery.wsText, id, numbers, bytes: data });
    else this.#deliver({ kind: Delivery.wsText, id, numbers, utf8: data });
  }

  #lookForLimit(data: Buffer): void {
    const told = rateLimitIn(data);
    if (told === undefined) return;
    if (this.#limited++ === 0) this.#limitedAfter = told.retryAfterMs;
  }

  pinged(): void {
    this.#lastIn = this.#now();
    if (this.#state !== 'ended')
      this.#deliver({ kind: Delivery.wsPong, id: this.id, numbers: [0, -1] });
  }

  ponged(data: Buffer): void {
    if (this.#state === 'ended') return;
    this.#lastIn = this.#now();
    const payload = data.toString('latin1');
    const index = this.#pings.findIndex((ping) => ping.payload === payload);
    let roundTrip = -1;
    if (index >= 0) {
      roundTrip = this.#owner.host.clock.now() - (this.#pings[index]?.at ?? 0);
      // A peer may answer only the latest of several pings; the earlier ones are answered with it.
      this.#pings.splice(0, index + 1);
      this.#sample('ws_ping', roundTrip);
      if (this.#pings.length === 0) {
        clearTimeout(this.#pongDeadline);
        this.#pongDeadline = undefined;
      }
    }
    this.#deliver({ kind: Delivery.wsPong, id: this.id, numbers: [1, roundTrip] });
  }

  failed(error: Error): void {
    if (this.#state === 'connecting') {
      this.#fail(dialFault(error, this.#phase, this.details !== undefined));
    } else if (this.#state !== 'ended') {
      this.#tell(frameFault(error));
    }
  }

  closed(code: number, reason: string): void {
    if (this.#state === 'ended') return;
    // Only an open connection gets here: before that `failed` has ended the attempt.
    if (code === 1006 && !this.#faulted) {
      this.#tell(
        lossFault({ fin: this.#fin, errno: this.#errno, closing: this.#state === 'closing' }),
      );
    }
    if (code === 1006 && this.#loss !== undefined) {
      this.#sample('ws_sessions_lost', 1, this.#faultTags(this.#tags, this.#loss));
    }
    this.#end(code, code !== 1006, reason);
  }

  /** A turn lasts from a message of ours to the last one that comes before our next. */
  #endTurn(): void {
    if (this.#turnFrom === 0 || this.#lastIn <= this.#turnFrom) return;
    this.#turns++;
    this.#turnTotal += this.#lastIn - this.#turnFrom;
  }

  #now(): number {
    return this.#owner.host.clock.now();
  }

  pingDue(): void {
    const { ping } = this.#plan.session ?? {};
    if (this.#state !== 'open' || ping === undefined) return;
    this.ping(undefined);
    this.#pongDeadline ??= setTimeout(onPongMissing, ping.timeoutMs, this);
  }

  pongMissing(): void {
    this.#pongDeadline = undefined;
    const timeoutMs = this.#plan.session?.ping?.timeoutMs ?? 0;
    const oldest = this.#pings[0];
    if (this.#state !== 'open' || oldest === undefined) return;
    const left = oldest.at + timeoutMs - this.#now();
    if (left <= 0 && this.#pausedFor === 0) this.#cut(pongTimeoutFault(timeoutMs));
    else {
      // Who is not read cannot be heard: a pong may lie behind what waits.
      const wait = left <= 0 ? timeoutMs : Math.ceil(left);
      this.#pongDeadline = setTimeout(onPongMissing, wait, this);
    }
  }

  #stopTimers(): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#pinger);
    clearTimeout(this.#pongDeadline);
  }

  socketEnded(): void {
    this.#fin = true;
  }

  socketFailed(error: NodeJS.ErrnoException): void {
    this.#errno ??= error.code;
  }

  // ends ------------------------------------------------------------------------------------------

  /** The attempt ends without having been open. */
  #fail(fault: Fault): void {
    if (this.#state !== 'connecting') return;
    this.#stopTimers();
    this.#owner.host.gauges.wsConnecting--;
    this.#attempted(fault.status === 0 ? (this.details?.status ?? 0) : fault.status, fault);
    if (this.#plan.dialect === WsDialect.callbacks) this.#sampleDuration();
    // Each attempt has its record, whether or not the script hears of it.
    if (this.#owner.failed?.(this, fault) === true) {
      this.#record(fault.cause, 1006, '', fault);
      this.count();
      this.#state = 'ended';
    } else {
      this.#tell(fault);
      this.#record(fault.cause, 1006, '', fault);
      this.#finish(1006, false, '', this.#endFacts(fault.cause, 0, '', fault));
    }
    this.#ws.terminate();
    this.#tcp?.destroy();
  }

  /** One of our times has passed: the peer is told if it still listens, and not waited for. */
  #cut(fault: Fault): void {
    this.#tell(fault);
    this.#sample('ws_sessions_lost', 1, this.#faultTags(this.#tags, fault));
    this.#ws.close(1001);
    this.#socket?.destroySoon();
    this.#end(1006, false, '');
  }

  /** The connection ends after having been open. */
  #end(code: number, wasClean: boolean, reason: string): void {
    this.#stopTimers();
    this.#owner.host.gauges.wsOpen--;
    if (!this.#durationTaken) this.#sampleDuration();
    const cause = this.#loss?.cause ?? this.#ownClose ?? 'closed-by-peer';
    this.#record(cause, code, reason, this.#loss);
    this.#finish(code, wasClean, reason, this.#endFacts(cause, code, reason, this.#loss));
  }

  /** What a session is told of its end; nothing to other connections. */
  #endFacts(
    cause: Cause,
    code: number,
    reason: string,
    fault: Fault | undefined,
  ): WsEnd | undefined {
    if (this.#plan.session === undefined) return undefined;
    const now = this.#now();
    const wasOpen = this.#openedAt > 0;
    const since = wasOpen ? this.#openedAt : this.#started;
    // Behind a close frame it says nothing.
    const wire = wasOpen && code !== 1006 ? undefined : this.#wire;
    const errno = fault?.errno ?? this.#errno;
    const said = reason === '' ? '' : `: ${reason}`;
    return {
      cause,
      message: fault?.message ?? `${causes[cause].words}, code ${code}${said}`,
      phase: this.#endPhase(code),
      initiator: causes[cause].initiator,
      code,
      reason,
      status: wasOpen ? 101 : (this.details?.status ?? 0),
      ...(wire !== undefined && { wire }),
      ...(errno !== undefined && { errno }),
      ageMs: now - since,
      idleMs: now - Math.max(this.#lastIn, this.#lastOut, since),
      ids: answerFacts(this.#rawHeaders, this.#idHeaders).ids ?? {},
    };
  }

  get #idHeaders(): ReadonlySet<string> {
    const { attempts } = this.#owner.host;
    const own = this.#plan.session?.idHeaders ?? [];
    return own.length === 0 ? attempts.idHeaders : new Set([...attempts.idHeaders, ...own]);
  }

  get #wire(): 'fin' | 'rst' | undefined {
    return this.#errno === 'ECONNRESET' ? 'rst' : this.#fin ? 'fin' : undefined;
  }

  #endPhase(code: number): Phase {
    if (this.#openedAt === 0) return this.#dialPhase;
    return this.#ownClose !== undefined || code !== 1006 ? 'closing' : 'open';
  }

  #sampleDuration(): void {
    this.#durationTaken = true;
    this.#sample('ws_session_duration', this.#owner.host.clock.now() - this.#started);
  }

  #finish(code: number, wasClean: boolean, reason: string, facts: WsEnd | undefined): void {
    this.count();
    this.#state = 'ended';
    const numbers = [code, wasClean ? 1 : 0];
    const text = facts === undefined ? reason : (this.endJson = JSON.stringify(facts));
    this.#deliver({ kind: Delivery.wsClose, id: this.id, numbers, text });
    this.#owner.ended(this);
  }

  #tell(fault: Fault): void {
    this.#faulted = true;
    if (this.#state === 'open') this.#loss = fault;
    // A session hears of it with its end.
    if (this.#plan.session !== undefined) return;
    const { code, status } = fault;
    let { message } = fault;
    // Scripts of k6's may look for its words.
    if (this.#plan.dialect !== WsDialect.own) {
      if (this.#state !== 'connecting') message = `${abnormalClosure}: ${message}`;
      else if (status > 0) message = `websocket: bad handshake (${message})`;
    }
    // An answer that was taken already is not told of again.
    const setCookies = status > 0 ? this.#setCookies : undefined;
    const text = JSON.stringify({ message, code, status, setCookies } satisfies WsFault);
    this.#deliver({ kind: Delivery.wsError, id: this.id, text });
  }

  #deliver(item: DeliveryItem): void {
    this.#owner.deliver(this, item);
  }

  /** The one terminal record of this attempt, whatever it came to. */
  #record(cause: Cause, code: number, reason: string, fault: Fault | undefined): void {
    const { host } = this.#owner;
    const { attempts, clock } = host;
    const now = clock.now();
    const wasOpen = this.#openedAt > 0;
    const openAtEnd = attempts.open('ws');
    if (!wasOpen) attempts.answered('ws', this.#name, now, false);
    // A peer that closes says with the code whether something is wrong.
    this.#endTurn();
    const failed =
      cause === 'closed-by-peer' ? code !== 1000 && code !== 1005 : causes[cause].failed;
    const status = wasOpen ? 101 : (this.details?.status ?? 0);
    this.count();
    const outcome = {
      kind: 'ws',
      name: this.#name,
      cause,
      code: wasOpen ? code : status,
      failed,
    } as const;
    this.#sampleEnd(cause, code, wasOpen, now);
    if (!attempts.end(outcome, now)) return;
    const initiator: Initiator = causes[cause].initiator;
    const since = (instant: number): number | undefined =>
      instant === 0 ? undefined : instant - this.#started;
    const sent = this.#secured || (this.#plan.url.protocol === 'wss:' ? 0 : this.#connected);
    attempts.keep({
      kind: 'ws',
      op: this.#plan.op ?? `${host.vuId}-ws${this.id}`,
      attempt: this.#plan.attempt ?? 1,
      vu: host.vuId,
      scenario: host.scenarioName,
      ...(this.#sessionId !== undefined && { session: this.#sessionId }),
      name: this.#name,
      method: 'GET',
      start: clock.wall(this.#started),
      total: now - this.#started,
      ...defined({
        dns: since(this.#lookedUp),
        connect: this.#connected && this.#connected - (this.#lookedUp || this.#started),
        tls: this.#secured && this.#secured - this.#connected,
        sent: since(sent),
        answered: since(this.#answered),
        errno: fault?.errno ?? this.#errno,
        syscall: fault?.syscall,
        wire: this.#wire,
        bodyCode: status >= 400 ? bodyCode(this.details?.body ?? '') : undefined,
        waited: this.#plan.waitedMs,
        asked: this.#plan.askedMs,
      }),
      status,
      cause,
      failed,
      phase: this.#endPhase(code),
      initiator,
      message: fault?.message ?? '',
      ...traced(answerFacts(this.#rawHeaders, this.#idHeaders), this.#plan.headers['traceparent']),
      openAtStart: this.#openAtStart,
      openAtEnd,
      bytesOut: this.#bytesOut,
      bytesIn: this.#bytesIn,
      ws: {
        closeCode: wasOpen ? code : 0,
        closeReason: reason,
        closeFrame: wasOpen && code !== 1006 && cause !== 'vu-ended',
        messagesIn: this.#messagesIn,
        messagesOut: this.#messagesOut,
        ...defined({
          firstMessage: since(this.#firstMessage),
          idle: wasOpen ? now - Math.max(this.#lastIn, this.#lastOut, this.#openedAt) : undefined,
          silent: wasOpen ? now - Math.max(this.#lastIn, this.#openedAt) : undefined,
          turns: this.#turns,
          turn: this.#turns > 0 ? this.#turnTotal / this.#turns : undefined,
          largestOut: this.#largestOut,
          limited: this.#limited,
          limitedAfter: this.#limitedAfter,
        }),
      },
    });
  }

  /** The samples of vurun's own that an end leaves. */
  #sampleEnd(cause: Cause, code: number, wasOpen: boolean, now: number): void {
    const tags = this.#tags;
    if (!wasOpen) {
      this.#sample('ws_handshakes', 1, tags.with('outcome', cause));
      this.#sample('ws_handshake_failed_duration', now - this.#started, tags);
      return;
    }
    const by = { local: 'us', peer: 'peer', unknown: 'unknown' }[causes[cause].initiator];
    const phase = this.#ownClose === undefined ? 'open' : 'closing';
    const closed = tags.with('code', String(code)).with('by', by).with('phase', phase);
    this.#sample('ws_closes', 1, closed.with('cause', cause));
    this.#sample('ws_data_sent', this.#bytesOut);
    this.#sample('ws_data_received', this.#bytesIn);
  }

  // measures --------------------------------------------------------------------------------------

  /** The samples every attempt leaves, once; what comes later carries the same tags. */
  #attempted(status: number, fault?: Fault): void {
    let tags = this.#system(this.#tags, 'status', String(status));
    tags = this.#system(tags, 'subproto', fault === undefined ? this.#ws.protocol : '');
    const ip = this.#tcp?.remoteAddress;
    if (ip !== undefined) tags = this.#system(tags, 'ip', ip);
    this.#tags = fault === undefined ? tags : this.#faultTags(tags, fault);
    this.#sample('ws_sessions', 1);
    const took = this.#now() - this.#started;
    this.#sample('ws_connecting', took);
    if (fault !== undefined) return;
    this.#sample('ws_handshakes', 1, this.#tags.with('outcome', 'opened'));
    this.#sample('ws_handshake_duration', took);
  }

  #faultTags(tags: TagSet, { status, tag, code }: Fault): TagSet {
    // As with HTTP, a status speaks for itself and needs no error text.
    const told = status === 0 ? this.#system(tags, 'error', tag) : tags;
    return this.#system(told, 'error_code', String(code));
  }

  #system(tags: TagSet, key: string, value: string): TagSet {
    return this.#owner.host.settings.systemTags.has(key) ? tags.with(key, value) : tags;
  }

  #sample(name: BuiltinName, value: number, tags: TagSet = this.#tags): void {
    const { recorder, builtins, clock } = this.#owner.host;
    recorder.add(builtins[name], tags, value, clock.wall(clock.now()));
  }

  /** Adds what went over the wire since the last call to data_sent and data_received. */
  count(): void {
    if (this.#tcp === undefined) return;
    const read = this.#tcp.bytesRead;
    const written = this.#tcp.bytesWritten ?? this.#bytesOut;
    if (read === this.#bytesIn && written === this.#bytesOut) return;
    this.#owner.host.countBytes(written - this.#bytesOut, read - this.#bytesIn);
    this.#bytesIn = read;
    this.#bytesOut = written;
  }
}

/** What is there of a record's optional fields. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== 0) present[name] = value;
  }
  return present as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function bare({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Go's spelling, as k6 shows it: "Retry-After"; several values joined with ", ". */
function canonicalHeaders(raw: readonly string[]): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] as string)
      .toLowerCase()
      .replace(/(^|-)[a-z]/g, (part) => part.toUpperCase());
    const value = raw[index + 1] as string;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function onDeadline(connection: Connection): void {
  connection.deadlinePassed();
}
function onPingDue(connection: Connection): void {
  connection.pingDue();
}
function onPongMissing(connection: Connection): void {
  connection.pongMissing();
}
function of(emitter: unknown): Connection {
  return (emitter as Owned)[owner];
}
function onUpgrade(this: WebSocket, response: IncomingMessage): void {
  of(this).answered(response);
}
function onRefusal(this: WebSocket, _request: unknown, response: IncomingMessage): void {
  of(this).refused(response);
}
function onBody(this: IncomingMessage, chunk: Buffer): void {
  of(this).bodyPart(chunk);
}
function onBodyEnd(this: IncomingMessage): void {
  of(this).bodyEnded();
}
function onOpen(this: WebSocket): void {
  of(this).opened();
}
function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  // With the binary type left alone, ws hands out Buffers.
  of(this).message(data as Buffer, isBinary);
}
function onPing(this: WebSocket): void {
  of(this).pinged();
}
function onPong(this: WebSocket, data: Buffer): void {
  of(this).ponged(data);
}
function onError(this: WebSocket, error: Error): void {
  of(this).failed(error);
}
function onClose(this: WebSocket, code: number, reason: Buffer): void {
  of(this).closed(code, reason.toString());
}
function onSocketEnd(this: Socket): void {
  of(this).socketEnded();
}
function onSocketError(this: Socket, error: NodeJS.ErrnoException): void {
  of(this).socketFailed(error);
}
