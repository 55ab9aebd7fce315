/**
 * A template yields VUs: it knows the program and the limits, and houses the guests it makes in
 * cells. The first cell's guests evaluate the program one by one. If nothing they did on the way
 * depended on which VU they were, every further cell is a copy of that one's memory, and its guests
 * cost a copy instead of an evaluation. How a guest came to be cannot be told from inside.
 */
import { limits } from '../limits.ts';
import type { OpArgs, OpResult } from './contract.ts';
import { FunctionTexts } from './heap.ts';
import {
  Cell,
  type EntryEnd,
  type Guest,
  type GuestHost,
  type GuestImage,
  type GuestLimits,
  type Snapshot,
} from './quickjs.ts';

/**
 * What an op asked during the evaluation of the program means for forking.
 * - `free`: its answer is the same for every VU, and it leaves nothing behind.
 * - `replay`: it leaves something with the host that every VU needs; it is asked again for each copy.
 * - `bound`: its answer belongs to one VU, so copies would be found out.
 */
export type ForkRule = (code: number, args: OpArgs) => 'free' | 'replay' | 'bound';

export interface TemplateOptions {
  code: string;
  /** The name stack traces give the program. */
  name: string;
  guestLimits: GuestLimits;
  forkRule: ForkRule;
  /** Told once why VUs are made one by one, if they are. */
  onBound?: (why: string) => void;
  /** VUs in one cell; 1 gives every VU an instance of its own. */
  vusPerCell?: number;
  /** What another template of the same program made, with the same limits: nothing is evaluated then. */
  master?: Master;
  /** Told once: the master that further VUs are copied from, or undefined when there will be none. */
  onMaster?: (master: Master | undefined) => void;
}

/** All that is needed to make copies of the first cell, in any thread. */
export interface Master {
  snapshot: Snapshot;
  /** What is asked again for each copy. */
  replay: Evaluation['replay'];
  /** Source texts of the functions in it. */
  texts: readonly string[];
}

/** What one guest asked of its host while it evaluated the program. */
interface Evaluation {
  replay: { code: number; args: readonly (number | string | boolean | Uint8Array | undefined)[] }[];
  bound: string | undefined;
}

/** The first cell, as long as none of its guests was entered after its evaluation. */
interface FirstCell {
  cell: Cell;
  guests: Guest[];
  evaluation: Evaluation | undefined;
}

export class Template {
  readonly #options: TemplateOptions;
  readonly #texts: FunctionTexts;
  #cells: Cell[] = [];
  #first: FirstCell | undefined;
  #master: Master | undefined;
  #isBound = false;
  /** Guests of copied cells that nobody has taken yet. */
  #spare: { cell: Cell; image: GuestImage }[] = [];
  #forked = 0;

  constructor(options: TemplateOptions) {
    this.#options = options;
    this.#master = options.master;
    this.#texts = new FunctionTexts(options.master?.texts);
  }

  get guestLimits(): GuestLimits {
    return this.#options.guestLimits;
  }

  /**
   * A guest in which the program has been evaluated. `end` tells how that went: a guest whose
   * program threw is to be disposed by the caller.
   */
  async spawn(host: GuestHost): Promise<{ guest: Guest; end: EntryEnd }> {
    if (this.#first?.guests.length === this.#vusPerCell) this.#makeMaster(this.#first);
    return this.#master === undefined ? this.#boot(host) : this.#fork(host, this.#master);
  }

  /** Says that a guest is about to be entered: from now on it is no image of a fresh one. */
  use(guest: Guest): void {
    if (this.#first?.cell === guest.cell && this.#first.guests.includes(guest)) {
      this.#giveUpFirst();
    }
  }

  /** Gives a guest's place back. Nothing is called in a cell that is broken. */
  dispose(guest: Guest): void {
    this.use(guest);
    const { cell } = guest;
    cell.free(guest);
    if (cell.broken !== undefined) this.#spare = this.#spare.filter((one) => one.cell !== cell);
    if (cell.guests === 0 || cell.broken !== undefined) {
      this.#cells = this.#cells.filter((other) => other !== cell);
    }
  }

  /** For who wants to know how VUs came about. */
  get facts(): {
    cells: number;
    vusPerCell: number;
    memoryBytes: number;
    snapshotBytes: number;
    forked: number;
  } {
    return {
      cells: this.#cells.length,
      vusPerCell: this.#vusPerCell,
      memoryBytes: this.#cells.reduce((sum, cell) => sum + cell.memoryBytes, 0),
      snapshotBytes: this.#master?.snapshot.bytes.byteLength ?? 0,
      forked: this.#forked,
    };
  }

  get #vusPerCell(): number {
    return this.#options.vusPerCell ?? limits.vusPerCell;
  }

  async #boot(host: GuestHost): Promise<{ guest: Guest; end: EntryEnd }> {
    const isFirst = this.#cells.length === 0 && !this.#isBound;
    const cell = await this.#room();
    if (isFirst) this.#first = { cell, guests: [], evaluation: undefined };
    const evaluation: Evaluation = { replay: [], bound: undefined };
    const { code, name, guestLimits, forkRule } = this.#options;
    const before = cell.chunks();
    const guest = cell.newGuest(recording(host, forkRule, evaluation), guestLimits);
    const clockReads = cell.clockReads;
    const end = cell.evaluate(guest, code, name);
    if (cell.clockReads > clockReads) evaluation.bound ??= 'the clock';
    guest.host = host;
    if (end.kind === 'ok') cell.slim(guest, before);
    this.#consider(cell, guest, evaluation, end);
    return { guest, end };
  }

  /** Looks whether the first cell can still be copied after one more evaluation in it. */
  #consider(cell: Cell, guest: Guest, evaluation: Evaluation, end: EntryEnd): void {
    const first = this.#first;
    if (first === undefined || first.cell !== cell) return;
    first.evaluation ??= evaluation;
    const same = JSON.stringify(first.evaluation.replay) === JSON.stringify(evaluation.replay);
    const why = evaluation.bound ?? (same ? undefined : 'something else that differs between VUs');
    if (why !== undefined || end.kind !== 'ok' || cell.hasJobs(guest)) {
      this.#giveUpFirst();
      if (why !== undefined) this.#options.onBound?.(why);
      return;
    }
    first.guests.push(guest);
  }

  /** From now on every VU evaluates the program. */
  #giveUpFirst(): void {
    this.#first = undefined;
    this.#isBound = true;
    this.#options.onMaster?.(undefined);
  }

  #makeMaster({ cell, guests, evaluation }: FirstCell): void {
    this.#first = undefined;
    this.#master = {
      snapshot: cell.snapshot(guests),
      replay: evaluation?.replay ?? [],
      texts: this.#texts.all,
    };
    this.#options.onMaster?.(this.#master);
  }

  async #fork(
    host: GuestHost,
    { snapshot, replay }: Master,
  ): Promise<{ guest: Guest; end: EntryEnd }> {
    let spare = this.#spare.shift();
    if (spare === undefined) {
      const cell = await Cell.create(this.#texts, snapshot);
      this.#cells.push(cell);
      this.#spare.push(...snapshot.guests.map((image) => ({ cell, image })));
      spare = this.#spare.shift() as { cell: Cell; image: GuestImage };
    }
    const guest = spare.cell.adopt(spare.image, host, this.#options.guestLimits);
    this.#forked++;
    for (const { code, args } of replay) host.op(code, new KeptArgs(args));
    return { guest, end: { kind: 'ok' } };
  }

  async #room(): Promise<Cell> {
    const free = this.#cells.find(
      (cell) => cell.broken === undefined && cell.guests < this.#vusPerCell,
    );
    if (free !== undefined) return free;
    const cell = await Cell.create(this.#texts);
    this.#cells.push(cell);
    return cell;
  }
}

/** The host of a guest that evaluates the program: answers as it would, and remembers. */
function recording(host: GuestHost, rule: ForkRule, evaluation: Evaluation): GuestHost {
  return {
    opCrashed: (code, thrown) => host.opCrashed(code, thrown),
    entered: (now, milliseconds) => host.entered(now, milliseconds),
    left: () => host.left(),
    op: (code, args): OpResult => {
      const what = rule(code, args);
      if (what === 'bound') evaluation.bound ??= `operation ${code}`;
      const kept = what === 'replay' ? keep(args) : [];
      const result = host.op(code, args);
      // What was refused left nothing behind, and would be refused again.
      if (what === 'replay') evaluation.replay.push({ code, args: kept });
      return result;
    },
  };
}

function keep(args: OpArgs): (number | string | boolean | Uint8Array | undefined)[] {
  return Array.from({ length: args.count }, (_, i) => args.value(i));
}

/** Arguments of an op that is asked again. */
class KeptArgs implements OpArgs {
  readonly #values: readonly (number | string | boolean | Uint8Array | undefined)[];
  readonly count: number;

  constructor(values: readonly (number | string | boolean | Uint8Array | undefined)[]) {
    this.#values = values;
    this.count = values.length;
  }
  value(index: number): number | string | boolean | Uint8Array | undefined {
    return this.#values[index];
  }
  isUndefined(index: number): boolean {
    return this.#values[index] === undefined;
  }
  isString(index: number): boolean {
    return typeof this.#values[index] === 'string';
  }
  number(index: number): number {
    return Number(this.#values[index]);
  }
  boolean(index: number): boolean {
    return this.#values[index] === true;
  }
  string(index: number): string {
    return this.#values[index] as string;
  }
  optionalString(index: number): string | undefined {
    const value = this.#values[index];
    return typeof value === 'string' ? value : undefined;
  }
  bytes(index: number): Uint8Array {
    return (this.#values[index] as Uint8Array).slice();
  }
}
