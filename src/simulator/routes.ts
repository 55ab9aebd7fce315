import { type Answer, errorAnswer, jsonAnswer } from './answer.ts';
import type { Conversation, Platform } from './platform.ts';

/** One REST request on its way to a handler. */
interface Call {
  platform: Platform;
  corr: string;
  /** What stands for `{id}` in the template. */
  id: string;
  body: string;
}

/** One REST path: its template, and what each method does. */
interface Route {
  template: string;
  methods: Readonly<Record<string, (call: Call) => Answer>>;
}

const conversations = '/api/v2/conversations/calls';
/** Paths of the threads that the real platform does not have. */
const aliases = ['/v2/architect/flows', '/api/v2/interactions/calls', '/v2/interactions'];

const strict = makeTable([conversations]);
const seed = makeTable([conversations, ...aliases]);

/** The route of a path, and the id in it. */
export function findRoute(
  path: string,
  compat: 'strict' | 'seed',
): { route: Route; id: string } | undefined {
  const table = compat === 'seed' ? seed : strict;
  const whole = table.get(path);
  if (whole) return { route: whole, id: '' };
  const slash = path.lastIndexOf('/');
  const route = table.get(`${path.slice(0, slash)}/{id}`);
  const id = path.slice(slash + 1);
  return route && id !== '' ? { route, id } : undefined;
}

function makeTable(roots: readonly string[]): Map<string, Route> {
  const routes: Route[] = roots.flatMap((root) => [
    { template: root, methods: { POST: create(root) } },
    { template: `${root}/{id}`, methods: { GET: read(root), DELETE: remove } },
  ]);
  routes.push({
    template: '/api/v2/organizations/limits/namespaces/{id}',
    methods: { GET: readLimits },
  });
  return new Map(routes.map((route) => [route.template, route]));
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

/** The knobs that are limits, as the platform lists them; a limit that is off is not listed. */
function readLimits({ platform, id, corr }: Call): Answer {
  const { rest, handshakes, token, maxSessions, dataAction } = platform.knobs;
  const perMinute = (window: { limit: number; windowMs: number } | null): number | null =>
    window && (window.limit * 60_000) / window.windowMs;
  const perMinuteToken =
    token.limit === null ? null : { limit: token.limit, windowMs: token.windowMs };
  const namespaces: Record<string, Record<string, number | null>> = {
    'platform.api': { 'client.credentials.token.rate.per.minute': perMinute(rest) },
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
