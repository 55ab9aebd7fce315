import type { Row } from './harness.ts';
import type { Lab } from './lab.ts';

/** One benchmark: what it is called on the command line, what it asks, and how it finds out. */
export interface Benchmark {
  name: string;
  about: string;
  /** It takes so long that it runs only when it is asked for. */
  onlyByName?: boolean;
  run(lab: Lab): Promise<Row[]>;
}
