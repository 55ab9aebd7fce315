/** Metrics of the script's own: Counter, Gauge, Rate and Trend. */
import { Fact, MetricType, type MetricTypeCode, Op } from '../contract/ops.ts';
import { nameText, type Tags, tagsJson } from '../globals/arguments.ts';
import { life, op } from '../host.ts';

function numberOf(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return value.trim() === '' ? Number.NaN : Number(value);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN;
}

class Metric {
  /** The name it was declared with. */
  readonly name: string;
  readonly #id: number;
  readonly #type: MetricTypeCode;

  constructor(type: MetricTypeCode, name: string, isTime: boolean | undefined) {
    if (life.phase !== 'init') throw new Error('metrics must be declared in the init context');
    if (typeof name !== 'string') {
      throw new TypeError(
        `new ${new.target.name}(name): name must be a string, not ${typeof name}`,
      );
    }
    this.name = name;
    this.#type = type;
    this.#id = op(Op.metricNew, nameText(name), type, Boolean(isTime)) as number;
  }

  /**
   * Adds one sample, with tags of its own. Numeric text and booleans count as numbers. A value that is
   * none adds nothing: false is returned and a warning logged, or an error thrown under
   * `options.throw`. Throws in the init context, and for tags that are not strings, numbers or booleans.
   */
  add(value: number | boolean | string, tags?: Tags): boolean {
    if (life.phase === 'init') {
      throw new Error('Adding to metrics in the init context is not supported');
    }
    const amount = numberOf(value);
    if (!Number.isFinite(amount)) {
      const shown = typeof value === 'object' && value !== null ? 'object' : String(value);
      const text = `'${nameText(shown)}' is an invalid value for metric '${this.name}', a number or a boolean value is expected`;
      const options = JSON.parse(op(Op.factText, Fact.testOptions) as string) as {
        throw?: boolean;
      };
      if (options.throw) throw new TypeError(text);
      op(Op.warn, text);
      return false;
    }
    const sample = this.#type === MetricType.rate ? Number(amount !== 0) : amount;
    const json = tagsJson(tags, `cannot add tags for the '${this.name}' custom metric`);
    op(Op.metricAdd, this.#id, sample, json);
    return true;
  }
}

/** A sum. */
export class Counter extends Metric {
  /** `isTime`: the values are milliseconds. */
  constructor(name: string, isTime?: boolean) {
    super(MetricType.counter, name, isTime);
  }
}
/** The last, the smallest and the largest value. */
export class Gauge extends Metric {
  /** `isTime`: the values are milliseconds. */
  constructor(name: string, isTime?: boolean) {
    super(MetricType.gauge, name, isTime);
  }
}
/** The share of values that are true (not 0). */
export class Rate extends Metric {
  /** `isTime`: the values are milliseconds. */
  constructor(name: string, isTime?: boolean) {
    super(MetricType.rate, name, isTime);
  }
}
/** A distribution: average, median, percentiles. */
export class Trend extends Metric {
  /** `isTime`: the values are milliseconds. */
  constructor(name: string, isTime?: boolean) {
    super(MetricType.trend, name, isTime);
  }
}
