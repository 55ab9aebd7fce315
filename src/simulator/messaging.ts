import type { Knobs } from './knobs.ts';
import { isObject, type Line, parseObject, type Talker } from './talk.ts';

/** What web messaging needs of the platform. */
export interface MessagingOffice {
  readonly deploymentId: string;
  uuid(): string;
  nowMs(): number;
  /** Takes a guest's token in; whether it was new. */
  begin(token: string): boolean;
  forget(token: string): void;
}

const textBytes = 4_096;
const greeting = 'You said: ';

/** One guest of web messaging: configures a session, writes, and is answered by a bot. */
export class Messaging implements Talker {
  readonly #line: Line;
  readonly #office: MessagingOffice;
  readonly #latency: Pick<Knobs['latency'], 'turnMs'>;
  #token: string | undefined;

  constructor(line: Line, office: MessagingOffice, latency: Pick<Knobs['latency'], 'turnMs'>) {
    this.#line = line;
    this.#office = office;
    this.#latency = latency;
  }

  /** The client speaks first. */
  start(): void {}

  receive(text: string | undefined): void {
    const request = parseObject(text);
    const action = request?.action;
    const tracingId = typeof request?.tracingId === 'string' ? request.tracingId : undefined;
    const excess = this.#line.excess(action === 'onMessage');
    if (excess) {
      this.#respond('TooManyRequestsErrorMessage', 429, tracingId, {
        ...excess,
        errorCode: 4029,
        errorMessage: 'Message rate too high for this session',
      });
    } else if (action === 'configureSession') this.#configure(request ?? {}, tracingId);
    else if (action === 'onMessage') this.#answer(request ?? {}, tracingId);
    else if (action === 'echo') {
      const sent = isObject(request?.message) ? request.message.text : undefined;
      this.#message('StructuredMessage', tracingId, this.#text('Outbound', String(sent ?? '')));
    } else if (action === 'closeSession') {
      if (this.#token !== undefined) this.#office.forget(this.#token);
      this.#message('ConnectionClosedEvent', tracingId, {});
      this.#line.close(1000, 'session closed');
    } else {
      this.#fail(400, tracingId, 'A request is a JSON object with an action that is known here.');
    }
  }

  #configure(request: Record<string, unknown>, tracingId: string | undefined): void {
    const { deploymentId, token } = request;
    if (deploymentId !== this.#office.deploymentId) {
      this.#fail(403, tracingId, 'This is not the deployment of the connection.');
      return;
    }
    if (typeof token !== 'string' || token === '' || token.length > 128) {
      this.#fail(400, tracingId, 'token is a text of up to 128 characters.');
      return;
    }
    if (request.startNew === true) this.#office.forget(token);
    const newSession = this.#office.begin(token);
    this.#token = token;
    const body = { connected: true, newSession, readOnly: false };
    this.#respond('SessionResponse', 200, tracingId, body);
  }

  #answer(request: Record<string, unknown>, tracingId: string | undefined): void {
    if (this.#token === undefined || request.token !== this.#token) {
      this.#fail(4007, tracingId, 'There is no session with this token on this connection.');
      return;
    }
    const text = isObject(request.message) ? request.message.text : undefined;
    if (typeof text !== 'string') {
      this.#fail(400, tracingId, 'message is { type: "Text", text }.');
      return;
    }
    if (Buffer.byteLength(text) > textBytes) {
      this.#fail(4011, tracingId, `A text has ${textBytes} bytes at most.`);
      return;
    }
    this.#message('StructuredMessage', tracingId, this.#text('Inbound', text));
    this.#line.after(this.#latency.turnMs, () =>
      this.#message('StructuredMessage', undefined, this.#text('Outbound', `${greeting}${text}`)),
    );
  }

  #text(direction: 'Inbound' | 'Outbound', text: string): Record<string, unknown> {
    const time = new Date(this.#office.nowMs()).toISOString();
    return { id: this.#office.uuid(), type: 'Text', text, direction, channel: { time } };
  }

  #fail(code: number, tracingId: string | undefined, text: string): void {
    this.#respond('string', code, tracingId, text);
  }

  #respond(name: string, code: number, tracingId: string | undefined, body: unknown): void {
    this.#line.send({ type: 'response', class: name, code, body, ...traced(tracingId) });
  }

  #message(name: string, tracingId: string | undefined, body: unknown): void {
    this.#line.send({ type: 'message', class: name, code: 200, body, ...traced(tracingId) });
  }
}

function traced(tracingId: string | undefined): { tracingId?: string } {
  return tracingId === undefined ? {} : { tracingId };
}
