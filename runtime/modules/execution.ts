/** `exec`: what a script may know of the run, and how it ends or fails it. */
import { Fact, Op } from '../contract/ops.ts';
import type { Options } from '../contract/options.ts';
import { nameText, tagText } from '../globals/arguments.ts';
import { life, op } from '../host.ts';

type NumberFact = (typeof Fact)[keyof typeof Fact];

function fact(code: NumberFact, what: string): number {
  if (life.phase === 'init') {
    throw new Error(`getting ${what} information in the init context is not supported`);
  }
  return op(Op.factNumber, code) as number;
}

function inVu(): void {
  if (life.phase !== 'vu') {
    throw new Error('getting scenario information outside of the VU context is not supported');
  }
}

export interface ScenarioInfo {
  readonly name: string;
  readonly executor: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** From 0 to 1. */
  readonly progress: number;
  /** Number of this iteration among those of the scenario in this process, from 0. */
  readonly iterationInInstance: number;
  /** Number of this iteration among all of the scenario, from 0; no two iterations share one. */
  readonly iterationInTest: number;
}
/** The scenario this VU works for. Throws outside of iterations. */
export const scenario: ScenarioInfo = {
  get name() {
    inVu();
    return op(Op.factText, Fact.scenarioName) as string;
  },
  get executor() {
    inVu();
    return op(Op.factText, Fact.scenarioExecutor) as string;
  },
  get startTime() {
    inVu();
    return op(Op.factNumber, Fact.scenarioStartTime) as number;
  },
  get progress() {
    inVu();
    return op(Op.factNumber, Fact.scenarioProgress) as number;
  },
  get iterationInInstance() {
    inVu();
    return op(Op.factNumber, Fact.scenarioIterationInInstance) as number;
  },
  get iterationInTest() {
    inVu();
    return op(Op.factNumber, Fact.scenarioIterationInTest) as number;
  },
};

export interface InstanceInfo {
  /** Milliseconds. */
  readonly currentTestRunDuration: number;
  readonly iterationsCompleted: number;
  readonly iterationsInterrupted: number;
  readonly vusActive: number;
  readonly vusInitialized: number;
}
/** This process of the run. Throws in the init context. */
export const instance: InstanceInfo = {
  get currentTestRunDuration() {
    return fact(Fact.instanceRunDuration, 'instance');
  },
  get iterationsCompleted() {
    return fact(Fact.instanceIterationsCompleted, 'instance');
  },
  get iterationsInterrupted() {
    return fact(Fact.instanceIterationsInterrupted, 'instance');
  },
  get vusActive() {
    return fact(Fact.instanceVusActive, 'instance');
  },
  get vusInitialized() {
    return fact(Fact.instanceVusInitialized, 'instance');
  },
};

type TagStore = Record<string, string | number | boolean>;

function store(metadata: boolean): TagStore {
  const what = metadata ? 'exec.vu.metrics.metadata' : 'exec.vu.metrics.tags';
  const read = (): Record<string, string> => {
    if (life.phase === 'init') throw new Error(`${what} is not available in the init context`);
    return JSON.parse(op(Op.tagList, metadata) as string) as Record<string, string>;
  };
  return new Proxy(
    {},
    {
      get: (_target, key) => (typeof key === 'string' ? read()[key] : undefined),
      has: (_target, key) => Object.hasOwn(read(), key),
      ownKeys: () => Object.keys(read()),
      getOwnPropertyDescriptor: (_target, key) => {
        const descriptor = Object.getOwnPropertyDescriptor(read(), key);
        return descriptor && { ...descriptor, configurable: true };
      },
      set: (_target, key, value: unknown) => {
        read();
        op(Op.tagSet, nameText(String(key)), nameText(tagText(String(key), value, what)), metadata);
        return true;
      },
      deleteProperty: (_target, key) => {
        read();
        op(Op.tagSet, nameText(String(key)), undefined, metadata);
        return true;
      },
    },
  );
}
const tags: TagStore = /* @__PURE__ */ store(false);
const metadata: TagStore = /* @__PURE__ */ store(true);

export interface VuInfo {
  /** From 1; 0 in setup, teardown and handleSummary. */
  readonly idInInstance: number;
  readonly idInTest: number;
  /** The same as `__ITER`. */
  readonly iterationInInstance: number;
  readonly iterationInScenario: number;
  /** The same as `metrics.tags`. */
  readonly tags: TagStore;
  readonly metrics: {
    /** Tags every further sample of this VU carries. Assign strings, numbers or booleans, or delete. */
    readonly tags: TagStore;
    /** Like tags, for values with many variants: outputs show them, thresholds cannot select by them. */
    readonly metadata: TagStore;
  };
}
/** This VU. Throws in the init context. */
export const vu: VuInfo = {
  get idInInstance() {
    return fact(Fact.vuIdInInstance, 'VU');
  },
  get idInTest() {
    return fact(Fact.vuIdInTest, 'VU');
  },
  get iterationInInstance() {
    return fact(Fact.vuIteration, 'VU');
  },
  get iterationInScenario() {
    return fact(Fact.vuIterationInScenario, 'VU');
  },
  tags,
  metrics: { tags, metadata },
};

let options: Readonly<Options> | undefined;

export interface TestInfo {
  /** The options in force: everything merged, scenarios filled in, frozen. Throws in the init context. */
  readonly options: Readonly<Options>;
  /** Ends the run at once, with exit code 108; teardown and the summary still run. */
  abort(reason?: string): never;
  /** Marks the run as failed, exit code 110; the script goes on. */
  fail(reason?: string): void;
}
/** The run as a whole. */
export const test: TestInfo = {
  get options() {
    if (life.phase === 'init') {
      throw new Error('getting test options in the init context is not supported');
    }
    options ??= JSON.parse(op(Op.factText, Fact.testOptions) as string, (_key, value: unknown) =>
      Object.freeze(value),
    ) as Options;
    return options;
  },
  abort(reason) {
    const text = reason === undefined ? '' : nameText(String(reason));
    const error = new Error(text === '' ? 'test aborted' : `test aborted: ${text}`);
    op(Op.testAbort, text, error.stack ?? '');
    // The host interrupts the VU; until it gets there, nothing after this line may run.
    throw error;
  },
  fail(reason) {
    if (life.phase === 'init') {
      throw new Error('execution.test.fail() called outside of VU context');
    }
    op(Op.testFail, reason === undefined ? '' : nameText(String(reason)));
  },
};

export interface Execution {
  readonly scenario: ScenarioInfo;
  readonly instance: InstanceInfo;
  readonly vu: VuInfo;
  readonly test: TestInfo;
}
const exec: Execution = { scenario, instance, vu, test };
export default exec;
