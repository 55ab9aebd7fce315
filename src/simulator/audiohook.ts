import { isObject, type Line, parseObject, type Talker } from './talk.ts';

const nowhere = '00000000-0000-0000-0000-000000000000';
/** Messages of a client that change nothing here. */
const heard = new Set([
  'discarded',
  'error',
  'paused',
  'resumed',
  'update',
  'dtmf',
  'playback_started',
  'playback_completed',
]);

/** The server side of AudioHook, for one session: the load test plays the platform, as its client. */
export class AudioHook implements Talker {
  readonly #line: Line;
  readonly #sessionId: string;
  /** The last number we gave a message, and the last one the client did. */
  #seq = 0;
  #clientSeq = 0;
  #state: 'new' | 'open' | 'over' = 'new';

  constructor(line: Line, sessionId: string) {
    this.#line = line;
    this.#sessionId = sessionId;
  }

  /** The client speaks first. */
  start(): void {}

  receive(text: string | undefined): void {
    // The protocol gives errors to clients only; the limit is told in its form nevertheless.
    const excess = this.#line.excess(true);
    if (excess) {
      const { retryAfter, ...exact } = excess;
      const message = 'Message rate too high for this session';
      const parameters = { code: 429, message, retryAfter: `PT${retryAfter}S`, ...exact };
      // What was sent is counted all the same, or every later message would be out of order.
      const given = parseObject(text)?.seq;
      if (typeof given === 'number') this.#clientSeq = given;
      this.#say('error', parameters);
      return;
    }
    if (text === undefined) {
      if (this.#state === 'new') this.#disconnect('audio came before opened was sent');
      return;
    }
    const message = parseObject(text);
    const problem = this.#problemOf(message);
    if (!message || problem !== undefined) {
      this.#disconnect(problem ?? 'a text message is a JSON object');
      return;
    }
    this.#clientSeq++;
    const parameters = isObject(message.parameters) ? message.parameters : {};
    switch (message.type) {
      case 'open':
        this.#open(parameters);
        return;
      case 'ping':
        this.#say('pong', {});
        return;
      case 'close':
        this.#state = 'over';
        this.#say('closed', {});
        this.#line.close(1000, 'completed');
        return;
    }
  }

  #problemOf(message: Record<string, unknown> | undefined): string | undefined {
    if (!message) return 'a text message is a JSON object';
    const { version, id, type, seq, serverseq } = message;
    if (version !== '2') return 'version is "2"';
    if (id !== this.#sessionId) return 'id is the one of the header Audiohook-Session-Id';
    if (seq !== this.#clientSeq + 1) return `seq is ${this.#clientSeq + 1}`;
    if (typeof serverseq !== 'number' || serverseq > this.#seq) {
      return `serverseq is ${this.#seq} at most`;
    }
    if (type === 'open') {
      return this.#state === 'new' ? undefined : 'open is the first message, and no other one';
    }
    if (this.#state === 'new') return 'open is the first message';
    if (type === 'ping' || type === 'close' || heard.has(String(type))) return undefined;
    return `there is no message ${JSON.stringify(type)}`;
  }

  #open(parameters: Record<string, unknown>): void {
    this.#state = 'open';
    const offered: unknown[] = Array.isArray(parameters.media) ? parameters.media : [];
    const isProbe =
      parameters.conversationId === nowhere &&
      isObject(parameters.participant) &&
      parameters.participant.id === nowhere;
    this.#say('opened', { startPaused: false, media: isProbe ? [] : offered.slice(0, 1) });
  }

  #disconnect(info: string): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#say('disconnect', { reason: 'error', info });
    this.#line.close(1002, 'protocol error');
  }

  #say(type: string, parameters: Readonly<Record<string, unknown>>): void {
    this.#line.send({
      version: '2',
      id: this.#sessionId,
      type,
      seq: ++this.#seq,
      clientseq: this.#clientSeq,
      parameters,
    });
  }
}
