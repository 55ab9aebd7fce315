import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import { Delivery, HttpBits, HttpMail } from '../../../runtime/contract/ops.ts';
import { type Cause, causes } from '../../attempts/cause.ts';
import { messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { TagSet } from '../../metrics/contract.ts';
import type { Departure } from '../contract.ts';
import { Courtesy } from '../courtesy.ts';
import { failureNameOf } from '../failure-name.ts';
import { newTraceparent } from '../traceparent.ts';
import { attemptOf } from './attempt.ts';
import { decodeBody, encodeBody, isEncoded } from './content-coding.ts';
import type { CookieJar } from './cookie-jar.ts';
import { logRequest, logResponse, showsBodies } from './debug-log.ts';
import { type Asked, Exchange, type ExchangeOwner, type Message } from './exchange.ts';
import { abortedFailure, droppedFailure, Failure, timeoutFailure } from './failure.ts';
import { AnsweredRequest, RefusedRequest } from './kept-response.ts';
import type { ExpectedStatuses, RequestParams } from './params.ts';
import { errorCodeOf, hasFailed } from './samples.ts';
import type { HttpSession } from './session.ts';
import { redirectTarget, type Target } from './target.ts';

const empty = new Uint8Array(0);
const redirects = new Set([301, 302, 303, 307, 308]);
/** Headers that must not reach a foreign host; as in Go. */
const sensitive = new Set([
  'authorization',
  'www-authenticate',
  'cookie',
  'cookie2',
  'proxy-authorization',
]);

/** One request of a script from op to delivery: pacing, hops, cookies, deadline, samples. */
export class Request implements ExchangeOwner, Departure {
  readonly #session: HttpSession;
  readonly id: number;
  readonly #params: RequestParams;
  readonly #tags: TagSet;
  readonly #expected: ExpectedStatuses;
  readonly #jar: CookieJar;
  readonly #keep: boolean;
  readonly #asked: Asked;
  #explicitHeaders: readonly (readonly [string, string])[];
  /** Those of them that go on to where a redirect leads. */
  #hopHeaders: readonly (readonly [string, string])[] = [];
  #exchange: Exchange | undefined;
  /** As it goes out: coded, if that was asked for. */
  #body: Uint8Array | undefined;
  #hops = 0;
  #timer: NodeJS.Timeout | undefined;
  #leaveGate: (() => void) | undefined;
  #over = false;
  #waitedMs: number | undefined;
  readonly #sessionId: string | undefined;
  readonly #op: number;
  #attempt = 1;
  #openAtStart = 0;
  /** Between the beginning of an attempt and its record. */
  #attempting = false;
  /** What it waits for before and between attempts; most requests have one attempt and wait for nothing. */
  readonly #courtesy: Courtesy | undefined;

  constructor(
    session: HttpSession,
    id: number,
    method: string,
    target: Target,
    body: Uint8Array | undefined,
    params: RequestParams,
  ) {
    this.#session = session;
    this.id = id;
    this.#params = params;
    let tags = session.host.tags();
    for (const [key, value] of params.tags) if (key !== 'name') tags = tags.with(key, value);
    this.#tags = tags;
    this.#expected = params.expected === undefined ? session.expected : params.expected;
    this.#jar = session.jar(params.jar);
    const { settings } = session.host;
    this.#keep =
      (params.responseType ?? (settings.discardResponseBodies ? 'none' : 'text')) !== 'none';
    this.#explicitHeaders = params.headers;
    this.#asked = { method, target, headers: none, body };
    this.#waitedMs = session.host.takeWaited();
    this.#sessionId = session.host.sessionId;
    this.#op = session.nextOp();
    if (params.terms !== undefined) {
      const label = this.#label(this.#asked);
      const labelled = session.samples.labelled(tags, label, method);
      this.#courtesy = new Courtesy(session.host, params.terms, method, labelled);
    }
  }

  get #throws(): boolean {
    return this.#params.throws ?? this.#session.settings.throw;
  }

  get host(): string {
    return this.#asked.target.url.host;
  }

  /** Starts when pace and body coding let it. */
  start(): void {
    const { compression } = this.#params;
    const { body } = this.#asked;
    if (compression.length === 0 || body === undefined) this.#pace(body);
    else {
      encodeBody(body, compression).then(
        (encoded) => {
          this.#explicitHeaders = [
            ...this.#explicitHeaders.filter(([name]) => name.toLowerCase() !== 'content-encoding'),
            ['Content-Encoding', compression.join(', ')],
          ];
          this.#pace(encoded);
        },
        (thrown: unknown) => this.#fail(new Failure(ErrorCode.other, messageOf(thrown))),
      );
    }
  }

  #pace(body: Uint8Array | undefined): void {
    if (this.#over) return;
    const { rateGate } = this.#session;
    if (rateGate === undefined) this.#begin(body);
    else this.#leaveGate = rateGate.enter(() => this.#begin(body));
  }

  #begin(body: Uint8Array | undefined): void {
    this.#body = body;
    const { host } = this.#session;
    if (this.#courtesy === undefined) host.afterTurns(this);
    else {
      this.#courtesy.admit(
        () => host.afterTurns(this),
        (why) => this.#fail(new Failure(ErrorCode.other, why)),
      );
    }
  }

  /** Sends all of it once more, from the first hop. */
  #again(): void {
    this.#attempt++;
    this.#hops = 0;
    this.#crossed = false;
    this.#pace(this.#body);
  }

  depart(): void {
    if (this.#over) return;
    this.#timer = setTimeout(deadline, this.#params.timeoutMs, this);
    this.#hopHeaders = this.#explicitHeaders;
    this.#send(this.#asked.method, this.#asked.target, this.#body, undefined);
  }

  #send(
    method: string,
    target: Target,
    body: Uint8Array | undefined,
    referer: string | undefined,
  ): void {
    const { settings, pool, host } = this.#session;
    const message: Message = { method, target, headers: this.#headers(target, referer), body };
    if (this.#asked.headers === none) this.#asked.headers = message.headers;
    const exchange = new Exchange(
      this,
      host.clock,
      pool,
      message,
      this.#keep || showsBodies(settings),
      settings.noConnectionReuse,
    );
    this.#exchange = exchange;
    if (settings.httpDebug !== '' && !settings.httpDebugFailed) {
      logRequest(host, message, this.#courtesy?.token);
    }
    this.#beginAttempt(exchange);
    exchange.send();
  }

  #headers(target: Target, referer: string | undefined): string[] {
    const { settings } = this.#session;
    const headers: string[] = [];
    let cookie = '';
    let agent = false;
    let authorization = false;
    let { traceparent } = settings;
    let key = this.#courtesy?.idempotencyKey;
    for (const [name, value] of this.#hopHeaders) {
      switch (name.toLowerCase()) {
        // The length is that of the body, the coding none: undici says both.
        case 'content-length':
          if (referer === undefined) this.#warnOfLength(value);
          continue;
        case 'transfer-encoding':
        case 'keep-alive':
          continue;
        case 'cookie':
          cookie = cookie === '' ? value : `${cookie}; ${value}`;
          continue;
        case 'user-agent':
          agent = true;
          break;
        case 'authorization':
          authorization = true;
          break;
        case 'traceparent':
          traceparent = 0;
          break;
        case 'referer':
          referer = undefined;
          break;
        case 'idempotency-key':
          key = undefined;
          break;
      }
      headers.push(name, encodeHeader(value));
    }
    if (!agent && settings.userAgent !== '') headers.push('User-Agent', settings.userAgent);
    const token = this.#courtesy?.token;
    if (!authorization && token !== undefined && !this.#crossed) {
      headers.push('Authorization', `Bearer ${token}`);
    } else if (!authorization && target.authorization !== undefined) {
      headers.push('Authorization', target.authorization);
    }
    if (key !== undefined) headers.push('Idempotency-Key', key);
    if (referer !== undefined) headers.push('Referer', referer);
    if (traceparent > 0) headers.push('traceparent', newTraceparent(traceparent));
    const { cookies } = this.#params;
    if (cookies.length > 0 || !this.#jar.empty || cookie !== '') {
      const replaced = new Set<string>();
      const add = (name: string, value: string): void => {
        cookie += `${cookie === '' ? '' : '; '}${name}=${value}`;
      };
      if (!this.#crossed) {
        for (const [name, value, replace] of cookies) {
          add(name, value);
          if (replace) replaced.add(name);
        }
      }
      for (const [name, value] of this.#jar.forUrl(target.url, Date.now())) {
        if (!replaced.has(name)) add(name, value);
      }
      if (cookie !== '') headers.push('Cookie', encodeHeader(cookie));
    }
    return headers;
  }
  #crossed = false;

  #warnOfLength(given: string): void {
    const length = this.#body?.length ?? 0;
    if (Number(given) === length) return;
    this.#session.host.log(
      'warning',
      `The header Content-Length: ${given} is ignored: the body has ${length} bytes`,
      { url: this.#asked.target.masked },
    );
  }

  /** The exchange has an answer, or none: record it, and go on or end. */
  ended(exchange: Exchange): void {
    if (this.#over) return;
    const encoding =
      exchange.failure === undefined && this.#keep && exchange.bodyBytes > 0
        ? exchange.header('content-encoding')
        : undefined;
    if (encoding === undefined || !isEncoded(encoding)) {
      this.#settle(exchange, exchange.chunks.length === 0 ? empty : exchange.body());
      return;
    }
    decodeBody(exchange.body(), encoding).then(
      (body) => this.#settle(exchange, body),
      (thrown: unknown) => {
        exchange.failure =
          thrown instanceof Failure
            ? thrown
            : new Failure(
                ErrorCode.responseDecompression,
                messageOf(thrown),
                undefined,
                'undecodable-answer',
              );
        this.#settle(exchange, empty);
      },
    );
  }

  #record(exchange: Exchange): void {
    const { samples } = this.#session;
    const label = this.#label(exchange.message);
    const good = samples.record(exchange, this.#tags, label, this.#expected, this.#waitedMs);
    this.#endAttempt(exchange, good);
    // A redirect's further hops did not wait for anything of ours.
    this.#waitedMs = undefined;
  }

  stale(exchange: Exchange): void {
    this.#endAttempt(exchange, false, 'stale-connection');
    this.#attempt++;
    this.#beginAttempt(exchange);
  }

  #label({ target }: Message): string {
    return (this.#params.name ?? target.masked).slice(0, limits.tagLength);
  }

  #beginAttempt(exchange: Exchange): void {
    const { attempts, clock } = this.#session.host;
    this.#attempting = true;
    this.#openAtStart = attempts.begin('http', this.#label(exchange.message), clock.now());
  }

  /** Counts the attempt, and leaves its record if that is wanted. */
  #endAttempt(exchange: Exchange, good: boolean, why?: Cause): void {
    if (!this.#attempting) return;
    this.#attempting = false;
    const { host } = this.#session;
    const { attempts } = host;
    const { failure, end } = exchange;
    const name = this.#label(exchange.message);
    const cause = why ?? failure?.why ?? (good ? 'answered' : 'status');
    const failed = cause === 'status' || causes[cause].failed;
    const openAtEnd = attempts.open('http');
    const { status } = exchange;
    if (cause !== 'given-up' && cause !== 'iteration-ended') {
      attempts.answered('http', name, end, good);
    }
    if (!attempts.end({ kind: 'http', name, cause, code: status, failed }, end)) return;
    const { vuId: vu, scenarioName: scenario } = host;
    const session = this.#sessionId;
    attempts.keep(
      attemptOf(exchange, host, {
        op: this.#params.op ?? `${vu}-${this.#op}`,
        attempt: this.#attempt,
        vu,
        scenario,
        ...(session !== undefined && { session }),
        name,
        cause,
        failed,
        openAtStart: this.#openAtStart,
        openAtEnd,
        ...this.#courtesy?.waited,
      }),
    );
  }

  #settle(exchange: Exchange, body: Uint8Array): void {
    if (this.#over) return;
    if (exchange.failure === undefined) this.#takeCookies(exchange);
    this.#record(exchange);
    this.#debug(exchange, body);
    if (exchange.failure === undefined && redirects.has(exchange.status)) {
      try {
        if (this.#follow(exchange)) return;
      } catch (thrown) {
        exchange.failure = thrown as Failure;
      }
    }
    if (this.#courtesy !== undefined && this.#another(this.#courtesy, exchange, body)) return;
    this.#finish(exchange, body);
  }

  #debug(exchange: Exchange, body: Uint8Array): void {
    const { settings, host } = this.#session;
    if (settings.httpDebugFailed) {
      if (!hasFailed(exchange, this.#expected)) return;
      logRequest(host, exchange.message, this.#courtesy?.token);
    } else if (settings.httpDebug === '') return;
    logResponse(host, exchange, body);
  }

  /** Whether there is another attempt; then this one's answer is nobody's. */
  #another(courtesy: Courtesy, exchange: Exchange, body: Uint8Array): boolean {
    clearTimeout(this.#timer);
    const { failure } = exchange;
    const outcome = {
      status: failure === undefined ? exchange.status : 0,
      failure: failureNameOf(failure?.why),
      header: (name: string) => exchange.header(name),
      body: () => Buffer.from(body.subarray(0, limits.inBandBytes)).toString('utf8'),
      authorized: !this.#crossed,
    };
    this.#exchange = undefined;
    if (courtesy.ended(outcome, () => this.#again())) return true;
    this.#exchange = exchange;
    return false;
  }

  #takeCookies(exchange: Exchange): void {
    const values = exchange.headerValues('set-cookie');
    if (values.length === 0) return;
    const now = Date.now();
    for (const value of values) this.#jar.setFromHeader(exchange.message.target.url, value, now);
  }

  /** Goes to where a redirect points. False when it is to be handed out as it is. */
  #follow(exchange: Exchange): boolean {
    const location = exchange.header('location');
    if (location === undefined || location === '') return false;
    const { settings, host } = this.#session;
    const explicit = this.#params.redirects;
    const limit = explicit ?? settings.maxRedirects;
    const { message, status } = exchange;
    if (this.#hops >= limit) {
      if (explicit === undefined && !settings.maxRedirectsExplicit) {
        host.log(
          'warning',
          `Stopped after ${limit + 1} redirects and returned the redirection; pass { redirects: n } in request params or set global maxRedirects to silence this`,
          { url: this.#asked.target.masked },
        );
      }
      return false;
    }
    this.#hops++;
    const from = message.target;
    const target = redirectTarget(from, location);
    let { method, body } = message;
    let dropped = new Set<string>();
    if (status <= 303 && method !== 'GET' && method !== 'HEAD') {
      method = 'GET';
      body = undefined;
      dropped = new Set(['content-type', 'content-encoding']);
    }
    const first = this.#asked.target.hostname;
    if (target.hostname !== first && !target.hostname.endsWith(`.${first}`)) this.#crossed = true;
    if (target.origin !== from.origin) dropped.add('host');
    this.#hopHeaders = this.#hopHeaders.filter(([name]) => {
      const key = name.toLowerCase();
      return !dropped.has(key) && !(this.#crossed && sensitive.has(key));
    });
    this.#send(method, target, body, refererOf(from, target));
    return true;
  }

  #finish(exchange: Exchange, body: Uint8Array): void {
    const { failure, status } = exchange;
    const nullBody =
      !this.#keep ||
      status === 204 ||
      status === 304 ||
      (failure !== undefined && body.length === 0);
    exchange.chunks = [];
    let bits = failure === undefined ? status : 0;
    if (!nullBody) bits |= HttpBits.hasBody;
    if (this.#params.responseType === 'binary') bits |= HttpBits.isBinary;
    if (failure === undefined || !this.#throws) {
      this.#session.kept.keep(
        this.id,
        new AnsweredRequest(
          exchange,
          this.#asked,
          this.#params.headers,
          nullBody ? undefined : body,
        ),
      );
    }
    this.#deliver([bits, errorCodeOf(exchange)], failure, exchange.message);
  }

  /** Ends a request that never got to the network. */
  #fail(failure: Failure): void {
    if (this.#over) return;
    if (!this.#throws) {
      const { method, target } = this.#asked;
      this.#session.kept.keep(this.id, new RefusedRequest(method, target.text));
    }
    this.#deliver([0, failure.code], failure, this.#asked);
  }

  #deliver(numbers: number[], failure: Failure | undefined, message: Message): void {
    this.#stop();
    const { host } = this.#session;
    const item = { kind: Delivery.httpEnd, id: this.id, numbers };
    if (failure === undefined) {
      host.deliver(item);
      return;
    }
    const sentence = failureSentence(message.method, message.target.masked, failure);
    if (this.#throws) {
      numbers[HttpMail.bits] = HttpBits.throws;
      host.deliver({ ...item, text: sentence });
    } else {
      host.log('warning', 'Request Failed', { error: sentence });
      host.deliver({ ...item, text: failure.message });
    }
  }

  /** The deadline has passed. */
  timeOut(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) this.#fail(timeoutFailure());
    else exchange.cancel(timeoutFailure());
  }

  /** The script gave up: the attempt is recorded, nothing is delivered. */
  abort(): void {
    if (this.#over) return;
    const exchange = this.#exchange;
    this.#stop();
    if (exchange === undefined) return;
    exchange.cancel(abortedFailure());
    this.#record(exchange);
  }

  /** We cut it off (end of an iteration or of the VU): as in k6 no sample tells of it. */
  drop(): void {
    if (this.#over) return;
    this.#stop();
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.cancel(droppedFailure());
    this.#endAttempt(exchange, false, 'iteration-ended');
  }

  #stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#leaveGate?.();
    this.#courtesy?.stop();
    this.#session.forget(this);
  }
}

function deadline(request: Request): void {
  request.timeOut();
}

/** `Get "http://host/": dial: connection refused`, as Go puts it. */
export function failureSentence(method: string, url: string, failure: Failure): string {
  const verb = method.charAt(0).toUpperCase() + method.slice(1).toLowerCase();
  return `${verb} ${JSON.stringify(url)}: ${failure.detail}`;
}

/** Go's rule: nothing from https to http, and no credentials. */
function refererOf(from: Target, to: Target): string | undefined {
  if (from.secure && !to.secure) return undefined;
  const url = new URL(from.url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

/** undici writes headers byte by byte; text beyond Latin-1 goes as UTF-8, as in Go. */
const none: readonly string[] = [];

function encodeHeader(value: string): string {
  return Buffer.byteLength(value) === value.length
    ? value
    : Buffer.from(value, 'utf8').toString('latin1');
}
