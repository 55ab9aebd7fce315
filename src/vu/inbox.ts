/** What waits to be told to a VU, in order and bounded. */
import { limits } from '../limits.ts';
import type { DeliveryItem } from '../protocols/contract.ts';

export class Inbox {
  #items: (DeliveryItem | undefined)[] = [];
  #head = 0;
  #drains: (() => void)[] = [];

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Returns false when the source should pause; the item is kept all the same. */
  push(item: DeliveryItem): boolean {
    this.#items.push(item);
    return this.length < limits.inboxLength;
  }

  shift(): DeliveryItem | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    }
    return item;
  }

  /** The first item with an id of that range, which need not be the first of all. */
  shiftAwaited(from: number, to: number): DeliveryItem | undefined {
    for (let i = this.#head; i < this.#items.length; i++) {
      const item = this.#items[i] as DeliveryItem;
      if (item.id < from || item.id > to) continue;
      if (i === this.#head) return this.shift();
      this.#items.splice(i, 1);
      return item;
    }
    return undefined;
  }

  onDrain(callback: () => void): void {
    this.#drains.push(callback);
  }

  /** Tells paused sources to go on, once little is left. */
  drained(): void {
    if (this.#drains.length === 0 || this.length > limits.inboxLength / 2) return;
    const drains = this.#drains;
    this.#drains = [];
    for (const drain of drains) drain();
  }

  /** What nobody was told. */
  left(): DeliveryItem[] {
    return this.#items.slice(this.#head) as DeliveryItem[];
  }

  clear(): void {
    this.#items.length = 0;
    this.#head = 0;
    this.#drains.length = 0;
  }
}
