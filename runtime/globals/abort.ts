/** `AbortController` and `AbortSignal`. */
import { stray } from '../errors.ts';
import { domException } from './dom-exception.ts';
import { Event, EventTarget } from './event-target.ts';
import { startTimer } from './timers.ts';

type Abort = (reason: unknown) => void;
// Known to this file only, so that nobody else can make a signal.
const key = {};

/** Tells what listens to it that the work is no longer wanted. */
export class AbortSignal extends EventTarget {
  /** Called when the signal aborts, before the listeners. */
  onabort: ((this: AbortSignal, event: Event) => unknown) | null = null;
  #aborted = false;
  #reason: unknown = undefined;

  /** Not for scripts: use `new AbortController().signal`, `timeout`, `any` or `abort`. */
  constructor(secret?: unknown, start?: (abort: Abort) => void) {
    super();
    if (secret !== key) {
      throw new TypeError('AbortSignal cannot be constructed; use new AbortController().signal');
    }
    start?.((reason) => {
      if (this.#aborted) return;
      this.#aborted = true;
      this.#reason = reason ?? domException('This operation was aborted', 'AbortError');
      const event = new Event('abort');
      try {
        this.onabort?.(event);
      } catch (error) {
        stray(error);
      }
      this.dispatchEvent(event);
    });
  }
  get aborted(): boolean {
    return this.#aborted;
  }
  /** What the signal was aborted with; an AbortError unless the caller said otherwise. */
  get reason(): unknown {
    return this.#reason;
  }
  /** Throws the reason if the signal has aborted. */
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }
  /** A signal that has aborted already. */
  static abort(reason?: unknown): AbortSignal {
    return new AbortSignal(key, (abort) => abort(reason));
  }
  /** Aborts with a TimeoutError after so many milliseconds; it does not keep the iteration alive. */
  static timeout(milliseconds: number): AbortSignal {
    if (!(Number(milliseconds) >= 0)) {
      throw new TypeError('AbortSignal.timeout(milliseconds): milliseconds must be 0 or more');
    }
    return new AbortSignal(key, (abort) => {
      const expire = (): void =>
        abort(domException('The operation was aborted due to timeout', 'TimeoutError'));
      startTimer(expire, milliseconds, 'idle');
    });
  }
  /** Aborts as soon as one of `signals` does, with its reason. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const sources = [...signals];
    return new AbortSignal(key, (abort) => {
      const done = sources.find((source) => source.aborted);
      if (done) return abort(done.reason);
      // Once one has aborted, the others need not remember this signal any more.
      const listening = new AbortController();
      for (const source of sources) {
        const follow = (): void => {
          listening.abort();
          abort(source.reason);
        };
        source.addEventListener('abort', follow, { once: true, signal: listening.signal });
      }
    });
  }
}

/** Aborts its `signal` when told to. */
export class AbortController {
  readonly signal: AbortSignal;
  #abort: Abort = () => {};
  constructor() {
    this.signal = new AbortSignal(key, (abort) => {
      this.#abort = abort;
    });
  }
  /** Aborts the signal; without a reason it gets an AbortError. A second call does nothing. */
  abort(reason?: unknown): void {
    this.#abort(reason);
  }
}
