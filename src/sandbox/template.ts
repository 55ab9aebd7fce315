/**
 * A template yields VUs: it knows the program and the limits, and houses the guests it makes in
 * cells. How a guest comes to be (today: the bundle is evaluated in each) is this file's secret, so
 * that forking cells from a snapshot changes nothing outside it.
 */
import { limits } from '../limits.ts';
import { Cell, type EntryEnd, type Guest, type GuestHost, type GuestLimits } from './quickjs.ts';

export interface TemplateOptions {
  code: string;
  /** The name stack traces give the program. */
  name: string;
  guestLimits: GuestLimits;
  /** VUs in one cell; 1 gives every VU an instance of its own. */
  vusPerCell?: number;
}

export class Template {
  #options: TemplateOptions;
  #cells: Cell[] = [];

  constructor(options: TemplateOptions) {
    this.#options = options;
  }

  get guestLimits(): GuestLimits {
    return this.#options.guestLimits;
  }

  /**
   * A guest in which the program has been evaluated. `end` tells how that went: a guest whose
   * program threw is to be disposed by the caller.
   */
  async spawn(host: GuestHost): Promise<{ guest: Guest; end: EntryEnd }> {
    const guest = (await this.#room()).newGuest(host, this.#options.guestLimits);
    return { guest, end: guest.cell.evaluate(guest, this.#options.code, this.#options.name) };
  }

  /** Gives a guest's place back. Nothing is called in a cell that is broken. */
  dispose(guest: Guest): void {
    const { cell } = guest;
    cell.free(guest);
    if (cell.guests === 0 || cell.broken !== undefined) {
      this.#cells = this.#cells.filter((other) => other !== cell);
    }
  }

  get cells(): number {
    return this.#cells.length;
  }

  /** Linear memory of all cells, in bytes. */
  get memoryBytes(): number {
    return this.#cells.reduce((sum, cell) => sum + cell.memoryBytes, 0);
  }

  async #room(): Promise<Cell> {
    const most = this.#options.vusPerCell ?? limits.vusPerCell;
    const free = this.#cells.find((cell) => cell.broken === undefined && cell.guests < most);
    if (free !== undefined) return free;
    const cell = await Cell.create();
    this.#cells.push(cell);
    return cell;
  }
}
