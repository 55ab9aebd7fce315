/** `EventTarget`, `Event` and `CustomEvent`, without a tree: every dispatch is at its target. */
import { Op } from '../contract/ops.ts';
import { stray } from '../errors.ts';
import { op } from '../host.ts';

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

/** What only the dispatch may change about an event. */
interface Dispatch {
  target: EventTarget | null;
  current: EventTarget | null;
  stopped: boolean;
  passive: boolean;
}
const dispatches: WeakMap<Event, Dispatch> = /* @__PURE__ */ new WeakMap();
const dispatchOf = (event: Event): Dispatch => dispatches.get(event) as Dispatch;

/** Something that happened. */
export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly timeStamp: number;
  /** Always false: events of scripts are never the user's own. */
  readonly isTrusted: boolean = false;
  #prevented = false;
  #propagates = true;

  constructor(type: string, init: EventInit = {}) {
    if (type === undefined) throw new TypeError('new Event(type): type is missing');
    this.type = String(type);
    this.bubbles = Boolean(init.bubbles);
    this.cancelable = Boolean(init.cancelable);
    this.composed = Boolean(init.composed);
    this.timeStamp = op(Op.now) as number;
    dispatches.set(this, { target: null, current: null, stopped: false, passive: false });
  }
  get target(): EventTarget | null {
    return dispatchOf(this).target;
  }
  /** The target while listeners run, else null. */
  get currentTarget(): EventTarget | null {
    return dispatchOf(this).current;
  }
  /** 2 (at target) while listeners run, else 0. */
  get eventPhase(): number {
    return dispatchOf(this).current ? 2 : 0;
  }
  get defaultPrevented(): boolean {
    return this.#prevented;
  }
  get cancelBubble(): boolean {
    return !this.#propagates;
  }
  /** Makes `dispatchEvent` return false, if the event is cancelable and the listener not passive. */
  preventDefault(): void {
    if (this.cancelable && !dispatchOf(this).passive) this.#prevented = true;
  }
  /** Says so in `cancelBubble`; there are no other targets an event could go to. */
  stopPropagation(): void {
    this.#propagates = false;
  }
  /** No further listener hears this event. */
  stopImmediatePropagation(): void {
    this.#propagates = false;
    dispatchOf(this).stopped = true;
  }
  composedPath(): EventTarget[] {
    const { current } = dispatchOf(this);
    return current ? [current] : [];
  }
}

/** An event with a value of its sender's. */
export class CustomEvent<T = unknown> extends Event {
  readonly detail: T;
  constructor(type: string, init: EventInit & { detail?: T } = {}) {
    super(type, init);
    this.detail = (init.detail ?? null) as T;
  }
}

// A listener names the event class it expects, as in a browser: `unknown` would refuse all of them.
// oxlint-disable-next-line typescript/no-explicit-any
export type EventListener = ((event: any) => unknown) | { handleEvent(event: any): unknown };
export interface ListenerOptions {
  capture?: boolean;
  /** Removed before its first call. */
  once?: boolean;
  /** Its `preventDefault` does nothing. */
  passive?: boolean;
  /** Removes the listener when it aborts. */
  signal?: EventTarget & { readonly aborted: boolean };
}

interface Entry {
  listener: EventListener;
  capture: boolean;
  once: boolean;
  passive: boolean;
  removed: boolean;
}

const captures = (options: boolean | { capture?: boolean } | undefined): boolean =>
  Boolean(typeof options === 'object' ? options.capture : options);

/** Something that can be listened to. An exception of a listener goes to the log; the others still run. */
export class EventTarget {
  #entries: Map<string, Entry[]> = new Map();

  addEventListener(
    type: string,
    listener: EventListener | null,
    options?: boolean | ListenerOptions,
  ): void {
    if (listener === null || listener === undefined) return;
    if (typeof listener !== 'function' && typeof listener !== 'object') {
      throw new TypeError(
        `addEventListener('${type}', listener): listener must be a function or have handleEvent`,
      );
    }
    const capture = captures(options);
    const { once, passive, signal } = typeof options === 'object' ? options : {};
    if (signal?.aborted) return;
    const entries = this.#entries.get(type) ?? [];
    if (entries.some((e) => e.listener === listener && e.capture === capture)) return;
    const entry = {
      listener,
      capture,
      once: Boolean(once),
      passive: Boolean(passive),
      removed: false,
    };
    // A dispatch under way goes on with the list it began with.
    this.#entries.set(type, [...entries, entry]);
    signal?.addEventListener('abort', () => this.#remove(type, entry), { once: true });
  }

  removeEventListener(
    type: string,
    listener: EventListener | null,
    options?: boolean | { capture?: boolean },
  ): void {
    const capture = captures(options);
    const entry = this.#entries
      .get(type)
      ?.find((e) => e.listener === listener && e.capture === capture);
    if (entry) this.#remove(type, entry);
  }

  #remove(type: string, entry: Entry): void {
    entry.removed = true;
    const left = (this.#entries.get(type) ?? []).filter((e) => e !== entry);
    if (left.length > 0) this.#entries.set(type, left);
    else this.#entries.delete(type);
  }

  /** Calls the listeners now. Returns false when one of them prevented the default. */
  dispatchEvent(event: Event): boolean {
    const dispatch = dispatches.get(event);
    if (dispatch === undefined) throw new TypeError('dispatchEvent(event): event must be an Event');
    if (dispatch.current !== null) {
      throw new TypeError(`dispatchEvent(event): '${event.type}' is being dispatched already`);
    }
    dispatch.target = dispatch.current = this;
    const entries = this.#entries.get(event.type) ?? [];
    for (const capture of [true, false]) {
      for (const entry of entries) {
        if (entry.capture !== capture || entry.removed || dispatch.stopped) continue;
        if (entry.once) this.#remove(event.type, entry);
        dispatch.passive = entry.passive;
        const { listener } = entry;
        try {
          if (typeof listener === 'function') listener.call(this, event);
          else listener.handleEvent(event);
        } catch (error) {
          stray(error);
        }
      }
    }
    dispatch.current = null;
    dispatch.stopped = dispatch.passive = false;
    return !event.defaultPrevented;
  }
}
