/**
 * What `import … from 'vurun'` and `from 'vurun/http'` give outside of a virtual user: one sentence.
 * Every name a guest module exports stands here, because without it Node would complain about the
 * missing name before this file had its say.
 */
const absent = undefined as never;

export {
  absent as asyncRequest,
  absent as b64decode,
  absent as b64encode,
  absent as batch,
  absent as check,
  absent as clearInterval,
  absent as clearTimeout,
  absent as cookieJar,
  absent as CookieJar,
  absent as Counter,
  absent as default,
  absent as del,
  absent as exec,
  absent as expectedStatuses,
  absent as ExpectedStatuses,
  absent as fail,
  absent as file,
  absent as FileData,
  absent as Gauge,
  absent as get,
  absent as group,
  absent as head,
  absent as http,
  absent as HttpUrl,
  absent as instance,
  absent as options,
  absent as patch,
  absent as post,
  absent as put,
  absent as randomSeed,
  absent as Rate,
  absent as request,
  absent as Response,
  absent as scenario,
  absent as setInterval,
  absent as setResponseCallback,
  absent as setTimeout,
  absent as SharedArray,
  absent as sleep,
  absent as test,
  absent as TLS_1_0,
  absent as TLS_1_1,
  absent as TLS_1_2,
  absent as TLS_1_3,
  absent as Trend,
  absent as url,
  absent as vu,
  absent as WebSocket,
  absent as WebSocketError,
};

throw new Error(
  "the modules of 'vurun' work only inside a virtual user: run this file with `vurun run <script>`, not with node",
);
