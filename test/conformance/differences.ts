/**
 * Every known difference of vurun from k6, each with its reason. A difference that is not here fails the
 * suite, and so does a row that explains nothing any more.
 */
export interface Difference {
  /** The case, `chapter/script`, or `*` for all. */
  script: string;
  /** The line of `judge.ts` it explains. */
  line: string | RegExp;
  reason: string;
  /** Shows only beside a k6 binary. */
  onlyWithK6?: true;
  /** Somebody is mending it: it may be gone already. */
  awaiting?: true;
}

export const differences: readonly Difference[] = [
  {
    script: '*',
    line: /^\+ series iterations_failed\{/,
    reason: 'an exception in an iteration counts: vurun has a metric for it, k6 only logs',
    onlyWithK6: true,
  },
];
