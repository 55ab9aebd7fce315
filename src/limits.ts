/** Every number that bounds something, in one place. Sizes are bytes, times milliseconds. */

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  // sandbox ------------------------------------------------------------------------------------
  /** VUs that share one WebAssembly instance. */
  vusPerCell: 32,
  /** Text of the HTML documents one VU may hold, in UTF-16 units; a document takes some 20 times that. */
  vuHtmlUnits: 16 * MiB,
  /** Elements of an HTML document inside of each other. */
  htmlDepth: 512,
  /** Selectors a process keeps compiled. */
  htmlSelectors: 1_000,
  /** Growth of a cell's memory one VU may cause. */
  vuMemoryBytes: 64 * MiB,
  /** A growth request up to this size is granted even to a VU that is about to be stopped for memory. */
  cellGrowthSlackBytes: 16 * MiB,
  /** QuickJS stack of a VU; the worker's V8 stack must be at least 32 times as large. */
  vuStackBytes: 128 * KiB,
  workerStackMiB: 16,
  /**
   * Where a shard's own objects begin their life. V8 would let it grow to 48, to no use: a request's objects die
   * soon, a larger nursery lies in no cache, and what VUs left there stays in memory while they sleep.
   */
  workerNurseryMiB: 6,
  /** One entry into the guest. */
  turnMs: 2_000,
  /** VUs take turns this long before sockets are read again. */
  roundMs: 10,
  /** So many VUs take their turns before what they sent goes out. */
  turnsPerDeparture: 32,
  /** Evaluation of the bundle in one VU. */
  initMs: 10_000,
  /** The watchdog waits this much beyond the turn's own deadline before it ends the shard. */
  watchdogGraceMs: 1_000,
  /** A turn that lasts this long is ended even when its thread was given no processor time. */
  watchdogStallMs: 60_000,
  /** A cell's memory may not grow beyond this (the engine's own bound is 2 GiB). */
  cellMemoryBytes: 2_048 * MiB,
  /** Times a VU that was ended for breaking a limit is made anew before it is retired. */
  vuRestarts: 3,

  // boundary -----------------------------------------------------------------------------------
  /** Deliveries that may wait for one VU; above it its sockets are paused. */
  inboxLength: 1_000,
  /** Bytes one op argument may carry. */
  opArgumentBytes: 32 * MiB,
  timersPerVu: 10_000,
  pendingOpsPerVu: 1_000,
  randomBytes: 64 * KiB,
  socketsPerVu: 1_000,

  // http ---------------------------------------------------------------------------------------
  responseBodyBytes: 32 * MiB,
  decompressedBodyBytes: 64 * MiB,
  contentEncodings: 5,
  /** Bodies kept for the guest to read, per VU. */
  keptBodiesBytes: 64 * MiB,
  keptBodiesBytesPerShard: 512 * MiB,
  keptResponses: 10_000,
  requestHeaders: 200,
  requestHeaderBytes: 64 * KiB,
  cookiesPerJar: 300,
  cookiesPerHost: 50,
  cookieJars: 100,
  dialMs: 30_000,
  /** One address of a host that has several, before the next is tried. */
  dialAttemptMs: 2_500,
  /** An idle connection is kept this long, unless the server asks for less. */
  idleConnectionMs: 3_600_000,
  responseHeaderBytes: 16 * KiB,
  /** Requests of `http.batch` that may wait for a slot, per VU. */
  batchLength: 10_000,
  /**
   * One address of a name that has several. Longer than the first SYN's retransmission, so that a slow
   * peer is waited for and not asked once more at its next address (Node's own default is 250 ms).
   */
  dialAddressMs: 3_000,
  requestMs: 60_000,

  // websocket ----------------------------------------------------------------------------------
  wsMessageBytes: 16 * MiB,
  wsBufferedBytes: 16 * MiB,
  wsHandshakeMs: 60_000,
  wsCloseMs: 5_000,
  wsRefusalBodyBytes: 4 * KiB,
  /** Upgrades of ended connections the guest may still ask about, per VU. */
  wsKeptHandshakes: 100,
  /** Pings whose pong is still awaited, per connection. */
  wsPendingPings: 100,
  /** What one kept session may tell between two iterations; above it its socket is not read. */
  wsHeldMessages: 1_000,
  wsHeldBytes: 1 * MiB,

  // good citizen -------------------------------------------------------------------------------
  /** Limiters and token clients a script may declare. */
  limiters: 100,
  tokenClients: 100,
  /** Calls or slots one limiter may be about. */
  limiterCount: 10_000_000,
  /** How often a shard looks for slots other shards gave back, while somebody waits. */
  limiterPollMs: 10,
  /** Before the first answer tells of a rate limit, calls are this far apart. */
  rateScoutMs: 100,
  /** Ends of a rate limit's window closer than this are the same one's. */
  rateWindowSlackMs: 1_500,
  /** What shards wait at random beyond a wait the target asked for. */
  rateHoldJitterMs: 250,
  retriesPerOperation: 1_000,
  /** Different policies a thread keeps. */
  retryPolicies: 1_000,
  /** The time a retry budget looks back, and retries it always has. */
  retryBudgetMs: 60_000,
  freeRetries: 10,
  /** Of a refusal's body: what may hold a wait that is asked for. */
  inBandBytes: 16 * KiB,
  /** After a token could not be had, the least and the longest pause before the next try. */
  tokenPauseMs: 1_000,
  tokenPauseMaxMs: 60_000,
  tokenMs: 30_000,
  /** A token without a life of its own is taken to live so long. */
  tokenLifeMs: 3_600_000,
  tokenBytes: 16 * KiB,
  /** Tokens of its own a VU may hold. */
  tokensPerVu: 10,
  tokenFields: 20,

  // crypto -------------------------------------------------------------------------------------
  certificateBytes: 64 * KiB,
  secretFileBytes: 1 * MiB,
  /** Keys of `crypto.subtle` a thread keeps ready for use. */
  subtleKeys: 1_000,
  /** Bytes that calls of `crypto.subtle` without an answer were given, per VU. */
  subtlePendingBytes: 64 * MiB,
  /** Rounds of PBKDF2, bits of an RSA modulus, bits of a key or of what is derived. */
  subtleIterations: 10_000_000,
  subtleModulusBits: 8_192,
  subtleBits: 8 * MiB,

  // metrics ------------------------------------------------------------------------------------
  metrics: 1_000,
  series: 100_000,
  seriesWarning: 10_000,
  /** Tag sets (and tag pairs) a thread interns; sets beyond it are counted under `__other__`. */
  tagSets: 200_000,
  tagsPerSample: 50,
  tagLength: 4 * KiB,
  checks: 5_000,
  groups: 1_000,
  groupDepth: 50,
  /** Sessions of one VU that are under way at a time. */
  sessionsAtOnce: 1_000,
  thresholds: 500,

  // attempts -----------------------------------------------------------------------------------
  /** Records a shard keeps of each second: of attempts that failed, of WebSockets, of those that went well. */
  attemptFailuresPerSecond: 2_000,
  attemptSocketsPerSecond: 2_000,
  attemptSamplesPerSecond: 50,
  /** Names by which attempts are counted, a shard and kind; further ones are counted together. */
  attemptNames: 500,
  /** Kinds of outcome a run counts apart. */
  attemptOutcomes: 10_000,
  /** Records a run keeps of one outcome, and how many of these are the very first and last. */
  attemptsPerOutcome: 10_000,
  attemptEnds: 50,
  /** Slots of a timeline; an hour in tenths of a second. */
  timelineSlots: 36_000,
  /** Body of an error status that is looked into for its code. */
  attemptBodyBytes: 16 * KiB,

  // health -------------------------------------------------------------------------------------
  /** How often a thread looks whether its timers come in time. */
  loopProbeMs: 20,
  /** Seconds the live view shows. */
  recentSeconds: 60,
  /** Seconds of health a run keeps apart. */
  healthSeconds: 7_200,

  // results ------------------------------------------------------------------------------------
  /** Metrics and sub-metrics a result file has by the second. */
  resultMetrics: 200,
  /** Statuses, outcomes and so on of one metric it tells apart. */
  resultParts: 100,
  /** Records of failures it keeps of each second, and of attempts at the end. */
  resultFailuresPerSecond: 5,
  resultAttempts: 2_000,

  // report --------------------------------------------------------------------------------------
  /** Points a chart has over time; a longer run has several seconds in each. */
  reportPoints: 900,
  /** Metrics whose distribution over time the page has. */
  reportDistributions: 12,
  /** Failures its table lists, and how many first and last ones of each kind. */
  reportFailures: 200,
  reportFailureEnds: 10,
  /** Answers whose limit headers it draws. */
  reportLimitRows: 500,
  /** Seconds the live page looks back. */
  liveSeconds: 7_200,
  /** Bytes that wait for a browser that does not read; then it is cut off, and comes back. */
  liveBufferedBytes: 32 * MiB,
  /** At the end browsers get this long to take what is written for them. */
  liveLingerMs: 2_000,

  // outputs ------------------------------------------------------------------------------------
  /** Raw samples a shard keeps between two flushes, for the outputs that want each one. */
  rawSamplesPerFlush: 2_000_000,
  /** Raw samples that wait for a slow output; what comes on top is dropped and counted. */
  outputQueuedSamples: 4_000_000,
  /** Records of attempts that wait for a slow file, and rows of a file of correlation ids. */
  outputQueuedAttempts: 100_000,
  idRows: 1_000_000,
  /** At the end an output that has not moved for this long is given up. */
  outputStallMs: 10_000,
  /** One delivery of sums to a receiver of metrics, and what is read of its answer. */
  outputDeliveryMs: 10_000,
  outputAnswerBytes: 4 * KiB,
  /** Series in one request to Prometheus, lines in one to InfluxDB. */
  prometheusSeriesPerWrite: 2_000,
  influxLinesPerWrite: 5_000,
  /** Bytes of a datagram to StatsD: what passes any network unfragmented. */
  statsdDatagramBytes: 1_432,
  /** Connections at once to the endpoint Prometheus scrapes. */
  scrapeConnections: 16,
  /** Bytes of a step summary; GitHub refuses more than 1 MiB. */
  stepSummaryBytes: 1_000 * KiB,

  // script -------------------------------------------------------------------------------------
  bundleBytes: 64 * MiB,
  openFileBytes: 256 * MiB,
  /** Size of one file the bundler reads, and depth of its brackets: both keep esbuild upright. */
  sourceBytes: 16 * MiB,
  bracketDepth: 2_000,
  /** All files of an archive together. */
  archiveBytes: 1_024 * MiB,
  /** Fetching one module a script imports by URL. */
  remoteModuleMs: 60_000,

  // logs ---------------------------------------------------------------------------------------
  logLinesPerSecond: 100,
  /** Our own warnings and errors, which a script's flood must not hide. */
  ownLogLinesPerSecond: 100,
  logLineBytes: 8 * KiB,
  /**
   * Of a body that httpDebug shows. More than a line holds, so that what is left of a secret that
   * this cuts in two is cut off, too.
   */
  httpDebugBodyBytes: 32 * KiB,
  /** Each of what the script writes, what it throws and what is our own, per shard. */
  logBytesPerRun: 10 * MiB,

  // run -----------------------------------------------------------------------------------------
  vus: 1_000_000,
  /** Below this many VUs a further shard costs more than it brings. */
  vusPerShardMin: 250,
  /** The same for iterations an open model starts in a second. */
  startsPerShardMin: 2_000,
  /** Times a shard is made anew after it had to be ended. */
  shardRestarts: 3,
  /** Worker threads of one run. */
  shards: 256,
  scenarios: 1_000,
  stages: 10_000,
  /** Iterations in a time unit an open model may ask for. */
  rate: 100_000_000,
  /** Elements after which the parts of an execution segment sequence repeat. */
  segmentCycle: 100_000,
  /** A start this much behind its instant is late: the generator, not the target, is behind. */
  lateMs: 10,
  /** Part of the starts of a second that may be late before it is said. */
  latePart: 0.01,
  /** And the least number of them: one hiccup of the machine is none of the generator's. */
  lateLeast: 5,
  /** Starts that could not be made this long after a scenario's end are dropped. */
  startAfterEndMs: 1_000,
  /** Local addresses the option localIPs may name. */
  localAddresses: 65_536,
  flushMs: 1_000,
  pulseMs: 200,
  thresholdsMs: 2_000,
  /** The scenarios' common start lies this far ahead of the order to start. */
  startLeadMs: 20,
  /** And so much further for each VU a shard hands to an open scenario first. */
  startLeadPerVuMs: 0.1,

  // plan check -----------------------------------------------------------------------------------
  /** Files the process has open for itself beside its VUs' sockets. */
  ownFiles: 64,
  /** What a VU of a small script weighs (bench/README.md); larger scripts weigh more. */
  vuFootprintBytes: 200_000,
  /** Times one scenario's load is computed for one instant, in a plan of whatever size. */
  planSteps: 100_000,

  // simulator ----------------------------------------------------------------------------------
  /** TCP connections it holds; more are closed at once. */
  simulatorConnections: 65_536,
  /** The last decisions kept in memory; the ledger file has all of them. */
  simulatorLedgerEntries: 100_000,
  /** Ledger lines that wait to be written to the file, and how long at most. */
  simulatorLedgerBatch: 256,
  simulatorLedgerFlushMs: 100,
  simulatorTokens: 100_000,
  simulatorConversations: 200_000,
  simulatorChannels: 100_000,
  /** Sessions of web messaging it remembers after their connection has gone. */
  simulatorGuestSessions: 200_000,
  simulatorRestBuckets: 100,
  /** Tokens, clients or addresses one rate limiter keeps apart. */
  simulatorLimiterKeys: 100_000,
  simulatorBodyBytes: 64 * KiB,
  simulatorMessageBytes: 64 * KiB,
  simulatorBufferedBytes: 1 * MiB,
  /** A client that was told to leave and keeps its socket is cut off after this. */
  simulatorLingerMs: 5_000,
} as const;
