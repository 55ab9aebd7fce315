import { closeSync, openSync, writeSync } from 'node:fs';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';

export type LedgerKind = 'rest' | 'upgrade' | 'token' | 'ws';

/** One decision of the simulator: the truth a diagnosis is measured against. */
export interface LedgerEntry {
  /** Milliseconds since the simulator started or was last reset, not scaled. */
  t: number;
  /** 1, 2, 3, … over all kinds. */
  ordinal: number;
  kind: LedgerKind;
  /** `accept`, or the reason of anything else: `rest-limit`, `cap`, `drop`, … */
  decision: string;
  /** The correlation id the client saw, if it saw one. */
  corr: string;
  /** Sessions that held a slot when the decision was taken. */
  active: number;
  /** The client's `X-Vurun-Attempt`. */
  attemptHeader?: string;
}

/** The decisions in order: the last ones in memory, all of them in the file if there is one. */
export class Ledger {
  #file: number | undefined;
  /** Whole batches are dropped from the front, so that forgetting costs nothing per entry. */
  #entries: LedgerEntry[] = [];
  #ordinal = 0;
  #unwritten: string[] = [];
  #flushTimer: NodeJS.Timeout | undefined;

  /** @throws UserError when the file cannot be written */
  constructor(path?: string) {
    if (path === undefined) return;
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new UserError(
        ExitCode.invalidConfig,
        `The ledger cannot be written to ${path}: ${messageOf(error)}`,
        'Name a file in a folder that exists and may be written.',
      );
    }
  }

  add(decision: Omit<LedgerEntry, 'ordinal'>): void {
    const { t, ...rest } = decision;
    const entry = { t, ordinal: ++this.#ordinal, ...rest };
    this.#entries.push(entry);
    if (this.#entries.length > limits.simulatorLedgerEntries * 1.1) {
      this.#entries = this.#entries.slice(-limits.simulatorLedgerEntries);
    }
    if (this.#file === undefined) return;
    this.#unwritten.push(`${JSON.stringify(entry)}\n`);
    if (this.#unwritten.length >= limits.simulatorLedgerBatch) this.flush();
    else this.#flushTimer ??= setTimeout(() => this.flush(), limits.simulatorLedgerFlushMs).unref();
  }

  /** Entries in memory with a higher ordinal than `since`. */
  entries(since = 0): LedgerEntry[] {
    const first = this.#entries[0]?.ordinal ?? 0;
    return this.#entries.slice(Math.max(0, since + 1 - first));
  }

  /** Forgets what is in memory and counts from 1 again; the file keeps its lines. */
  clear(): void {
    this.#entries = [];
    this.#ordinal = 0;
  }

  /** Writes what waits: synchronously, so that a batch is the most that can ever wait. */
  flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#file === undefined || this.#unwritten.length === 0) return;
    writeSync(this.#file, this.#unwritten.join(''));
    this.#unwritten = [];
  }

  close(): void {
    this.flush();
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
  }
}
