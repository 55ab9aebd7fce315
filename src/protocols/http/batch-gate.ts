import type { Request } from './request.ts';

/** The options `batch` and `batchPerHost`: how many requests of `http.batch` a VU has under way. */
export class BatchGate {
  readonly #total: number;
  readonly #perHost: number;
  readonly #waiting: Request[] = [];
  readonly #running = new Set<Request>();
  readonly #hosts = new Map<string, number>();

  constructor(total: number, perHost: number) {
    this.#total = total > 0 ? total : Number.POSITIVE_INFINITY;
    this.#perHost = perHost > 0 ? perHost : Number.POSITIVE_INFINITY;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Starts the request now or when there is room. */
  enter(request: Request): void {
    if (this.#hasRoom(request)) this.#start(request);
    else this.#waiting.push(request);
  }

  /** A request is over, whether it was in here or not. */
  leave(request: Request): void {
    if (!this.#running.delete(request)) {
      const index = this.#waiting.indexOf(request);
      if (index >= 0) this.#waiting.splice(index, 1);
      return;
    }
    const left = (this.#hosts.get(request.host) ?? 1) - 1;
    if (left > 0) this.#hosts.set(request.host, left);
    else this.#hosts.delete(request.host);
    for (let index = 0; index < this.#waiting.length && this.#running.size < this.#total; ) {
      const next = this.#waiting[index] as Request;
      if (this.#hasRoom(next)) {
        this.#waiting.splice(index, 1);
        this.#start(next);
      } else index++;
    }
  }

  #hasRoom(request: Request): boolean {
    return this.#running.size < this.#total && (this.#hosts.get(request.host) ?? 0) < this.#perHost;
  }

  #start(request: Request): void {
    this.#running.add(request);
    this.#hosts.set(request.host, (this.#hosts.get(request.host) ?? 0) + 1);
    request.start();
  }
}
