/**
 * Names of production systems whose owner wants to be asked before anybody sends automated load: the
 * regions of the platform the tool is made for, and what the user lists in `target.guard`.
 */
const guarded: readonly RegExp[] = [
  /(^|\.)mypurecloud\.[a-z]{2,3}(\.[a-z]{2})?$/,
  /\.pure\.cloud$/,
  /\.us-gov-pure\.cloud$/,
  /\.eusc-pure\.cloud$/,
];

const rule =
  'its operator approves automated tests only by a support ticket at least two weeks ahead, each window separately';

/** Whether load on this host needs its owner's word, and whether that is given. */
export class Guard {
  readonly #patterns: readonly string[];
  readonly #authorized: string | undefined;

  /** `patterns` may begin with `*`; `authorized` is the ticket, or how else it was said. */
  constructor(patterns: readonly string[], authorized: string | undefined) {
    this.#patterns = patterns;
    this.#authorized = authorized;
  }

  /** Why nothing may be sent there, in one sentence; undefined when it may. */
  refusal(hostname: string): string | undefined {
    if (this.#authorized !== undefined) return undefined;
    const name = hostname.toLowerCase().replace(/\.$/, '');
    const own = this.#patterns.find((pattern) => matches(name, pattern));
    if (own === undefined && !guarded.some((pattern) => pattern.test(name))) return undefined;
    const why =
      own === undefined
        ? `${name} is a production system: ${rule}`
        : `${name} is guarded (target.guard: '${own}')`;
    return `${why}; set target.authorized to the ticket's number, or give --i-have-authorization`;
  }
}

function matches(name: string, pattern: string): boolean {
  if (!pattern.startsWith('*')) return name === pattern;
  // `*.example.com` means example.com itself, too: a guard with a hole would be none.
  return name.endsWith(pattern.slice(1)) || name === pattern.replace(/^\*\./, '');
}
