import { limits } from '../limits.ts';
import type { AttemptKind, TimelineSlice } from './contract.ts';

/** What happened in one slot. */
export interface TimelineSlot {
  began: number;
  good: number;
  bad: number;
}

/**
 * Attempts of one name over the run, in slots of a tenth of a second. When a run is longer than there is
 * room for, two slots become one, again and again: what is kept is exact, only coarser.
 */
export class Timeline {
  readonly kind: AttemptKind;
  readonly name: string;
  /** Milliseconds since 1970 where slot 0 begins. */
  #origin = 0;
  #slotMs = 100;
  #slots: TimelineSlot[] = [];

  constructor(kind: AttemptKind, name: string) {
    this.kind = kind;
    this.name = name;
  }

  get origin(): number {
    return this.#origin;
  }
  get slotMs(): number {
    return this.#slotMs;
  }
  get slots(): readonly TimelineSlot[] {
    return this.#slots;
  }

  add({ tenth, began, good, bad }: TimelineSlice): void {
    const at = tenth * 100;
    if (this.#slots.length === 0) this.#origin = at;
    // Shards hand over what they have one after the other, so an earlier slot may come later.
    while (at < this.#origin) {
      this.#slots.unshift(emptySlot());
      this.#origin -= this.#slotMs;
    }
    let index = Math.floor((at - this.#origin) / this.#slotMs);
    while (index >= limits.timelineSlots) {
      this.#halve();
      index = Math.floor((at - this.#origin) / this.#slotMs);
    }
    while (this.#slots.length <= index) this.#slots.push(emptySlot());
    const slot = this.#slots[index] as TimelineSlot;
    slot.began += began;
    slot.good += good;
    slot.bad += bad;
  }

  #halve(): void {
    const halved: TimelineSlot[] = [];
    for (let index = 0; index < this.#slots.length; index += 2) {
      const a = this.#slots[index] as TimelineSlot;
      const b = this.#slots[index + 1] ?? emptySlot();
      halved.push({ began: a.began + b.began, good: a.good + b.good, bad: a.bad + b.bad });
    }
    this.#slots = halved;
    this.#slotMs *= 2;
  }
}

function emptySlot(): TimelineSlot {
  return { began: 0, good: 0, bad: 0 };
}
