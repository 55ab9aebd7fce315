/**
 * What `import … from 'vurun'` and `from 'vurun/http'` give outside of a virtual user: one sentence.
 * Every name a guest module exports stands here, because without it Node would complain about the
 * missing name before this file had its say.
 */
const absent = undefined as never;

export {
  absent as b64decode,
  absent as b64encode,
  absent as check,
  absent as Counter,
  absent as default,
  absent as exec,
  absent as fail,
  absent as Gauge,
  absent as group,
  absent as http,
  absent as instance,
  absent as randomSeed,
  absent as Rate,
  absent as scenario,
  absent as SharedArray,
  absent as sleep,
  absent as test,
  absent as Trend,
  absent as vu,
  absent as WebSocket,
};

throw new Error(
  "the modules of 'vurun' work only inside a virtual user: run this file with `vurun run <script>`, not with node",
);
