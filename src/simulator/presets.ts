import { ExitCode, UserError } from '../errors.ts';
import type { KnobPatch } from './knobs.ts';

interface Preset {
  /** What the platform does, in a sentence. */
  shows: string;
  /** What a client does to see it, and sees. */
  plan: string;
  /** What a diagnosis is to say of that run. */
  verdict: string;
  /** A preset that looks alike and must not lead to the same verdict. */
  twin?: string;
  knobs: KnobPatch;
}

const limit300: KnobPatch = { rest: { limit: 300 } };
const penalty: KnobPatch = { throttlePenalty: { everyRejects: 10, destroy: 'oldest' } };

/** A line here is all a preset needs. */
const themes: Readonly<Record<string, Readonly<Record<string, Preset>>>> = {
  'The threads of the field': {
    healthy: {
      shows: 'nothing is wrong',
      plan: '200 users in 30 s: no failures',
      verdict: 'none',
      knobs: {},
    },
    'seed-000': {
      shows: 'an edge that answers 502 above 64 sessions, slow handshakes, drops',
      plan: '200 users in 30 s, hold 60 s: the first 502 near 10 s with 64 active, 129 of them, and 7 sessions lost by FIN',
      verdict: 'capacity near 64; abrupt drops without a known cause (C4); not the generator',
      twin: 'generator-lag',
      knobs: {
        saturation: { at: 64, status: 502 },
        latency: { upgrade: { base: 40, perActive: 12 } },
        drop: { everyNth: 9, afterMs: 4_000, how: 'fin' },
      },
    },
    'seed-001': {
      shows: '200 sessions; every further one hangs for 30 s and then gets 408',
      plan: '500 users in 10 s, hold 60 s: 200 accepted, 300 times 408 at 30.0 s',
      verdict: "the peer's timeout of 30 s (T1) and capacity or rate near 200 (X1)",
      twin: 'slow-body',
      knobs: { maxSessions: 200, overCap: 'hang408', hangMs: 30_000 },
    },
    'seed-002': {
      shows: '300 REST calls a minute per token, and a client that retries too early',
      plan: '200 users in 30 s, 2 calls each, 3 retries 500 ms apart: 429 from 150 users on, 200 of 500 calls, 50 users lost',
      verdict: 'rate limit of 300 a minute (R1) and a retry storm (K2)',
      twin: 'seed-002-good',
      knobs: limit300,
    },
    'seed-002-good': {
      shows: 'the limit of seed-002, and a client that waits for as long as it is told',
      plan: '200 users in 90 s, 2 calls each; or in 30 s, each 429 waited for by Retry-After and jitter: nobody lost',
      verdict: 'rate limit (R1) if there was any 429; no retry storm',
      twin: 'seed-002',
      knobs: limit300,
    },
    'seed-003': {
      shows: '500 sessions; every further one ends the oldest without a close frame',
      plan: '600 users in 60 s, hold 90 s: 500 kept, 100 times 1006 (FIN) with 500 active',
      verdict: 'capacity near 500, newcomers evict (C3); not a lifetime of 50 s',
      twin: 'lifetime',
      knobs: { maxSessions: 500, overCap: 'evict-oldest' },
    },
    'seed-004': {
      shows: '300 REST calls a minute per token, and a live session dies per 10 rejections',
      plan: '500 users in 60 s, think 5 s: 429 from 36 s and 300 users on, 200 of them, then 20 times 1006',
      verdict: 'rate limit of 300 a minute (R1); the drops are secondary (R3)',
      twin: 'seed-004-cap',
      knobs: { ...limit300, ...penalty },
    },
    'seed-004-cap': {
      shows: '300 sessions at once, however slowly they come; further ones get 503',
      plan: '500 users in 60 s, or in 120 s, hold 240 s: 300 accepted, 200 times 503 in both',
      verdict: 'ambiguous (X1) after 60 s, a cap near 300 (C1) after 120 s',
      twin: 'seed-004-slow',
      knobs: { maxSessions: 300, overCap: '503' },
    },
    'seed-004-slow': {
      shows: 'the limit of seed-004, and users who come half as fast',
      plan: '500 users in 120 s: no failures',
      verdict: 'none, which proves that seed-004 is about rate',
      twin: 'seed-004-cap',
      knobs: { ...limit300, ...penalty },
    },
  },
  'Rate limits': {
    'token-storm': {
      shows: '60 token calls a minute per client',
      plan: '200 users in 30 s, each with a token of its own: 140 times 429 from the token endpoint',
      verdict: 'token storm (K1)',
      twin: 'token-storm-good',
      knobs: { token: { limit: 60 } },
    },
    'token-storm-good': {
      shows: 'the limit of token-storm, and users who share one token',
      plan: '200 users in 30 s, one token for all: 1 token call, no failures',
      verdict: 'none',
      twin: 'token-storm',
      knobs: { token: { limit: 60 } },
    },
    'sliding-limit': {
      shows: '300 REST calls in any minute: calls are allowed again one by one',
      plan: '500 users in 30 s, a call each: 300 accepted, 200 times 429 whose Retry-After points to different instants',
      verdict: 'rate limit (R1), sliding window or bucket',
      twin: 'seed-004',
      knobs: { rest: { limit: 300, anchor: 'sliding', countRejected: false } },
    },
    quota: {
      shows: 'after 200 REST calls there is nothing for an hour',
      plan: '300 users in 60 s, a call each: 100 times 429 with Retry-After 3600',
      verdict: 'quota (R1): stop, do not wait',
      twin: 'seed-002',
      knobs: { quota: { calls: 200, retryAfterMs: 3_600_000 } },
    },
    'other-bucket': {
      shows: 'a limit of 60 a minute on one path, while the headers show another one of 300',
      plan: '100 users in 30 s, a conversation each: 40 times 429, inin-ratelimit-count below allowed in each',
      verdict: 'rate limit (R1) by another bucket than the headers show',
      twin: 'seed-002',
      knobs: {
        ...limit300,
        restBuckets: { calls: { match: 'POST /api/v2/conversations/calls', limit: 60 } },
      },
    },
    'shared-limit': {
      shows: 'others use the same limit: 120 calls before us, and one with each of ours',
      plan: '120 users in 30 s, a call each: the first answer says 122 of 300, 90 accepted, 30 times 429',
      verdict: 'rate limit (R1), shared with others',
      twin: 'seed-002',
      knobs: { rest: { limit: 300, used: 120, others: 1 } },
    },
    maintenance: {
      shows: 'every second REST call gets 503 with Retry-After',
      plan: '100 users in 30 s, a call each: 50 times 503',
      verdict: 'overload or maintenance; no rate limit',
      twin: 'seed-002',
      knobs: { restFault: { everyNth: 2, how: '503', retryAfter: 30 } },
    },
    'quiet-limit': {
      shows: '300 upgrades a minute, refused by 503 without a header that says so',
      plan: '800 users in 120 s, hold 60 s: 600 accepted, 200 times 503; acceptance comes back at 60 s with 300 open',
      verdict: 'rate limit of 300 in 60 s, inferred (R2)',
      twin: 'seed-004-cap',
      knobs: { handshakes: { limit: 300, status: 503, retryAfter: 'none', headers: false } },
    },
    inband: {
      shows: '5 messages a second on an open WebSocket, refused in-band',
      plan: '20 guests of web messaging, 10 messages each at once: 100 times 429 in-band (4029), no failed handshake',
      verdict: 'rate limit (R1), in-band',
      twin: 'inband-good',
      knobs: { inband: { messagesPerSecond: 5, requestsPerMinute: 60 } },
    },
    'inband-good': {
      shows: 'the limit of inband, and guests who write more slowly',
      plan: '20 guests, 10 messages each, 300 ms apart: no failures',
      verdict: 'none',
      twin: 'inband',
      knobs: { inband: { messagesPerSecond: 5, requestsPerMinute: 60 } },
    },
  },
  'Capacity and latency': {
    saturation: {
      shows: 'handshakes take longer with every session, and above 100 ever more of them fail',
      plan: '200 users in 40 s, hold 20 s: 157 accepted, 43 times 503, the last handshakes 20 times slower than the first',
      verdict: 'saturation with its knee near 100 (C2)',
      twin: 'slow-growth',
      knobs: {
        saturation: { at: 100, status: 503, share: 0.1, perActive: 0.01 },
        latency: { upgrade: { base: 20, perActive: 10 } },
      },
    },
    'slow-growth': {
      shows: 'handshakes take longer with every session, and none fails',
      plan: '200 users in 40 s, hold 20 s: no failures',
      verdict: 'none: latency grows, nothing fails; not a data action either',
      twin: 'saturation',
      knobs: { latency: { upgrade: { base: 20, perActive: 10 } } },
    },
    'slow-action': {
      shows: 'what the flow looks up takes longer with every session; all else is quick',
      plan: '200 users in 40 s, hold 20 s: no failures, digits to transfer from 0.1 s to 4 s',
      verdict: 'latency of a data action behind the platform (D1)',
      twin: 'slow-growth',
      knobs: { dataAction: { latencyMs: 100, perActiveMs: 20 } },
    },
  },
  Connections: {
    'idle-10': {
      shows: 'sessions without a frame for 10 s are closed with 1001',
      plan: '100 users in 10 s, think 0.5 to 9.5 s, then silence: 100 closes after 10.0 s idle',
      verdict: 'idle timeout of 10 s (I1)',
      twin: 'idle-10-ping',
      knobs: { idleMs: 10_000, idleHow: 'close:1001' },
    },
    'idle-10-ping': {
      shows: 'the idle timeout of idle-10, for which pings count as frames',
      plan: '100 users in 10 s, a ping every 4 s, hold 30 s: no failures',
      verdict: 'none',
      twin: 'idle-10',
      knobs: { idleMs: 10_000, idleHow: 'close:1001', idleCountsPing: true },
    },
    lifetime: {
      shows: 'sessions are closed with 1001 50 s after their 101, whatever they do',
      plan: '100 users in 20 s, an application ping every 1 to 9 s: 100 closes at an age of 50.0 s',
      verdict: 'maximum lifetime of 50 s (L1)',
      twin: 'idle-10',
      knobs: { maxLifetimeMs: 50_000 },
    },
    'half-open': {
      shows: 'every 9th session falls silent after 4 s and keeps its socket',
      plan: '90 users in 10 s, ping every 2 s with a timeout of 2 s: 10 pongs that never come',
      verdict: 'dead peer (P1)',
      twin: 'half-open-fin',
      knobs: { drop: { everyNth: 9, afterMs: 4_000, how: 'silent' } },
    },
    'half-open-fin': {
      shows: 'the sessions of half-open are lost by FIN',
      plan: '90 users in 10 s, ping every 2 s: 10 times 1006 (FIN)',
      verdict: 'abrupt drops (C4); no dead peer',
      twin: 'half-open',
      knobs: { drop: { everyNth: 9, afterMs: 4_000, how: 'fin' } },
    },
    restart: {
      shows: 'a deploy closes half of all sessions at once with 1012',
      plan: '100 users in 10 s, hold 60 s: 50 closes with 1012 at 30 s',
      verdict: 'mass disconnect, restart or deploy (M1)',
      twin: 'rolling-restart',
      knobs: { massDisconnect: { atMs: 30_000, share: 0.5, code: 1012 } },
    },
    'rolling-restart': {
      shows: 'every second session is closed with 1012, each 20 s after its own 101',
      plan: '100 users in 20 s, hold 60 s: 50 closes with 1012 spread over 20 s',
      verdict: 'lifetime of 20 s for half of them; no mass disconnect',
      twin: 'restart',
      knobs: { drop: { everyNth: 2, afterMs: 20_000, how: 'close:1012' } },
    },
    'keep-alive-race': {
      shows: 'idle HTTP connections die after 5 s, unannounced, just as the next request comes',
      plan: '20 users, 5 calls each 6 s apart on a kept connection, retried at once on a new one: 80 resets, 80 retries that succeed',
      verdict: 'keep-alive race of the client (G8); no outage',
      twin: 'keep-alive-hint',
      knobs: { keepAlive: { timeoutMs: 5_000, hint: false, race: true } },
    },
    'keep-alive-hint': {
      shows: 'idle HTTP connections are closed after 5 s, as the answers announce',
      plan: '20 users, 5 calls each 6 s apart: no failures',
      verdict: 'none',
      twin: 'keep-alive-race',
      knobs: { keepAlive: { timeoutMs: 5_000 } },
    },
    'syn-queue': {
      shows: 'nothing is accepted for 5 s, and the kernel keeps 17 connections meanwhile',
      plan: '100 users in 20 s on connections of their own: no failures, connect times near 1, 2, 3, 4 s between 10 s and 15 s',
      verdict: "the peer's accept queue is full (N1)",
      twin: 'slow-answer',
      knobs: { accept: { backlog: 16, atMs: 10_000, pauseMs: 5_000 } },
    },
    'slow-answer': {
      shows: 'connections are quick, and the first answer on each takes 2 s',
      plan: '100 users in 20 s on connections of their own: no failures',
      verdict: 'none: slow answers, no SYN is lost',
      twin: 'syn-queue',
      knobs: { latency: { connectMs: 2_000 } },
    },
    'slow-body': {
      shows: 'a request that is not all there after 10 s gets 408',
      plan: '20 users, POST of 32 KB at 1 KB/s: 20 times 408',
      verdict: 'the client is too slow to send (T2)',
      twin: 'slow-server',
      knobs: { requestTimeoutMs: 10_000 },
    },
    'slow-server': {
      shows: 'every REST call gets 408 after 10 s, however quickly it was sent',
      plan: '20 users, a call each: 20 times 408 at 10.0 s',
      verdict: "the peer's timeout of 10 s (T1); the client sent in time",
      twin: 'slow-body',
      knobs: { restFault: { everyNth: 1, how: '408', afterMs: 10_000 } },
    },
  },
  'Tokens and addresses': {
    'auth-failing': {
      shows: 'every token is refused with 401, from the start',
      plan: '50 users in 10 s, a call each: 50 times 401',
      verdict: 'wrong credentials or permissions (A1)',
      twin: 'token-expiry',
      knobs: { auth: { status: '401' } },
    },
    'token-expiry': {
      shows: 'tokens live for 30 s',
      plan: '100 users share a token and call every 4 s for 40 s, refreshing when refused: 100 times 401 at a token age of 30 to 34 s',
      verdict: 'synchronous expiry (K3)',
      twin: 'token-expiry-good',
      knobs: { token: { expiresIn: 30 } },
    },
    'token-expiry-good': {
      shows: 'the tokens of token-expiry, refreshed early by one user for all',
      plan: '100 users share a token, renewed after 20 s, and call every 4 s for 40 s: no failures',
      verdict: 'none',
      twin: 'token-expiry',
      knobs: { token: { expiresIn: 30 } },
    },
    'wrong-endpoint': {
      shows: 'only the paths the platform really has',
      plan: '50 users in 10 s, POST /v2/architect/flows each: 50 times 404',
      verdict: 'wrong endpoint (E1)',
      twin: 'wrong-endpoint-alias',
      knobs: { compat: 'strict' },
    },
    'wrong-endpoint-alias': {
      shows: 'the wrong paths of the threads work like the right one',
      plan: '50 users in 10 s, POST /v2/architect/flows each: no failures',
      verdict: 'none',
      twin: 'wrong-endpoint',
      knobs: { compat: 'seed' },
    },
    'channel-21': {
      shows: '20 notification channels per client; one more ends the oldest',
      plan: '25 users of one client, a channel each: 5 closes with 1001, each after {"result":"404"}',
      verdict: 'capacity near 20 per client, newcomers evict (C3)',
      twin: 'channel-own',
      knobs: { channels: { max: 20 } },
    },
    'channel-own': {
      shows: 'the limit of channel-21, and users who are clients of their own',
      plan: '25 users of 25 clients, a channel each: no failures',
      verdict: 'none',
      twin: 'channel-21',
      knobs: { channels: { max: 20 } },
    },
  },
  'The generator, with a platform in good health': {
    'generator-fd': {
      shows: 'nothing is wrong here: the client has too few file descriptors',
      plan: '200 users in 10 s from a client under `ulimit -n 150`: EMFILE',
      verdict: 'the generator ran out of file descriptors (G1)',
      twin: 'seed-004-cap',
      knobs: {},
    },
    'generator-lag': {
      shows: 'nothing is wrong here: the client keeps its own event loop busy',
      plan: '50 users whose script computes for 150 ms at a time: slow answers, no failures, app;dur stays small',
      verdict: 'the generator is too slow (G0, with failures G3)',
      twin: 'slow-growth',
      knobs: {},
    },
  },
};

const presets: Readonly<Record<string, Preset>> = Object.assign({}, ...Object.values(themes));

export const presetNames: readonly string[] = Object.keys(presets);

/** A preset for a help text. */
export interface PresetLine extends Readonly<Preset> {
  theme: string;
  name: string;
}

/** Every preset, theme by theme. */
export function describePresets(): PresetLine[] {
  return Object.entries(themes).flatMap(([theme, members]) =>
    Object.entries(members).map(([name, preset]) => ({ theme, name, ...preset })),
  );
}

/** @throws UserError when there is no such preset */
export function presetKnobs(name: string): KnobPatch {
  if (!Object.hasOwn(presets, name)) {
    throw new UserError(
      ExitCode.invalidConfig,
      `The simulator has no preset ${JSON.stringify(name)}; there are ${presetNames.join(', ')}`,
      '`vurun sim --list` explains them.',
    );
  }
  return (presets[name] as Preset).knobs;
}
