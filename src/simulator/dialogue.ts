import type { Knobs } from './knobs.ts';
import { type Line, parseObject, type Talker } from './talk.ts';

export type DialogueKnobs = Knobs['dialog'] & Pick<Knobs['latency'], 'firstMessageMs' | 'turnMs'>;

const prompts = [
  { id: 'welcome', text: 'Welcome to the simulated contact centre.' },
  { id: 'menu', text: 'For support press 1.' },
];
const promptMs = 600;
const noInputsAllowed = 2;
const errorsAllowed = 3;

/** One caller in the flow: prompts, one gather, a transfer. */
export class Dialogue implements Talker {
  readonly #line: Line;
  readonly #knobs: DialogueKnobs;
  readonly #correlationId: string;
  #seq = 0;
  #gathering = false;
  #digits = '';
  #noInputs = 0;
  #errors = 0;
  #cancelTimer: () => void = () => {};

  constructor(line: Line, knobs: DialogueKnobs, correlationId: string) {
    this.#line = line;
    this.#knobs = knobs;
    this.#correlationId = correlationId;
  }

  start(): void {
    this.#line.after(this.#knobs.firstMessageMs, () => this.#prompt(0));
  }

  /** One message of the client; `undefined` is one that is no text. */
  receive(text: string | undefined): void {
    const excess = this.#line.excess(true);
    if (excess) {
      this.#line.send({ type: 'error', code: 429, ...excess });
      return;
    }
    const message = parseObject(text);
    if (!message) this.#refuse(400, 'a message is a JSON object in a text frame');
    else if (message.type === 'ping') this.#line.send({ type: 'pong', t: message.t });
    else if (message.type === 'digits') this.#receiveDigits(message.digits);
    else this.#refuse(400, "type is 'digits' or 'ping'");
  }

  #prompt(index: number): void {
    const prompt = prompts[index];
    if (!prompt || index >= this.#knobs.prompts) {
      this.#gather();
      return;
    }
    this.#say(
      { type: 'prompt' },
      { ...prompt, durationMs: promptMs, correlationId: this.#correlationId },
    );
    this.#line.after(this.#knobs.turnMs, () => this.#prompt(index + 1));
  }

  #gather(): void {
    const { minDigits, maxDigits, timeoutMs, interDigitMs } = this.#knobs;
    this.#say({ type: 'gather' }, { minDigits, maxDigits, timeoutMs, interDigitMs });
    this.#gathering = true;
    this.#awaitDigits(timeoutMs);
  }

  #awaitDigits(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#line.after(ms, () => this.#stopWaiting());
  }

  #stopWaiting(): void {
    if (this.#digits.length >= this.#knobs.minDigits) {
      this.#transfer();
      return;
    }
    this.#digits = '';
    this.#line.send({ type: 'noInput', attempt: ++this.#noInputs });
    if (this.#noInputs < noInputsAllowed) {
      this.#awaitDigits(this.#knobs.timeoutMs);
      return;
    }
    this.#line.send({ type: 'disconnect', reason: 'timeout' });
    this.#line.close(1000, 'timeout');
  }

  #receiveDigits(digits: unknown): void {
    if (!this.#gathering) {
      this.#refuse(409, 'digits are taken only after a gather');
      return;
    }
    const room = this.#knobs.maxDigits - this.#digits.length;
    if (typeof digits !== 'string' || !/^[0-9*#]+$/.test(digits) || digits.length > room) {
      this.#refuse(400, `digits are 1 to ${room} of 0-9, * and #`);
      return;
    }
    this.#digits += digits;
    if (digits.length === room) this.#transfer();
    else this.#awaitDigits(this.#knobs.interDigitMs);
  }

  #transfer(): void {
    this.#cancelTimer();
    this.#gathering = false;
    this.#line.lookUp(
      () => this.#line.send({ type: 'processing' }),
      () => this.#line.after(this.#knobs.turnMs, () => this.#hold()),
    );
  }

  #hold(): void {
    this.#say({ type: 'transfer' }, { target: 'queue:support' });
    const { holdMs } = this.#knobs;
    if (holdMs !== null) this.#line.after(holdMs, () => this.#line.close(1000, 'completed'));
  }

  #refuse(code: number, message: string): void {
    this.#line.send({ type: 'error', code, message });
    if (++this.#errors >= errorsAllowed) this.#line.close(1008, 'too many errors');
  }

  #say(head: { type: string }, body: Readonly<Record<string, unknown>>): void {
    this.#line.send({ ...head, seq: ++this.#seq, ...body });
  }
}
