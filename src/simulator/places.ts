import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, errorAnswer } from './answer.ts';
import { AudioHook } from './audiohook.ts';
import { type Channel, ChannelTalk } from './channels.ts';
import { Dialogue } from './dialogue.ts';
import { Messaging } from './messaging.ts';
import type { Platform } from './platform.ts';
import type { Line, Place, SeatedSession } from './talk.ts';

/** An upgrade that is asked for. */
export interface Wish {
  platform: Platform;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  corr: string;
}

/** Why there is no WebSocket for this wish. */
export interface NoPlace {
  decision: string;
  answer: Answer;
}

const idLength = 128;

/** What is at the path of an upgrade: the service and who is meant, or why there is none. */
export function findPlace(wish: Wish): { place: Place } | NoPlace {
  const { path, corr } = wish;
  const [, room, id] = /^\/(v1\/ivr|channels)\/([^/]+)$/.exec(path) ?? [];
  if (id !== undefined && id.length <= idLength) {
    return room === 'channels' ? channelPlace(wish, id) : { place: ivrPlace(wish, id) };
  }
  if (path === '/v1') return messagingPlace(wish);
  if (path === '/audiohook') return audioHookPlace(wish);
  const message = `This platform has no WebSocket at ${path}.`;
  return { decision: 'not-found', answer: errorAnswer(404, 'not.found', message, corr) };
}

/** A caller in the flow; a conversation nobody created over REST begins here. */
function ivrPlace({ platform, corr }: Wish, id: string): Place {
  return {
    talker: (line) => {
      const { dialog, latency } = platform.knobs;
      const { firstMessageMs, turnMs } = latency;
      return new Dialogue(line, { ...dialog, firstMessageMs, turnMs }, corr);
    },
    enter: (session) => {
      const conversation = platform.conversation(id) ?? platform.converse(id);
      conversation.session = session;
    },
    leave: (session) => {
      const conversation = platform.conversation(id);
      if (conversation?.session === session) conversation.session = undefined;
    },
  };
}

function channelPlace({ platform, corr }: Wish, id: string): { place: Place } | NoPlace {
  const { channels } = platform;
  const channel: Channel | undefined = channels.find(id, platform.wallMs);
  if (!channel) {
    const message = `There is no channel ${id}; it expired, was replaced, or never was.`;
    return { decision: 'not-found', answer: errorAnswer(404, 'not.found', message, corr) };
  }
  const leftMs = (): number => {
    channels.find(id, platform.wallMs);
    return Math.max(0, channel.expiresAt - platform.wallMs) / platform.knobs.scale;
  };
  return {
    place: {
      talker: (line: Line) => new ChannelTalk(line, channel, platform.knobs.channels, leftMs),
      enter: (session: SeatedSession) => {
        channels.hangUp(channel, 'channel-replaced');
        channel.session = session;
      },
      leave: (session: SeatedSession) => {
        if (channel.session === session) channel.session = undefined;
      },
    },
  };
}

function messagingPlace({ platform, query, corr }: Wish): { place: Place } | NoPlace {
  const deploymentId = query.get('deploymentId') ?? '';
  if (deploymentId === '') {
    const message = 'Name a deployment: /v1?deploymentId=ID.';
    return { decision: 'denied', answer: errorAnswer(403, 'access.denied', message, corr) };
  }
  const { guests } = platform;
  return {
    place: {
      talker: (line: Line) =>
        new Messaging(
          line,
          {
            deploymentId,
            uuid: () => platform.uuid('message'),
            nowMs: () => platform.wallMs,
            begin: (token) => guests.begin(`${deploymentId} ${token}`),
            forget: (token) => guests.forget(`${deploymentId} ${token}`),
          },
          platform.knobs.latency,
        ),
      enter: () => {},
      leave: () => {},
    },
  };
}

function audioHookPlace({ headers, corr }: Wish): { place: Place } | NoPlace {
  if (headers['x-api-key'] === undefined) {
    const message = 'The header X-API-KEY is missing.';
    return { decision: 'denied', answer: errorAnswer(401, 'bad.credentials', message, corr) };
  }
  const names = ['organization', 'session', 'correlation'].map((name) => `audiohook-${name}-id`);
  const missing = names.find((name) => headers[name] === undefined);
  if (missing !== undefined) {
    const message = `The header ${missing} is missing.`;
    return { decision: 'bad-request', answer: errorAnswer(400, 'bad.request', message, corr) };
  }
  const sessionId = String(headers['audiohook-session-id']);
  return {
    place: {
      talker: (line: Line) => new AudioHook(line, sessionId),
      enter: () => {},
      leave: () => {},
    },
  };
}
