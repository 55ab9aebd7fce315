/**
 * Failures turned into words. A `UserError` is a mistake of whoever runs vurun (their script, options,
 * files or network): it is shown as a sentence, never with a stack of ours. Anything else that reaches
 * the top is our bug and says so.
 */

/** Exit codes, with k6's numbers and meaning. */
export const ExitCode = {
  ok: 0,
  /** A threshold was crossed. */
  thresholdsFailed: 99,
  setupTimeout: 100,
  teardownTimeout: 101,
  genericTimeout: 102,
  /** Bad option values, scenarios, thresholds or config file. */
  invalidConfig: 104,
  /** SIGINT or SIGTERM. */
  externalAbort: 105,
  /** A port we were to listen on cannot be had. */
  cannotListen: 106,
  /** Syntax error, exception in init, setup or teardown. */
  scriptException: 107,
  /** `exec.test.abort()`. */
  scriptAborted: 108,
  /** Our own crash. */
  panic: 109,
  /** `exec.test.fail()`. */
  markedAsFailed: 110,
  /** Everything k6 calls -1: missing script, unknown flag or command, no exports. */
  usage: 255,
} as const;
export type ExitCodeNumber = (typeof ExitCode)[keyof typeof ExitCode];

export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitCode: ExitCodeNumber;
  /** One more line: what to do about it. */
  readonly hint: string | undefined;

  constructor(exitCode: ExitCodeNumber, message: string, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** Several mistakes found at once; each is one line. */
export function problemsError(
  exitCode: ExitCodeNumber,
  title: string,
  problems: readonly string[],
): UserError {
  return new UserError(exitCode, `${title}\n${problems.map((p) => `  - ${p}`).join('\n')}`);
}

/** An error meant for the script: it is thrown inside the guest with this name and message. */
export class GuestError extends Error {
  override readonly name: string;
  constructor(message: string, name = 'Error') {
    super(message);
    this.name = name;
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
