import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import { Delivery, HttpBits, Op } from '../../../runtime/contract/ops.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type {
  OpArgs,
  OpResult,
  OpTable,
  ProtocolHost,
  ProtocolSession,
  ProtocolSettings,
} from '../contract.ts';
import { BatchGate } from './batch-gate.ts';
import { type CookieAttributes, CookieJar } from './cookie-jar.ts';
import type { Dialer } from './dialer.ts';
import { Failure } from './failure.ts';
import { type KeptBudget, KeptResponses, RefusedRequest } from './kept-response.ts';
import {
  type ExpectedStatuses,
  noParams,
  type RequestParams,
  readExpected,
  readParams,
} from './params.ts';
import { Pool } from './pool.ts';
import type { RateGate } from './rate-gate.ts';
import { failureSentence, Request } from './request.ts';
import { defaultExpected, Samples } from './samples.ts';
import { type Target, targetOf } from './target.ts';

const initMessage = 'Making http requests in the init context is not supported';
const ownJar = 0;

/** What the VUs of a shard share. */
export interface HttpShared {
  readonly dialer: Dialer;
  readonly rateGate: RateGate | undefined;
  /** Bytes of responses kept for scripts to read, over all VUs. */
  readonly keptBudget: KeptBudget;
}

/** HTTP for one VU. */
export class HttpSession implements ProtocolSession {
  static readonly ops: OpTable<HttpSession> = {
    [Op.httpRequest]: (session, args) => session.#request(args),
    [Op.httpBodyText]: (session, args) => session.#bodyText(args.number(0)),
    [Op.httpBodyBytes]: (session, args) => session.kept.get(args.number(0)).body,
    [Op.httpDetails]: (session, args) => JSON.stringify(session.kept.get(args.number(0)).details()),
    [Op.httpTimings]: (session, args) => session.#timings(args.number(0)),
    [Op.httpRelease]: (session, args) => session.kept.release(args.number(0)) as undefined,
    [Op.httpAbort]: (session, args) => session.#requests.get(args.number(0))?.abort() as undefined,
    [Op.httpExpect]: (session, args) => session.#expect(args.optionalString(0)),
    [Op.cookieJarNew]: (session, args) => session.#newJar(args.number(0)),
    [Op.cookieGet]: (session, args) => session.#cookies(args.number(0), args.string(1)),
    [Op.cookieSet]: (session, args) => session.#setCookie(args),
    [Op.cookieTake]: (session, args) => session.#takeCookie(args),
    [Op.cookieDelete]: (session, args) => session.#deleteCookie(args),
  };

  readonly host: ProtocolHost;
  readonly settings: ProtocolSettings;
  readonly rateGate: RateGate | undefined;
  readonly pool: Pool;
  readonly samples: Samples;
  readonly kept: KeptResponses;
  expected: ExpectedStatuses = defaultExpected;
  readonly #gate: BatchGate;
  readonly #requests = new Map<number, Request>();
  /** Jars by id, the least recently used first. */
  readonly #jars = new Map<number, CookieJar>([[ownJar, new CookieJar()]]);

  constructor(host: ProtocolHost, shared: HttpShared) {
    this.host = host;
    this.settings = host.settings;
    this.rateGate = shared.rateGate;
    this.pool = new Pool(host, shared.dialer);
    this.samples = new Samples(host);
    this.kept = new KeptResponses(shared.keptBudget);
    this.#gate = new BatchGate(host.settings.batch, host.settings.batchPerHost);
  }

  iterationStarted(): void {
    if (!this.settings.noCookiesReset) this.jar(ownJar).clearAll();
  }

  iterationEnded(_interrupted: boolean): void {
    // Requests nobody waits for any more (the function threw, or was cut off) end with the iteration.
    this.#dropAll();
    if (this.settings.noVUConnectionReuse) this.pool.closeIdle();
  }

  dispose(): void {
    this.#dropAll();
    this.pool.close();
    this.kept.clear();
  }

  /** A name for what one request of the script and its further attempts have in common. */
  nextOp(): number {
    return ++this.#ops;
  }
  #ops = 0;

  /** The latest first: those that wait for a slot go before they could get one. */
  #dropAll(): void {
    for (const request of [...this.#requests.values()].reverse()) request.drop();
  }

  /** Throws a `GuestError` when the jar was dropped. */
  jar(id: number): CookieJar {
    const jar = this.#jars.get(id);
    if (jar === undefined) {
      throw new GuestError(
        `this cookie jar is no longer kept: a VU may hold ${limits.cookieJars} jars, and the least recently used are dropped`,
      );
    }
    if (id !== ownJar) {
      this.#jars.delete(id);
      this.#jars.set(id, jar);
    }
    return jar;
  }

  /** A request is over. */
  forget(request: Request): void {
    if (!this.#requests.delete(request.id)) return;
    this.host.gauges.httpInFlight--;
    this.#gate.leave(request);
  }

  #request(args: OpArgs): OpResult {
    const { host } = this;
    if (!host.mayUseNetwork()) throw new GuestError(initMessage);
    const id = args.number(0);
    const url = args.string(1);
    if (url.length !== args.number(2)) return false;
    const method = args.optionalString(5) ?? 'GET';
    const body = args.isUndefined(3)
      ? undefined
      : args.isString(3)
        ? Buffer.from(args.string(3), 'utf8')
        : args.bytes(3);
    const json = args.optionalString(4);
    const params = json === undefined ? noParams : readParams(json, host);
    if (this.#requests.size - this.#gate.waiting >= limits.pendingOpsPerVu) {
      throw new GuestError(
        `a VU may have ${limits.pendingOpsPerVu} requests under way; await some of them first`,
      );
    }
    if (this.#gate.waiting >= limits.batchLength) {
      throw new GuestError(`http.batch() takes at most ${limits.batchLength} requests`);
    }
    let target: Target;
    try {
      if (params.fault !== undefined) throw new Failure(ErrorCode.other, params.fault);
      if (method === 'CONNECT') {
        throw new Failure(ErrorCode.other, 'the method CONNECT is not supported');
      }
      target = targetOf(url);
    } catch (thrown) {
      this.#refuse(id, method, url, thrown as Failure, params);
      return true;
    }
    this.launch(id, method, target, body, params);
    return undefined;
  }

  /** Starts a request; it is delivered under this id. */
  launch(
    id: number,
    method: string,
    target: Target,
    body: Uint8Array | undefined,
    params: RequestParams,
  ): void {
    const request = new Request(this, id, method, target, body, params);
    this.#requests.set(id, request);
    this.host.gauges.httpInFlight++;
    if (params.batch) this.#gate.enter(request);
    else request.start();
  }

  /** Answers a request that cannot be made at all: no sample, as in k6. */
  #refuse(id: number, method: string, url: string, failure: Failure, params: RequestParams): void {
    const throws = params.throws ?? this.settings.throw;
    const sentence = failureSentence(method, url.slice(0, limits.tagLength), failure);
    if (!throws) {
      this.host.log('warning', 'Request Failed', { error: sentence });
      this.kept.keep(id, new RefusedRequest(method, url));
    }
    const numbers = [throws ? HttpBits.throws : 0, failure.code];
    const text = throws ? sentence : failure.message;
    this.host.deliver({ kind: Delivery.httpEnd, id, numbers, text });
  }

  #timings(id: number): Uint8Array {
    return new Uint8Array(this.kept.get(id).timings().buffer);
  }

  /** Text crosses as a string unless a NUL would cut it; then the guest decodes the bytes. */
  #bodyText(id: number): OpResult {
    const { body } = this.kept.get(id);
    if (body === undefined) return undefined;
    return body.includes(0)
      ? body
      : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  }

  #expect(json: string | undefined): undefined {
    this.expected = json === undefined ? null : readExpected(JSON.parse(json));
  }

  #newJar(id: number): undefined {
    this.#jars.set(id, new CookieJar());
    if (this.#jars.size > limits.cookieJars + 1) {
      for (const old of this.#jars.keys()) {
        if (old === ownJar) continue;
        this.#jars.delete(old);
        break;
      }
    }
  }

  #cookies(jarId: number, url: string): string {
    const found = Object.create(null) as Record<string, string[]>;
    for (const [name, value] of this.jar(jarId).forUrl(urlOf(url), Date.now())) {
      (found[name] ??= []).push(value);
    }
    return JSON.stringify(found);
  }

  #deleteCookie(args: OpArgs): undefined {
    this.jar(args.number(0)).delete(urlOf(args.string(1)), args.optionalString(2));
  }

  #takeCookie(args: OpArgs): undefined {
    this.jar(args.number(0)).setFromHeader(urlOf(args.string(1)), args.string(2), Date.now());
  }

  #setCookie(args: OpArgs): undefined {
    const attributes = JSON.parse(args.string(4)) as CookieAttributes;
    this.jar(args.number(0)).set(
      urlOf(args.string(1)),
      args.string(2),
      args.string(3),
      attributes,
      Date.now(),
    );
  }
}

function urlOf(text: string): URL {
  if (!URL.canParse(text)) throw new GuestError(`invalid URL ${JSON.stringify(text)}`);
  return new URL(text);
}
