import { type Answer, errorAnswer, jsonAnswer } from './answer.ts';
import type { Channel } from './channels.ts';
import type { Conversation, Platform } from './platform.ts';
import { isObject } from './talk.ts';

/** One REST request on its way to a handler. */
interface Call {
  platform: Platform;
  corr: string;
  /** What stands for `{id}` in the template. */
  id: string;
  body: string;
  /** Whose token it came with. */
  client: string;
  /** The Host the client named. */
  host: string;
}

/** One REST path: its template, and what each method does. */
interface Route {
  template: string;
  methods: Readonly<Record<string, (call: Call) => Answer>>;
}

const conversations = '/api/v2/conversations/calls';
const channels = '/api/v2/notifications/channels';
/** Paths of the threads that the real platform does not have. */
const aliases = ['/v2/architect/flows', '/api/v2/interactions/calls', '/v2/interactions'];

const strict = makeTable([conversations]);
const seed = makeTable([conversations, ...aliases]);

/** The route of a path, and the id in it. */
export function findRoute(
  path: string,
  compat: 'strict' | 'seed',
): { route: Route; id: string } | undefined {
  const { whole, byId } = compat === 'seed' ? seed : strict;
  const route = whole.get(path);
  if (route) return { route, id: '' };
  for (const [pattern, candidate] of byId) {
    const id = pattern.exec(path)?.[1];
    if (id !== undefined) return { route: candidate, id };
  }
  return undefined;
}

interface Table {
  /** Routes without an id. */
  whole: Map<string, Route>;
  byId: (readonly [RegExp, Route])[];
}

function makeTable(roots: readonly string[]): Table {
  const routes: Route[] = [
    ...roots.flatMap((root) => [
      { template: root, methods: { POST: create(root) } },
      { template: `${root}/{id}`, methods: { GET: read(root), DELETE: remove } },
    ]),
    { template: channels, methods: { POST: createChannel, GET: listChannels } },
    {
      template: `${channels}/{id}/subscriptions`,
      methods: { GET: readTopics, POST: addTopics, PUT: setTopics, DELETE: clearTopics },
    },
    {
      template: '/api/v2/organizations/limits/namespaces/{id}',
      methods: { GET: readLimits },
    },
  ];
  const hasId = ({ template }: Route): boolean => template.includes('{id}');
  return {
    whole: new Map(routes.filter((r) => !hasId(r)).map((r) => [r.template, r])),
    byId: routes
      .filter(hasId)
      .map((r) => [new RegExp(`^${r.template.replace('{id}', '([^/]+)')}$`), r] as const),
  };
}

function create(root: string): (call: Call) => Answer {
  return ({ platform, corr, body }) => {
    if (body.trim() !== '' && !isJson(body)) {
      return errorAnswer(400, 'bad.request', 'The request body is not JSON.', corr);
    }
    const conversation = platform.converse(platform.uuid('conversation'));
    return jsonAnswer(202, links(root, conversation));
  };
}

function read(root: string): (call: Call) => Answer {
  return (call) => {
    const conversation = call.platform.conversation(call.id);
    if (!conversation) return noConversation(call);
    return jsonAnswer(200, {
      ...links(root, conversation),
      startTime: new Date(conversation.startedAt).toISOString(),
      state: conversation.session?.isOpen ? 'connected' : 'alerting',
    });
  };
}

function remove(call: Call): Answer {
  if (!call.platform.conversation(call.id)) return noConversation(call);
  call.platform.endConversation(call.id);
  return { status: 204, headers: {}, body: '' };
}

function noConversation({ id, corr }: Call): Answer {
  return errorAnswer(404, 'not.found', `There is no conversation ${id}.`, corr);
}

function links(root: string, { id }: Conversation): Record<string, string> {
  return { id, selfUri: `${root}/${id}`, connectUri: `/v1/ivr/${id}` };
}

function createChannel({ platform, corr, client, host }: Call): Answer {
  const { max, lifetimeMs } = platform.knobs.channels;
  const channel: Channel = {
    id: platform.uuid('channel'),
    client,
    corr,
    expiresAt: platform.wallMs + platform.scaled(lifetimeMs),
    topics: new Set(),
    session: undefined,
  };
  platform.channels.add(channel, max, platform.wallMs);
  return jsonAnswer(200, describeChannel(channel, host));
}

function listChannels({ platform, client, host }: Call): Answer {
  const own = platform.channels.of(client, platform.wallMs);
  return jsonAnswer(200, { entities: own.map((channel) => describeChannel(channel, host)) });
}

/** Unlike a conversation's, a channel's address is a whole one: the platform serves them elsewhere. */
function describeChannel({ id, expiresAt }: Channel, host: string): Record<string, string> {
  const expires = new Date(expiresAt).toISOString();
  return { id, connectUri: `ws://${host}/channels/${id}`, expires };
}

/** Does something with a channel of this client. */
function withChannel(call: Call, act: (channel: Channel) => Answer): Answer {
  const { platform, id, client, corr } = call;
  const channel = platform.channels.find(id, platform.wallMs);
  if (channel?.client === client) return act(channel);
  return errorAnswer(404, 'not.found', `There is no channel ${id}.`, corr);
}

function readTopics(call: Call): Answer {
  return withChannel(call, ({ topics }) =>
    jsonAnswer(200, { entities: [...topics].map((id) => ({ id })) }),
  );
}

function addTopics(call: Call): Answer {
  return withChannel(call, (channel) => subscribe(call, channel, channel.topics));
}

function setTopics(call: Call): Answer {
  return withChannel(call, (channel) => subscribe(call, channel, []));
}

function clearTopics(call: Call): Answer {
  return withChannel(call, ({ topics }) => {
    topics.clear();
    return { status: 204, headers: {}, body: '' };
  });
}

/** Subscribing begins the channel's life anew. */
function subscribe(call: Call, channel: Channel, kept: Iterable<string>): Answer {
  const { platform, corr, body } = call;
  const { topics: most, lifetimeMs } = platform.knobs.channels;
  const wanted: unknown = isJson(body) ? JSON.parse(body) : undefined;
  const ids = Array.isArray(wanted)
    ? wanted.map((topic: unknown) => (isObject(topic) ? topic.id : undefined))
    : [undefined];
  if (!ids.every((id) => typeof id === 'string')) {
    return errorAnswer(400, 'bad.request', 'The body is [{ "id": "TOPIC" }, …].', corr);
  }
  const topics = new Set([...kept, ...ids]);
  if (topics.size > most) {
    const message = `A channel has ${most} topics at most.`;
    return errorAnswer(400, 'notification.topics.max', message, corr);
  }
  channel.topics = topics;
  channel.expiresAt = platform.wallMs + platform.scaled(lifetimeMs);
  return readTopics(call);
}

/** The knobs that are limits, as the platform lists them; a limit that is off is not listed. */
function readLimits({ platform, id, corr }: Call): Answer {
  const { rest, handshakes, token, maxSessions, dataAction, inband, restBuckets, quota } =
    platform.knobs;
  const perMinute = (window: { limit: number; windowMs: number } | null): number | null =>
    window && (window.limit * 60_000) / window.windowMs;
  const perMinuteToken =
    token.limit === null ? null : { limit: token.limit, windowMs: token.windowMs };
  const namespaces: Record<string, Record<string, number | null>> = {
    'platform.api': {
      'client.credentials.token.rate.per.minute': perMinute(rest),
      'requests.quota': quota?.calls ?? null,
      ...Object.fromEntries(
        Object.entries(restBuckets).map(([name, bucket]) => [
          `${name}.rate.per.minute`,
          perMinute(bucket),
        ]),
      ),
    },
    notifications: {
      'channels.max': platform.knobs.channels.max,
      'topics.per.channel.max': platform.knobs.channels.topics,
    },
    webmessaging: {
      'messages.per.session.rate.per.second': inband?.messagesPerSecond ?? null,
      'requests.per.connection.rate.per.minute': inband?.requestsPerMinute ?? null,
      'connections.rate.per.minute': perMinute(handshakes),
    },
    oauth: {
      'tokens.rate.per.minute': perMinute(perMinuteToken),
      'tokens.live.max': token.maxLive,
    },
    ivr: { 'connections.rate.per.minute': perMinute(handshakes), 'sessions.max': maxSessions },
    actions: { 'concurrent.executions.max': dataAction.maxConcurrent },
  };
  if (!Object.hasOwn(namespaces, id)) {
    const known = Object.keys(namespaces).join(', ');
    return errorAnswer(404, 'not.found', `No limits namespace ${id}; there are ${known}.`, corr);
  }
  const entities = Object.entries(namespaces[id] ?? {})
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ({ id: `${id}:${key}`, namespace: id, key, value }));
  return jsonAnswer(200, {
    entities,
    pageSize: entities.length,
    pageNumber: 1,
    pageCount: 1,
    total: entities.length,
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
