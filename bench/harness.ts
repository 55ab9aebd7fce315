/** Rounds, medians and ratios: every contestant runs once in each round, and ratios stay in a round. */

/** How much is run. */
export interface Scale {
  /** Each benchmark once and small, to see that none has rotted; the numbers mean nothing. */
  tiny: boolean;
  rounds: number;
  /** Load that goes by before the first look. */
  warmUpMs: number;
  /** Load between the two looks. */
  windowMs: number;
}
export const fullScale: Scale = { tiny: false, rounds: 3, warmUpMs: 1_500, windowMs: 3_000 };
export const tinyScale: Scale = { tiny: true, rounds: 1, warmUpMs: 100, windowMs: 300 };

/** What one contestant measured in one round, by figure. */
export type Figures = Readonly<Record<string, number>>;

export interface Contestant {
  name: string;
  run(): Promise<Figures>;
}

/** One line of the table. */
export interface Row {
  benchmark: string;
  figure: string;
  who: string;
  /** Over the rounds, in the unit the figure names. */
  median: number;
  /** Half the distance between the best and the worst round, as part of the median. */
  spread: number;
  rounds: number;
  /** Median of the ratios within each round, and to whom. */
  ratio: number | undefined;
  ratioTo: string | undefined;
  /** What issue and plan ask of vurun, as text. */
  goal: string | undefined;
}

export interface Comparison {
  benchmark: string;
  rounds: number;
  /** Rounds whose numbers are thrown away first, where a warm process counts. */
  discarded?: number;
  contestants: readonly Contestant[];
  /** Whom the others are measured by: the first of these that takes part. */
  baselines?: readonly string[];
  /** By figure: what is asked of vurun. */
  goals?: Readonly<Record<string, string>>;
}

/** Runs all contestants, in an order that turns with each round, so that drift favours nobody. */
export async function compare(comparison: Comparison): Promise<Row[]> {
  const { contestants, rounds, discarded = 0 } = comparison;
  const results = contestants.map((): Figures[] => []);
  for (let round = -discarded; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const at = (turn + round + discarded) % contestants.length;
      const figures = await (contestants[at] as Contestant).run();
      if (round >= 0) results[at]?.push(figures);
    }
  }
  const base = (comparison.baselines ?? [])
    .map((name) => contestants.findIndex((contestant) => contestant.name === name))
    .find((at) => at >= 0);
  const baseline = base === undefined ? undefined : (results[base] as Figures[]);
  const figures = new Set(results.flat().flatMap((one) => Object.keys(one)));
  return [...figures].flatMap((figure) =>
    contestants.flatMap(({ name }, at) => {
      const values = (results[at] as Figures[]).map((one) => one[figure]).filter(isGiven);
      if (values.length === 0) return [];
      const ratios = values.map((value, i) => value / (baseline?.[i]?.[figure] ?? Number.NaN));
      const middle = median(values);
      const hasRatio = at !== base && !ratios.some(Number.isNaN);
      return {
        benchmark: comparison.benchmark,
        figure,
        who: name,
        median: middle,
        spread:
          middle === 0 ? 0 : Math.abs((Math.max(...values) - Math.min(...values)) / 2 / middle),
        rounds: values.length,
        ratio: hasRatio ? median(ratios) : undefined,
        ratioTo: hasRatio ? contestants[base as number]?.name : undefined,
        goal: name === 'vurun' ? comparison.goals?.[figure] : undefined,
      };
    }),
  );
}

function isGiven(value: number | undefined): value is number {
  return value !== undefined;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Runs something that takes a number of passes and returns nanoseconds per pass. */
export function nanosecondsPer(passes: number, run: (passes: number) => void): number {
  const from = process.hrtime.bigint();
  run(passes);
  return Number(process.hrtime.bigint() - from) / passes;
}
