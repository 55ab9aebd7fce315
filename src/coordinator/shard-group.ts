/** The shards of a run and what they were told, so that one that is lost can be made anew. */

import type { AttemptsBatch } from '../attempts/contract.ts';
import { type ShardLink, startShard } from '../bus/bus.ts';
import type {
  FromShard,
  LifecycleName,
  ShardBirth,
  ShardFailure,
  ShardOrders,
  ShardPulse,
} from '../bus/messages.ts';
import { seededRandom } from '../citizen/random.ts';
import { reclaimSlots } from '../citizen/slot-limiter.ts';
import type { TokenClientSpec } from '../citizen/token-client.ts';
import { TokenOffice } from '../citizen/token-office.ts';
import type { Clock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import type { LoopHealth } from '../health/contract.ts';
import { limits } from '../limits.ts';
import type { LogLevelName } from '../log.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import type { Master } from '../sandbox/template.ts';
import type { TestRunRequest } from './contract.ts';
import { Watchdog, type Watched } from './watchdog.ts';

export type Probe = Extract<FromShard, { kind: 'probed' }>;

export interface LifecycleResult {
  resultJson: string | undefined;
  failure: ShardFailure | undefined;
}

/** What a run wants to hear while its shards work. */
export interface GroupEvents {
  batch(batch: MetricsBatch, attempts: AttemptsBatch, loop: LoopHealth): void;
  /** A shard is gone with what it had not told yet; `source` is the number of its recorder. */
  lost(shard: number, source: number): void;
  testAbort(reason: string): void;
  testFail(reason: string): void;
  /** A shard had its first failed iteration. */
  iterationFailed(what: string): void;
  caveat(text: string): void;
  /** The run cannot go on: a shard broke too often, or the script does what cannot be done. */
  fatal(message: string, config: boolean): void;
}

type Waiting = 'probed' | 'ready' | 'lifecycleDone' | 'scenariosDone' | 'settled' | 'finished';

interface Member {
  index: number;
  source: number;
  link: ShardLink;
  watched: Watched;
  initialized: number;
  pulse: ShardPulse | undefined;
  restarts: number;
  /** Settles what the run currently waits for from this shard. */
  waits: Map<Waiting, { resolve(message: FromShard): void; reject(error: Error): void }>;
  orders: ShardOrders | undefined;
  started: { at: number; dataJson: string | undefined } | undefined;
  scenariosOver: boolean;
  /** Its thread is gone and none took its place. */
  dead: boolean;
}

/** Counts of shards that were lost, so that totals do not go back. */
interface Lost {
  iterationsComplete: number;
  iterationsInterrupted: number;
  iterationsFailed: number;
}

export const failureCodes = {
  script: ExitCode.scriptException,
  config: ExitCode.invalidConfig,
  timeout: ExitCode.genericTimeout,
  aborted: ExitCode.scriptAborted,
  result: ExitCode.usage,
} as const;

export class ShardGroup {
  readonly #request: TestRunRequest;
  readonly #members: Member[] = [];
  readonly #lost: Lost = { iterationsComplete: 0, iterationsInterrupted: 0, iterationsFailed: 0 };
  readonly #watchdog: Watchdog;
  #nextSource = 0;
  #guestLimits: ShardBirth['guestLimits'] = {
    memoryBytes: limits.vuMemoryBytes,
    stackBytes: limits.vuStackBytes,
    turnMs: limits.turnMs,
    initMs: limits.initMs,
  };
  #office: TokenOffice | undefined;
  readonly #clock: Clock;
  #events: GroupEvents | undefined;
  #aborted = false;
  /** What VUs are copied from, made by the first shard for all. */
  #master: Master | undefined;
  #masterKnown: () => void = () => undefined;

  constructor(request: TestRunRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
    this.#watchdog = new Watchdog(clock);
  }

  /** Evaluates the script once, in a thread, and tells what it exports. */
  async probe(): Promise<Probe> {
    const member = this.#spawn(0);
    this.#members.push(member);
    return this.#ask(member, { kind: 'probe' }, 'probed') as Promise<Probe>;
  }

  /** Makes all shards and their VUs. */
  async prepare(
    orders: (index: number) => ShardOrders,
    shards: number,
    guestLimits: ShardBirth['guestLimits'],
    events: GroupEvents,
  ): Promise<void> {
    this.#events = events;
    this.#guestLimits = guestLimits;
    this.#office = this.#openOffice(orders(0).citizen.tokenClients);
    while (this.#members.length < shards) this.#members.push(this.#spawn(this.#members.length));
    const known = new Promise<void>((resolve) => {
      this.#masterKnown = resolve;
    });
    await Promise.all(
      this.#members.map(async (member) => {
        const given = orders(member.index);
        member.orders = given;
        // One evaluates for all, unless each has so few VUs that there is nothing to copy.
        if (member.index > 0 && given.vuIds.length > limits.vusPerCell) await known;
        return this.#ask(member, { kind: 'prepare', orders: given, master: this.#master }, 'ready');
      }),
    );
  }

  /** Runs a lifecycle function in a VU of its own on the first shard. */
  async lifecycle(
    name: LifecycleName,
    dataJson: string | undefined,
    timeoutMs: number,
  ): Promise<LifecycleResult> {
    const [first] = this.#living();
    if (first === undefined) {
      const message = `${name}() could not run: no shard is left`;
      return { resultJson: undefined, failure: { kind: 'script', message } };
    }
    return (await this.#ask(
      first,
      { kind: 'lifecycle', name, dataJson, timeoutMs },
      'lifecycleDone',
    )) as Extract<FromShard, { kind: 'lifecycleDone' }>;
  }

  /** Runs the scenarios to their end. */
  async runScenarios(at: number, dataJson: string | undefined): Promise<void> {
    const dead = this.#members.find((member) => member.dead);
    if (dead !== undefined) {
      throw new UserError(
        ExitCode.scriptException,
        `shard ${dead.index} was lost before the scenarios began; the log says why`,
      );
    }
    await Promise.all(
      this.#members.map((member) => {
        member.started = { at, dataJson };
        return this.#ask(member, { kind: 'start', at, dataJson }, 'scenariosDone');
      }),
    );
  }

  abort(): void {
    this.#aborted = true;
    for (const member of this.#members) member.link.post({ kind: 'abort' });
  }

  /** Closes every connection and collects the last samples. */
  async settle(): Promise<void> {
    await Promise.all(this.#living().map((m) => this.#ask(m, { kind: 'settle' }, 'settled')));
  }

  async finish(): Promise<void> {
    await Promise.all(this.#living().map((m) => this.#ask(m, { kind: 'finish' }, 'finished')));
    await this.kill();
  }

  /** Ends all threads whatever they are doing. */
  async kill(): Promise<void> {
    this.#watchdog.stop();
    await Promise.all(this.#members.map((member) => member.link.kill()));
  }

  /** Sum of the shards' latest numbers. */
  totals(): Omit<ShardPulse, 'scenarios'> {
    const total = {
      ...this.#lost,
      vusActive: 0,
      vusInitialized: 0,
      socketsOpen: 0,
    };
    for (const { pulse, initialized } of this.#members) {
      // An open model may have had more made since.
      total.vusInitialized += Math.max(initialized, pulse?.vusInitialized ?? 0);
      if (pulse === undefined) continue;
      total.vusActive += pulse.vusActive;
      total.iterationsComplete += pulse.iterationsComplete;
      total.iterationsInterrupted += pulse.iterationsInterrupted;
      total.iterationsFailed += pulse.iterationsFailed;
      total.socketsOpen += pulse.socketsOpen;
    }
    return total;
  }

  /** The shards' reports of one scenario. */
  reports(position: number): ShardPulse['scenarios'] {
    return this.#members.flatMap(({ pulse }) => pulse?.scenarios[position] ?? []);
  }

  /** Where shards get the tokens all VUs of the run share. */
  #openOffice(clients: readonly TokenClientSpec[]): TokenOffice {
    const link = (index: number): ShardLink | undefined => this.#members[index]?.link;
    return new TokenOffice(
      clients,
      {
        send: (shard, client) => link(shard)?.post({ kind: 'fetchToken', client }),
        tell: (shard, client, news) => link(shard)?.post({ kind: 'token', client, news }),
        living: () => this.#living().map(({ index }) => index),
      },
      this.#clock,
      seededRandom(this.#request.seed, 0x7fffffff),
    );
  }

  #living(): Member[] {
    return this.#members.filter((member) => !member.dead);
  }

  #spawn(index: number): Member {
    const { program, seed, cwd, layers, secrets } = this.#request;
    const birth: ShardBirth = {
      index,
      source: this.#nextSource++,
      program,
      cwd,
      seed,
      env: layers.scriptEnv,
      secrets,
      guestLimits: this.#guestLimits,
      watch: new SharedArrayBuffer(32),
    };
    const watched: Watched = {
      watch: birth.watch,
      hung: (vuId, forMs) => this.#hung(member, vuId, forMs),
    };
    const member: Member = {
      index,
      source: birth.source,
      link: startShard(birth, {
        message: (message) => this.#heard(member, message),
        lost: (reason) => this.#lostShard(member, `shard ${index} crashed: ${reason}`),
      }),
      watched,
      initialized: 0,
      pulse: undefined,
      restarts: 0,
      waits: new Map(),
      orders: undefined,
      started: undefined,
      scenariosOver: false,
      dead: false,
    };
    this.#watchdog.add(watched);
    return member;
  }

  #ask(
    member: Member,
    message: Parameters<ShardLink['post']>[0],
    answer: Waiting,
  ): Promise<FromShard> {
    return new Promise((resolve, reject) => {
      member.waits.set(answer, { resolve, reject });
      member.link.post(message);
    });
  }

  #answer(member: Member, name: Waiting, message: FromShard): void {
    const wait = member.waits.get(name);
    member.waits.delete(name);
    wait?.resolve(message);
  }

  #heard(member: Member, message: FromShard): void {
    switch (message.kind) {
      case 'log':
        for (const line of message.lines) this.#request.log(line);
        return;
      case 'batch':
        member.pulse = message.pulse;
        this.#events?.batch(message.batch, message.attempts, message.loop);
        return;
      case 'pulse':
        member.pulse = message.pulse;
        return;
      case 'initialized':
        member.initialized = message.count;
        return;
      case 'testAbort':
        this.#events?.testAbort(message.reason);
        return;
      case 'tokenWanted':
        this.#office?.wanted(member.index, message.client, message.generation);
        return;
      case 'tokenFetched':
        this.#office?.fetched(member.index, message.client, message.outcome);
        return;
      case 'testFail':
        this.#events?.testFail(message.reason);
        return;
      case 'iterationFailed':
        this.#events?.iterationFailed(message.what);
        return;
      case 'fatal':
        this.#events?.fatal(message.message, message.config === true);
        return;
      case 'caveat':
        this.#events?.caveat(message.text);
        return;
      case 'master':
        this.#master ??= message.master;
        this.#masterKnown();
        return;
      case 'failed': {
        const { failure } = message;
        this.#fail(member, new UserError(failureCodes[failure.kind], failure.message));
        return;
      }
      case 'scenariosDone':
        member.scenariosOver = true;
        this.#answer(member, 'scenariosDone', message);
        return;
      default:
        this.#answer(member, message.kind, message);
    }
  }

  #fail(member: Member, error: Error): void {
    // A successor that cannot be made fails alone; the run's own wait is settled by who made it.
    const ready = member.waits.get('ready');
    if (ready !== undefined && member.started !== undefined) {
      member.waits.delete('ready');
      ready.reject(error);
      return;
    }
    const waits = [...member.waits.values()];
    member.waits.clear();
    for (const wait of waits) wait.reject(error);
  }

  #say(level: LogLevelName, message: string): void {
    this.#request.log({ level, time: Date.now(), message });
  }

  /** After the scenarios a shard only runs teardown and handleSummary and hands in what is left. */
  #lostAtTheEnd(member: Member, why: string): void {
    if (!member.waits.has('lifecycleDone')) this.#say('error', why);
    this.#events?.caveat(`shard ${member.index} was lost after its last iteration: ${why}`);
    const failure: ShardFailure = { kind: 'script', message: why };
    this.#answer(member, 'lifecycleDone', {
      kind: 'lifecycleDone',
      resultJson: undefined,
      failure,
    });
    this.#answer(member, 'settled', { kind: 'settled' });
    this.#answer(member, 'finished', { kind: 'finished' });
  }

  #hung(member: Member, vuId: number, forMs: number): void {
    void member.link.kill();
    const who = vuId === 0 ? 'the script' : `VU ${vuId}`;
    this.#lostShard(
      member,
      `${who} ran for ${formatDuration(Math.round(forMs / 100) * 100)} inside one built-in function, ` +
        `which cannot be interrupted (a search, join or sort over something huge?); shard ${member.index} had to be ended`,
    );
  }

  /** A thread is gone. While scenarios run its share goes on in a new one; otherwise the run fails. */
  #lostShard(member: Member, why: string): void {
    this.#watchdog.remove(member.watched);
    member.dead = true;
    this.#events?.lost(member.index, member.source);
    const { orders, started, pulse } = member;
    this.#office?.lost(member.index);
    if (orders !== undefined) {
      const { limiters, memory } = orders.citizen;
      reclaimSlots(limiters, memory, member.index, orders.shards);
    }
    if (started === undefined || orders === undefined) {
      if (member.waits.size === 0) this.#say('error', why);
      this.#fail(member, new UserError(ExitCode.scriptException, why));
      return;
    }
    if (member.scenariosOver) {
      this.#lostAtTheEnd(member, why);
      return;
    }
    this.#say('error', why);
    const active = pulse?.vusActive ?? 0;
    this.#lost.iterationsComplete += pulse?.iterationsComplete ?? 0;
    this.#lost.iterationsInterrupted += (pulse?.iterationsInterrupted ?? 0) + active;
    this.#lost.iterationsFailed += pulse?.iterationsFailed ?? 0;
    member.pulse = undefined;
    this.#events?.caveat(
      `shard ${member.index} was lost: ${why}. Up to the last second of its samples is missing, and about ${active} iterations were cut off`,
    );
    if (this.#aborted || member.restarts >= limits.shardRestarts) {
      if (!this.#aborted)
        this.#events?.fatal(`${why}, and that for the ${member.restarts + 1}th time`, false);
      this.#answer(member, 'scenariosDone', { kind: 'scenariosDone' });
      return;
    }
    const successor = this.#spawn(member.index);
    // What the run waits for from this share, it now waits for from the successor.
    successor.waits = member.waits;
    successor.restarts = member.restarts + 1;
    successor.orders = orders;
    successor.started = started;
    this.#members[member.index] = successor;
    this.#ask(successor, { kind: 'prepare', orders, master: this.#master }, 'ready').then(
      () => successor.link.post({ kind: 'start', ...started }),
      (error: unknown) => {
        successor.dead = true;
        this.#events?.fatal(messageOf(error), false);
        this.#answer(successor, 'scenariosDone', { kind: 'scenariosDone' });
      },
    );
  }
}
