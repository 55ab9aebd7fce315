import { limits } from '../limits.ts';
import type { Knobs } from './knobs.ts';
import { type Line, parseObject, type SeatedSession, type Talker } from './talk.ts';

/** One notification channel of a client. */
export interface Channel {
  id: string;
  client: string;
  /** Of the call that made it. */
  corr: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  topics: Set<string>;
  session: SeatedSession | undefined;
}

const metadata = (message: string): Record<string, unknown> => ({
  topicName: 'channel.metadata',
  eventBody: { message },
});
/** What a channel that is no more says on its WebSocket. */
const gone = { result: '404' };

/** The channels there are, and whose. */
export class Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #byClient = new Map<string, Set<Channel>>();
  readonly #note: (decision: string, corr: string) => void;

  /** `note` writes down what becomes of a channel that has no WebSocket. */
  constructor(note: (decision: string, corr: string) => void) {
    this.#note = note;
  }

  /** Makes a channel; a client above `max` loses its oldest one, unconnected ones first. */
  add(channel: Channel, max: number, now: number): void {
    const own = this.of(channel.client, now);
    while (own.length >= max) {
      const at = Math.max(
        0,
        own.findIndex(({ session }) => session === undefined),
      );
      const [oldest] = own.splice(at, 1);
      if (oldest) this.remove(oldest, 'channel-evict');
    }
    if (this.#channels.size >= limits.simulatorChannels) {
      const [oldest] = this.#channels.values();
      if (oldest) this.remove(oldest, 'channel-evict');
    }
    this.#channels.set(channel.id, channel);
    const all = this.#byClient.get(channel.client) ?? new Set();
    this.#byClient.set(channel.client, all.add(channel));
  }

  /** A channel that has not expired. */
  find(id: string, now: number): Channel | undefined {
    const channel = this.#channels.get(id);
    if (channel && now >= channel.expiresAt) this.remove(channel, 'channel-expired');
    return this.#channels.get(id);
  }

  /** The channels of a client that have not expired, the oldest first. */
  of(client: string, now: number): Channel[] {
    const all = [...(this.#byClient.get(client) ?? [])];
    return all.filter(({ id }) => this.find(id, now) !== undefined);
  }

  remove(channel: Channel, decision: string): void {
    this.#channels.delete(channel.id);
    const own = this.#byClient.get(channel.client);
    own?.delete(channel);
    if (own?.size === 0) this.#byClient.delete(channel.client);
    if (channel.session) this.hangUp(channel, decision);
    else this.#note(decision, channel.corr);
  }

  /** A channel has one WebSocket: who had it is told, and loses it. */
  hangUp({ session }: Channel, decision: string): void {
    session?.say(gone);
    session?.end(decision, 'close:1001', decision.replaceAll('-', ' '));
  }
}

/** What is said on the WebSocket of one channel. */
export class ChannelTalk implements Talker {
  readonly #line: Line;
  readonly #channel: Channel;
  readonly #knobs: Knobs['channels'];
  /** Expires the channel if it is time. */
  readonly #check: () => number;

  constructor(line: Line, channel: Channel, knobs: Knobs['channels'], check: () => number) {
    this.#line = line;
    this.#channel = channel;
    this.#knobs = knobs;
    this.#check = check;
  }

  start(): void {
    this.#beat();
    if (this.#knobs.eventMs !== null) this.#notify(this.#knobs.eventMs);
    this.#watch();
  }

  receive(text: string | undefined): void {
    const excess = this.#line.excess(true);
    if (excess) {
      this.#line.send({ code: 429, message: 'Message rate too high for this channel', ...excess });
    } else if (parseObject(text)?.message === 'ping') this.#line.send(metadata('pong'));
  }

  warn(): void {
    this.#line.send({
      topicName: 'v2.system.socket_closing',
      eventBody: { message: 'The socket is about to be closed.' },
    });
  }

  #beat(): void {
    this.#line.after(this.#knobs.heartbeatMs, () => {
      this.#line.send(metadata('WebSocket Heartbeat'));
      this.#beat();
    });
  }

  #notify(everyMs: number): void {
    this.#line.after(everyMs, () => {
      for (const topicName of this.#channel.topics) {
        this.#line.send({ topicName, version: '2', eventBody: {}, metadata: {} });
      }
      this.#notify(everyMs);
    });
  }

  /** Subscribing moves the end of a channel, so the timer looks whether it has come. */
  #watch(): void {
    const leftMs = this.#check();
    if (leftMs > 0) this.#line.after(leftMs, () => this.#watch());
  }
}
