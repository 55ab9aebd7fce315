import type { Cases } from '../case.ts';

export const cases: Cases = {
  echo: {
    row: '1.3 connect, 4 ws metrics',
    requests: ['WS /echo {x-test: h}', 'ws text hello', 'ws bytes 1,2', 'ws close 1000'],
    says: ['101 ws://HOST/echo "" "" open; message hello; binary true 1,2; close 1000'],
    samples: {
      ws_sessions: [1, 1],
      ws_connecting: 1,
      ws_session_duration: 1,
      ws_msgs_sent: [2, 2],
      ws_msgs_received: [2, 2],
    },
    tags: {
      ws_sessions: [
        {
          group: '',
          kind: 'k',
          scenario: 'default',
          status: '101',
          subproto: '',
          url: 'ws://HOST/echo',
        },
      ],
    },
  },
  refused: {
    row: '1.3 connect',
    requests: ['WS /refuse/403'],
    says: ['403 "" no', '0 dial tcp 127.0.0.1:1: connect: connection refused'],
    logs: ['warning: dial tcp 127.0.0.1:1: connect: connection refused'],
    samples: {
      ws_sessions: [2, 2],
      ws_connecting: 2,
      ws_session_duration: 2,
      'ws_sessions{status:403}': 1,
    },
  },
  timers: {
    row: '1.3 Socket',
    requests: ['WS /quiet', 'ws ping', 'ws text tick 1', 'ws text tick 2', 'ws close 1001'],
    unordered: true,
    says: ['setTimeout requires a >0 timeout parameter, received 0.00', 'pong', 'once', '101'],
    samples: { ws_ping: 1, ws_msgs_sent: [2, 2], ws_msgs_received: 0 },
  },
  dropped: {
    row: '1.3 Socket',
    requests: ['WS /cut', 'WS /bye', 'ws close 4001 bye'],
    says: ['error true', 'close 1006', 'close 4001'],
    samples: { ws_sessions: 2 },
  },
  'handler-throws': {
    row: '1.3 Socket',
    requests: ['WS /hello', /^ws close/],
    says: [/in handler/],
  },
  arguments: {
    row: '1.3 connect',
    requests: ['WS /quiet', 'ws close 1001'],
    says: [
      'invalid number of arguments to ws.connect',
      'last argument to ws.connect must be a function',
      "unsupported compression algorithm 'gzip', supported algorithm is 'deflate'",
      'missing argument, expected ArrayBuffer',
      /^expected ArrayBuffer as argument, received: /,
    ],
  },
  cookies: {
    row: '1.3 params',
    requests: [
      'GET /cookie/sid',
      'WS /normal {cookie: sid=1}',
      'ws close 1000',
      'WS /normal {cookie: own=1}',
      'ws close 1000',
    ],
  },
  websocket: {
    row: '1.4, 4 ws metrics',
    requests: ['WS /echo {x-test: h}', 'ws text hello', 'ws bytes 1,2', 'ws close 3000 done'],
    says: [
      /^0 blob ws:\/\/HOST\/echo$/,
      'true',
      'open true true 1',
      /^hello /,
      'true 2 1,2',
      'close 3000 done 3',
    ],
    samples: {
      ws_sessions: [1, 1],
      ws_connecting: 1,
      ws_session_duration: 1,
      ws_msgs_sent: [3, 3],
      ws_msgs_received: [2, 2],
      iterations: 1,
    },
    tags: {
      ws_sessions: [
        {
          group: '',
          kind: 'k',
          name: 'ws://HOST/echo',
          scenario: 'default',
          status: '101',
          subproto: '',
          url: 'ws://HOST/echo',
        },
      ],
    },
  },
  'websocket-protocol': {
    row: '1.4',
    requests: ['WS /bytes', 'ws ping', /^ws close/],
    says: ['refused', 'true graphql-ws', 'pong'],
    samples: { ws_ping: 1, 'ws_sessions{subproto:graphql-ws}': 1, ws_msgs_sent: [2, 2] },
  },
  'websocket-refused': {
    row: '1.4',
    requests: ['WS /refuse/403'],
    says: ['error websocket: bad handshake', 'close'],
    samples: { ws_sessions: 1, ws_connecting: 1, ws_session_duration: 0, iterations: 1 },
  },
  'websocket-errors': {
    row: '1.4',
    requests: ['WS /echo', 'ws close 1000'],
    says: [
      'WebSocket requires a url',
      'WebSocket requires url with scheme ws or wss, but got "http"',
      'WebSocket requires no url fragment, but got "f"',
      "unknown WebSocket's option foo",
      'true',
    ],
    logs: ["warning: can't add event handler: unknown event type: zzz"],
  },
  'websocket-cut-off': {
    row: '1.4, 6.5',
    requests: ['WS /quiet', 'ws text open', /^ws close 1001/],
    logs: ['warning: No script iterations fully finished'],
    samples: { iterations: 0, ws_sessions: 1 },
  },
};
