/**
 * One virtual user: the only place where a guest is entered. Sockets and timers put deliveries into
 * the inbox; a turn hands them over one by one, lets promise jobs run after each, and reads from the
 * mail whether the iteration is over.
 */
import {
  Blocking,
  Delivery,
  Mail,
  type RunRequest,
  type ScriptExports,
} from '../../runtime/contract/ops.ts';
import type { TokenHolder } from '../citizen/token-holder.ts';
import { formatDuration } from '../duration.ts';
import { GuestError, messageOf } from '../errors.ts';
import type { TagSet } from '../metrics/contract.ts';
import type {
  DeliveryItem,
  Departure,
  OpArgs,
  OpResult,
  Protocol,
  ProtocolHost,
  ProtocolSession,
} from '../protocols/contract.ts';
import { OwnTokens } from '../protocols/http/own-tokens.ts';
import type { EntryEnd, Guest, GuestHost } from '../sandbox/quickjs.ts';
import type {
  IterationEnd,
  IterationIds,
  IterationListener,
  ScenarioContext,
  ScriptFailure,
  VuEnvironment,
} from './contract.ts';
import { HostSession, hostOps, type Scope, type ScriptListener } from './host-ops.ts';
import { Inbox } from './inbox.ts';
import { Timers } from './timers.ts';
import type { Taker } from './turns.ts';

/** What the VU is doing; decides which ops and deliveries make sense. */
type Activity = 'init' | 'idle' | 'iteration' | 'lifecycle' | 'gone';

/** How long deliveries are handed over before other VUs get their chance. */
const turnShareMs = 50;
const ranOk: EntryEnd = { kind: 'ok' };

export class Vu implements GuestHost, ProtocolHost, ScriptListener, Taker {
  readonly vuId: number;
  readonly #env: VuEnvironment;
  readonly #inbox = new Inbox();
  readonly #timers: Timers;
  readonly #scope: Scope;
  #guest!: Guest;
  #hostSession!: HostSession;
  /** In the order of the protocols; those the script has not used yet are not there. */
  #sessions: (ProtocolSession | undefined)[] = [];
  #activity: Activity = 'init';
  #inTurn = false;
  #turnAsked = false;
  /** Kept by `Turns`. */
  secondTurn = -1;
  #returned: string | undefined;
  #failure: ScriptFailure | undefined;
  /** Who waits for what the VU is doing now. */
  #listener: IterationListener | undefined;
  #iterationStart = 0;
  /** Of an iteration of an open model that has made no request yet. */
  #waitedMs: number | undefined;
  /** The iteration is asked for and has not been entered yet. */
  #begins = false;
  #iteration = -1;
  #bytesSent = 0;
  #bytesReceived = 0;
  #dataGiven = false;
  #ownTokens: OwnTokens | undefined;
  #random: (() => number) | undefined;
  #scenario: ScenarioContext | undefined;
  #warnedNeverSettled = false;
  /** A timer or handler of the current iteration threw: as in k6, that ends it. */
  #strayed = false;
  /** Whether the guest was ended because its cell broke, not for anything it did. */
  endedByEngine = false;
  #lastStack = '';
  /** The call that had to wait where nothing can. */
  #refusal = { what: '', stack: '' };

  private constructor(env: VuEnvironment, vuId: number) {
    this.#env = env;
    this.vuId = vuId;
    this.#timers = new Timers(env.clock, this);
    this.#scope = {
      tags: env.runTags,
      groupPath: '',
      groups: [],
      sessions: [],
      scenario: undefined,
      ids: { inInstance: 0, inTest: 0 },
      iteration: -1,
      iterationInScenario: -1,
      phase: 'init',
      aborted: false,
    };
  }

  /**
   * Makes a VU and evaluates the script in it.
   *
   * Throws `InitFailure` when the script's init code fails.
   */
  static async create(env: VuEnvironment, vuId: number): Promise<Vu> {
    const vu = new Vu(env, vuId);
    await vu.#boot();
    // VU 0 only evaluates, sets up and tears down; it is none of the users.
    if (vuId > 0) env.counts.vusInitialized++;
    return vu;
  }

  async #boot(): Promise<void> {
    this.#activity = 'init';
    this.#scope.phase = 'init';
    this.#dataGiven = false;
    this.#lastStack = '';
    this.#strayed = false;
    this.#returned = undefined;
    const env = this.#env;
    this.#hostSession = new HostSession(env, this.vuId, this.#scope, this.#timers, this);
    this.#sessions = env.protocols.map(() => undefined);
    for (const protocol of env.protocols) protocol.prepare?.(env.settings, env.clock);
    const { guest, end } = await this.#env.template.spawn(this);
    this.#guest = guest;
    const problem = end.kind === 'ok' ? this.#jobs() : end;
    if (problem.kind !== 'ok') {
      const failure = this.#describeEnd(problem);
      this.#free();
      throw new InitFailure(failure, problem.kind === 'broken');
    }
    if (this.#failure !== undefined) {
      this.#free();
      throw new InitFailure(this.#failure, false);
    }
    // Timers of the init code belong to init: it is over when none is left.
    if (this.#mail(Mail.pending) > 0) {
      await new Promise<void>((resolve) => {
        this.#listener = { iterationEnded: () => resolve() };
        this.#askTurn();
      });
      if (this.#failure !== undefined) {
        this.#free();
        throw new InitFailure(this.#failure, false);
      }
    }
    if (this.#returned === undefined) {
      this.#free();
      const message =
        'the script waits for something outside of its functions that never comes: no timer is left';
      throw new InitFailure({ kind: 'init', name: '', message, stack: '' }, false);
    }
    this.#activity = 'idle';
  }

  /** What the script exports; known once it has been evaluated. */
  get exports(): ScriptExports {
    return JSON.parse(this.#returned ?? '{"functions":[]}') as ScriptExports;
  }

  /** True when the guest was ended and the VU has to be revived before it can work again. */
  get isGone(): boolean {
    return this.#activity === 'gone';
  }

  /** Makes the guest anew after it was ended. Its connections, globals and modules start afresh. */
  async revive(): Promise<void> {
    this.#failure = undefined;
    await this.#boot();
    if (this.#scenario === undefined) return;
    const { iterationInScenario } = this.#scope;
    this.activate(this.#scenario, this.#dataJson);
    // It is the same VU to the script: its counting goes on.
    this.#scope.iterationInScenario = iterationInScenario;
  }

  #dataJson: string | undefined;

  /** Takes up a scenario. `dataJson` is what setup() returned. */
  activate(scenario: ScenarioContext, dataJson: string | undefined): void {
    this.#scenario = scenario;
    this.#dataJson = dataJson;
    const scope = this.#scope;
    scope.scenario = scenario;
    scope.phase = 'vu';
    scope.iterationInScenario = -1;
    scope.groupPath = '';
    scope.groups.length = 0;
    let tags: TagSet = this.#env.runTags;
    for (const [key, value] of Object.entries(scenario.tags)) tags = tags.with(key, value);
    if (this.#isSystemTag('scenario')) tags = tags.with('scenario', scenario.name);
    if (this.#isSystemTag('group')) tags = tags.with('group', '');
    scope.tags = tags;
    const request: RunRequest = {
      name: scenario.exec,
      env: { ...this.#env.env, ...scenario.env },
      ...(dataJson === undefined || this.#dataGiven ? {} : { dataJson }),
    };
    this.#dataGiven = true;
    const end = this.#enter(() =>
      this.#guest.cell.deliver(this.#guest, Delivery.activate, 0, JSON.stringify(request)),
    );
    if (end.kind !== 'ok') this.#die(end);
  }

  /** Runs one iteration of the scenario that was taken up. */
  runIteration(ids: IterationIds, listener: IterationListener): void {
    const scope = this.#scope;
    scope.ids = ids;
    scope.iteration = ++this.#iteration;
    scope.iterationInScenario++;
    this.#waitedMs = ids.waitedMs;
    if (this.#activity === 'gone') {
      listener.iterationEnded('killed');
      return;
    }
    this.#activity = 'iteration';
    this.#failure = undefined;
    if (scope.groupPath !== '') this.#leaveGroups();
    scope.sessions.length = 0;
    this.#listener = listener;
    this.#begins = true;
    this.#inbox.push({ kind: Delivery.iterate, id: this.#iteration });
    // Behind it, what sessions that were kept have to tell.
    for (const session of this.#sessions) session?.iterationStarted();
    this.#askTurn();
  }

  /** An iteration that was cut off, or that left a group open, does not hand it to the next. */
  #leaveGroups(): void {
    const scope = this.#scope;
    scope.groupPath = '';
    scope.groups.length = 0;
    if (this.#isSystemTag('group')) scope.tags = scope.tags.with('group', '');
  }

  /** Cuts off what the VU is doing. The script hears nothing of it, as in k6. */
  interrupt(): void {
    if (this.#activity !== 'iteration' && this.#activity !== 'lifecycle') return;
    this.#finish('interrupted');
  }

  /**
   * Calls setup, teardown or handleSummary once and returns the JSON of what it returned.
   * Throws `LifecycleFailure` when the function throws, or `LifecycleTimeout`.
   */
  async runLifecycle(
    name: 'setup' | 'teardown' | 'handleSummary',
    dataJson: string | undefined,
    timeoutMs: number,
  ): Promise<string | undefined> {
    const scope = this.#scope;
    scope.phase = name === 'handleSummary' ? 'summary' : name;
    let tags = this.#env.runTags;
    if (name !== 'handleSummary' && this.#isSystemTag('group')) {
      tags = tags.with('group', `::${name}`);
    }
    scope.tags = tags;
    scope.groupPath = `::${name}`;
    scope.sessions.length = 0;
    this.#env.template.use(this.#guest);
    this.#activity = 'lifecycle';
    this.#returned = undefined;
    this.#failure = undefined;
    for (const session of this.#sessions) session?.iterationStarted();
    const request: RunRequest = {
      name,
      env: { ...this.#env.env },
      ...(dataJson === undefined ? {} : { dataJson }),
    };
    let timer: NodeJS.Timeout | undefined;
    let timedOut = false;
    await new Promise<void>((resolve) => {
      this.#listener = { iterationEnded: () => resolve() };
      timer = setTimeout(() => {
        timedOut = true;
        this.interrupt();
      }, timeoutMs);
      this.#inbox.push({ kind: Delivery.run, id: 0, text: JSON.stringify(request) });
      this.#askTurn();
    });
    clearTimeout(timer);
    if (timedOut) throw new LifecycleTimeout(name, timeoutMs);
    if (this.#failure !== undefined) throw new LifecycleFailure(name, this.#failure);
    return this.#returned;
  }

  /** The VU has done its part of the scenario: what it kept over its iterations is let go. */
  leaveScenario(): void {
    if (this.#activity === 'gone') return;
    for (const session of this.#sessions) session?.scenarioEnded?.();
    this.#flushBytes();
  }

  /** Ends the VU: its sockets are given up, its memory goes back to the cell. */
  dispose(): void {
    if (this.#activity === 'iteration' || this.#activity === 'lifecycle') this.interrupt();
    this.#free();
  }

  /**
   * The end of the run: connections are given up and their last samples recorded. The guest is left
   * where it lies, because freeing thousands of them only to exit would cost seconds.
   */
  hangUp(): void {
    if (this.#activity === 'iteration' || this.#activity === 'lifecycle') this.interrupt();
    if (this.#activity === 'gone') return;
    this.#activity = 'gone';
    for (const session of this.#sessions) session?.dispose();
    this.#flushBytes();
    this.#timers.clear();
    this.#inbox.clear();
  }

  #free(): void {
    if (this.#activity === 'gone') return;
    this.hangUp();
    this.#env.template.dispose(this.#guest);
  }

  // -- the turn ------------------------------------------------------------------------------------

  /** Never in the callback of a socket: a protocol must not find the guest running in the midst of its bookkeeping. */
  #askTurn(): void {
    if (this.#turnAsked || this.#inTurn) return;
    this.#turnAsked = true;
    this.#env.turns.ask(this);
  }

  takeTurn(): void {
    this.#turnAsked = false;
    if (this.#activity === 'gone') return;
    this.#inTurn = true;
    if (this.#begins) {
      this.#begins = false;
      this.#iterationStart = this.#env.clock.now();
      this.#listener?.iterationBegan?.(this.#iterationStart);
    }
    let end = ranOk;
    const { cell } = this.#guest;
    let turnEnd = 0;
    let cut = false;
    for (;;) {
      const item = cell.isBlocked(this.#guest)
        ? this.#inbox.shiftAwaited(this.#mail(Mail.awaitFrom), this.#mail(Mail.awaitTo))
        : this.#inbox.shift();
      if (item === undefined) break;
      const { numbers } = item;
      if (numbers !== undefined) {
        for (let i = 0; i < numbers.length; i++) {
          cell.writeMail(this.#guest, Mail.payload + i, numbers[i] as number);
        }
      }
      end =
        item.utf8 === undefined
          ? cell.deliver(this.#guest, item.kind, item.id, item.text ?? item.bytes)
          : cell.deliver(this.#guest, item.kind, item.id, item.utf8, true);
      if (end.kind === 'threw') {
        this.#strayEnd(end);
        end = this.#jobs();
      }
      if (end.kind !== 'ok') break;
      if (this.#inbox.length === 0) break;
      const now = this.#env.clock.now();
      if (turnEnd === 0) turnEnd = now + turnShareMs;
      else if (now > turnEnd) {
        cut = true;
        break;
      }
    }
    const isBlocked = end.kind === 'ok' && cell.isBlocked(this.#guest);
    if (end.kind === 'ok' && !isBlocked && cell.promiseState(this.#guest) === 'rejected') {
      end = cell.deliverRejection(this.#guest, Delivery.rejected);
      if (end.kind === 'threw') {
        this.#strayEnd(end);
        end = this.#jobs();
      }
    }
    this.#inTurn = false;
    if (end.kind !== 'ok') {
      this.#die(end);
      return;
    }
    this.#inbox.drained();
    // What is not awaited by a blocked call waits with it; what is will ask for a turn itself.
    if (isBlocked && !cut) return;
    if (this.#inbox.length > 0) {
      // Others get their chance before the rest of a long inbox.
      this.#askTurn();
      return;
    }
    this.#checkOver();
  }

  #enter(run: () => EntryEnd): EntryEnd {
    this.#env.template.use(this.#guest);
    let end = run();
    if (end.kind === 'threw') {
      this.#strayEnd(end);
      end = this.#jobs();
    }
    return end;
  }

  /** Runs promise jobs to the last; a job that throws (queueMicrotask) does not stop the others. */
  #jobs(): EntryEnd {
    const { cell } = this.#guest;
    for (;;) {
      const end = cell.runJobs(this.#guest);
      if (end.kind === 'ok') return end;
      if (end.kind !== 'threw') return end;
      this.#strayEnd(end);
    }
  }

  #strayEnd(end: EntryEnd & { kind: 'threw' }): void {
    this.failed({ kind: 'stray', name: end.name, message: end.message, stack: end.stack });
  }

  #mail(index: number): number {
    return this.#guest.cell.readMail(this.#guest, index);
  }

  #checkOver(): void {
    if (this.#listener === undefined) return;
    if (this.#scope.aborted && this.#activity === 'iteration') {
      this.#finish('interrupted');
      return;
    }
    if (this.#strayed && this.#activity !== 'init') {
      this.#finish('complete');
      return;
    }
    if (this.#mail(Mail.pending) > 0) return;
    const runs =
      this.#mail(Mail.running) !== 0 || this.#guest.cell.promiseState(this.#guest) === 'pending';
    if (runs && this.#activity !== 'init') {
      if (this.#mail(Mail.listening) > 0) return;
      // Nothing is left that could settle the promise: k6 ends such an iteration without a word.
      if (!this.#warnedNeverSettled) {
        this.#warnedNeverSettled = true;
        this.#env.log(
          'warning',
          `the promise of ${this.#scope.scenario?.exec ?? 'a lifecycle function'}() never settled: ` +
            'nothing it could wait for was left (no timer, request or open socket), so it was ended',
          { vu: String(this.vuId) },
        );
      }
    }
    this.#finish('complete');
  }

  #finish(how: IterationEnd): void {
    const listener = this.#listener;
    const activity = this.#activity;
    this.#listener = undefined;
    if (activity === 'init') {
      listener?.iterationEnded(how);
      return;
    }
    this.#activity = 'idle';
    this.#begins = false;
    const now = this.#env.clock.now();
    for (const session of this.#sessions) {
      session?.iterationEnded(how !== 'complete' || this.#strayed);
    }
    this.#strayed = false;
    if (how !== 'killed' && this.#guest.cell.isBlocked(this.#guest)) this.#unblock();
    this.#timers.clear();
    if (this.#inbox.length > 0) {
      for (const item of this.#inbox.left()) {
        for (const session of this.#sessions) session?.unheard?.(item);
      }
    }
    if (how !== 'killed') {
      // What cut-off code still waits for will never be answered, so nothing is pending.
      this.#inbox.clear();
      this.#guest.cell.writeMail(this.#guest, Mail.pending, 0);
      this.#guest.cell.writeMail(this.#guest, Mail.running, 0);
      this.#guest.cell.writeMail(this.#guest, Mail.listening, 0);
      this.#guest.cell.dropPromise(this.#guest);
    }
    this.#flushBytes();
    if (activity === 'iteration') this.#countIteration(how, now);
    listener?.iterationEnded(how);
  }

  /** Promise jobs a blocked call held up belong to what was cut off, not to what comes next. */
  #unblock(): void {
    const { cell } = this.#guest;
    const { aborted } = this.#scope;
    // Nobody is to hear of them any more.
    this.#scope.aborted = true;
    cell.writeMail(this.#guest, Mail.blocking, Blocking.able);
    let end = cell.runJobs(this.#guest);
    while (end.kind === 'threw') end = cell.runJobs(this.#guest);
    cell.writeMail(this.#guest, Mail.blocking, Blocking.able);
    this.#scope.aborted = aborted;
  }

  #countIteration(how: IterationEnd, now: number): void {
    const { recorder, builtins, clock, counts } = this.#env;
    const { tags } = this.#scope;
    const wall = clock.wall(now);
    if (how === 'complete') {
      counts.iterationsComplete++;
      recorder.add(builtins.iteration_duration, tags, now - this.#iterationStart, wall);
      recorder.add(builtins.iterations, tags, 1, wall);
    } else {
      counts.iterationsInterrupted++;
    }
    if (this.#failure !== undefined || how === 'killed') {
      counts.iterationsFailed++;
      recorder.add(builtins.iterations_failed, tags, 1, wall);
      if (this.#failure !== undefined) this.#env.iterationFailed(summarizeFailure(this.#failure));
    }
  }

  #flushBytes(): void {
    const { recorder, builtins, clock } = this.#env;
    const wall = clock.wall(clock.now());
    if (this.#bytesSent > 0) {
      recorder.add(builtins.data_sent, this.#scope.tags, this.#bytesSent, wall);
    }
    if (this.#bytesReceived > 0) {
      recorder.add(builtins.data_received, this.#scope.tags, this.#bytesReceived, wall);
    }
    this.#bytesSent = 0;
    this.#bytesReceived = 0;
  }

  /** The guest broke a limit or its cell: it is thrown away, and the iteration fails. */
  #die(end: EntryEnd): void {
    const failure = this.#describeEnd(end);
    this.endedByEngine = end.kind === 'broken';
    if (end.kind === 'stopped' && end.reason === 'turn') {
      this.#env.stalled(this.#env.template.guestLimits.turnMs);
    }
    this.#failure = failure;
    const activity = this.#activity;
    // What becomes of setup, teardown or init is told by whoever asked for it.
    if (end.kind === 'stopped' && end.reason === 'told') this.#env.fatal(describeFailure(failure));
    else if (activity === 'iteration') this.#report(failure, {});
    const listener = this.#listener;
    this.#listener = undefined;
    if (activity === 'iteration' || activity === 'lifecycle') this.#finish('killed');
    this.#free();
    listener?.iterationEnded('killed');
  }

  #describeEnd(end: EntryEnd): ScriptFailure {
    const what = this.#activity === 'init' ? 'init' : 'run';
    switch (end.kind) {
      case 'stopped': {
        if (end.reason === 'told') return { kind: what, ...refusalOf(this.#refusal) };
        const stack = this.#env.mapStack(end.stack) || this.#lastStack;
        const at = firstFrame(stack);
        const guestLimits = this.#guest.limits;
        const turnMs = this.#activity === 'init' ? guestLimits.initMs : guestLimits.turnMs;
        const message =
          end.reason === 'turn'
            ? `VU ${this.vuId} was stopped${at}: the script ran for ${formatDuration(turnMs)} without waiting for anything (vuTurnTimeout)`
            : `VU ${this.vuId} was stopped${at}: it holds more than ${guestLimits.memoryBytes / 1_048_576} MB of memory (vuMemoryLimit)`;
        return { kind: what, name: '', message, stack };
      }
      case 'broken':
        return {
          kind: what,
          name: '',
          message: `VU ${this.vuId} was stopped: the JavaScript engine it shares with other VUs failed (${end.message}); they are made anew`,
          stack: '',
        };
      case 'threw':
        return {
          kind: what,
          name: end.name,
          message: end.message,
          stack: this.#env.mapStack(end.stack),
        };
      case 'ok':
        return { kind: what, name: '', message: '', stack: '' };
    }
  }

  /** What is ours to say goes without a source, so that a flood of the script's cannot hide it. */
  #report(failure: ScriptFailure, source: { source?: 'script' } = { source: 'script' }): void {
    const { scenario } = this.#scope;
    this.#env.log('error', describeFailure(failure), {
      vu: String(this.vuId),
      ...(scenario === undefined ? {} : { scenario: scenario.name, executor: scenario.executor }),
      ...source,
    });
  }

  #isSystemTag(name: string): boolean {
    return this.#env.settings.systemTags.has(name);
  }

  // -- ScriptListener ----------------------------------------------------------------------------

  failed(failure: ScriptFailure): void {
    if (this.#scope.aborted) return;
    const mapped = { ...failure, stack: this.#env.mapStack(failure.stack) };
    if (this.#guest?.stopped !== undefined) {
      // The "out of memory" the script saw just before it was stopped: it tells where, not what.
      this.#lastStack = mapped.stack;
      return;
    }
    this.#failure = mapped;
    if (failure.kind === 'stray') this.#strayed = true;
    if (this.#activity === 'iteration') this.#report(mapped);
  }

  returned(json: string | undefined): void {
    this.#returned = json;
  }

  cannotWait(what: string, stack: string): void {
    this.#refusal = { what, stack: this.#env.mapStack(stack) };
    this.#guest.cell.stop(this.#guest);
  }

  // -- GuestHost -----------------------------------------------------------------------------------

  op(code: number, args: OpArgs): OpResult {
    const own = hostOps[code];
    if (own !== undefined) return own(this.#hostSession, args);
    const { protocols } = this.#env;
    for (let i = 0; i < protocols.length; i++) {
      const protocol = protocols[i] as Protocol;
      const handler = protocol.ops[code];
      if (handler === undefined) continue;
      const session = (this.#sessions[i] ??= protocol.open(this));
      return handler(session as never, args);
    }
    throw new GuestError(`there is no operation ${code}`, 'TypeError');
  }

  opCrashed(code: number, thrown: unknown): void {
    this.#env.log(
      'error',
      `a bug in vurun: operation ${code} failed: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown)}`,
    );
  }

  entered(now: number, milliseconds: number): void {
    this.#env.enterTurn(this.vuId, now, milliseconds);
  }

  left(): void {
    this.#env.leaveTurn();
  }

  // -- ProtocolHost --------------------------------------------------------------------------------

  get settings(): VuEnvironment['settings'] {
    return this.#env.settings;
  }
  get recorder(): VuEnvironment['recorder'] {
    return this.#env.recorder;
  }
  get builtins(): VuEnvironment['builtins'] {
    return this.#env.builtins;
  }
  get attempts(): VuEnvironment['attempts'] {
    return this.#env.attempts;
  }
  get scenarioName(): string {
    return this.#scope.scenario?.name ?? '';
  }
  get sessionId(): string | undefined {
    return this.#scope.sessions.at(-1);
  }
  get clock(): VuEnvironment['clock'] {
    return this.#env.clock;
  }
  get gauges(): VuEnvironment['gauges'] {
    return this.#env.gauges;
  }
  get citizen(): VuEnvironment['citizen'] {
    return this.#env.citizen;
  }

  token(client: number, user: Readonly<Record<string, string>> | undefined): TokenHolder {
    if (user !== undefined) return (this.#ownTokens ??= new OwnTokens(this)).holder(client, user);
    const holder = this.#env.citizen.token(client);
    if (holder === undefined) throw new GuestError('there is no such token client', 'TypeError');
    return holder;
  }

  random(): number {
    this.#random ??= this.#env.citizen.randomOf(this.#env.idInTest(this.vuId));
    return this.#random();
  }

  tags(): TagSet {
    return this.#scope.tags;
  }

  takeWaited(): number | undefined {
    const waited = this.#waitedMs;
    this.#waitedMs = undefined;
    return waited;
  }

  mayUseNetwork(): boolean {
    return this.#activity === 'iteration' || this.#activity === 'lifecycle';
  }

  deliver(item: DeliveryItem): boolean {
    // Whatever arrives after its iteration is over belongs to nobody any more.
    if (this.#activity === 'gone' || this.#activity === 'idle') return true;
    const room = this.#inbox.push(item);
    this.#askTurn();
    return room;
  }

  afterTurns(departure: Departure): void {
    this.#env.turns.afterTurns(departure);
  }

  onDrain(callback: () => void): void {
    this.#inbox.onDrain(callback);
  }

  countBytes(sent: number, received: number): void {
    this.#bytesSent += sent;
    this.#bytesReceived += received;
  }

  log(
    level: 'debug' | 'info' | 'warning' | 'error',
    message: string,
    fields?: Record<string, string>,
  ): void {
    const { scenario } = this.#scope;
    this.#env.log(level, message, {
      vu: String(this.vuId),
      ...(scenario === undefined ? {} : { scenario: scenario.name }),
      ...fields,
    });
  }
}

function firstFrame(stack: string): string {
  const match = /\(([^()]+:\d+(?::\d+)?)\)|at ([^()\s]+:\d+(?::\d+)?)/.exec(stack);
  const at = match?.[1] ?? match?.[2];
  return at === undefined ? '' : ` at ${at}`;
}

/** A call that had to wait, reached through code that cannot be paused: what, where and what to do. */
function refusalOf(refusal: { what: string; stack: string }): Omit<ScriptFailure, 'kind'> {
  const native = /at (\S+ \(native\))/.exec(refusal.stack)?.[1];
  return {
    name: 'CannotWait',
    message:
      `${refusal.what} has to wait${firstFrame(refusal.stack)}, but it was reached through ` +
      `${native ?? 'code'} that cannot be paused; make the call before or after that, ` +
      'or write the code around it as a loop',
    stack: refusal.stack,
  };
}

/** A failure in a line: what was thrown and where, which the stopped say themselves. */
function summarizeFailure({ name, message, stack }: ScriptFailure): string {
  const [line = ''] = headOf(name, message).split('\n', 1);
  return name === '' && stack === '' ? line : `${line}${firstFrame(stack)}`;
}

function headOf(name: string, message: string): string {
  return name === '' ? message : `${name}: ${message}`;
}

/** A failure as the log shows it: what was thrown, then where in the user's files. */
export function describeFailure(failure: ScriptFailure): string {
  const head = headOf(failure.name, failure.message);
  const stack = failure.stack.trimEnd();
  return stack === '' ? head : `${head}\n${stack}`;
}

/** The script's init code failed. */
export class InitFailure extends Error {
  readonly failure: ScriptFailure;
  /** True when the engine, not the script, failed: another cell may do. */
  readonly engineBroken: boolean;
  constructor(failure: ScriptFailure, engineBroken: boolean) {
    super(describeFailure(failure));
    this.failure = failure;
    this.engineBroken = engineBroken;
  }
}

export class LifecycleFailure extends Error {
  readonly failure: ScriptFailure;
  constructor(name: string, failure: ScriptFailure) {
    super(`${name}(): ${describeFailure(failure)}`);
    this.failure = failure;
  }
}

export class LifecycleTimeout extends Error {
  readonly phase: string;
  constructor(name: string, timeoutMs: number) {
    const time =
      timeoutMs < 1_000 ? formatDuration(timeoutMs) : `${Math.round(timeoutMs / 1_000)} seconds`;
    super(`${name}() execution timed out after ${time}`);
    this.phase = name;
  }
}
