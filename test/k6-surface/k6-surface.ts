/**
 * What k6's published types have, held against what vurun's modules have. The compiler refuses this file
 * when a name is missing that is not in the table, and when the table has a name that is there by now.
 */
import type * as k6 from 'k6';
import type * as k6Crypto from 'k6/crypto';
import type * as k6Data from 'k6/data';
import type * as k6Encoding from 'k6/encoding';
import type * as k6Execution from 'k6/execution';
import type * as k6Csv from 'k6/experimental/csv';
import type * as k6Fs from 'k6/experimental/fs';
import type * as k6Streams from 'k6/experimental/streams';
import type * as k6Html from 'k6/html';
import type * as k6Http from 'k6/http';
import type * as k6Metrics from 'k6/metrics';
import type * as k6Secrets from 'k6/secrets';
import type * as k6Timers from 'k6/timers';
import type * as k6Websockets from 'k6/websockets';
import type * as k6Ws from 'k6/ws';
import type * as ownCrypto from '../../runtime/k6/crypto.ts';
import type * as ownCsv from '../../runtime/k6/csv.ts';
import type * as ownData from '../../runtime/k6/data.ts';
import type * as ownEncoding from '../../runtime/k6/encoding.ts';
import type * as ownExecution from '../../runtime/k6/execution.ts';
import type * as ownFs from '../../runtime/k6/fs.ts';
import type * as ownHtml from '../../runtime/k6/html.ts';
import type * as ownHttp from '../../runtime/k6/http.ts';
import type * as own from '../../runtime/k6/index.ts';
import type * as ownMetrics from '../../runtime/k6/metrics.ts';
import type * as ownSecrets from '../../runtime/k6/secrets.ts';
import type * as ownStreams from '../../runtime/k6/streams.ts';
import type * as ownTimers from '../../runtime/k6/timers.ts';
import type * as ownWebsockets from '../../runtime/k6/websockets.ts';
import type * as ownWs from '../../runtime/k6/ws.ts';
import type * as ownElement from '../../runtime/modules/html-element.ts';
import type * as ownSelection from '../../runtime/modules/html-selection.ts';
import type { SentRequest, Timings } from '../../runtime/modules/http.ts';
import type { Response } from '../../runtime/modules/http-response.ts';

/** A class stands for what its instances have. */
type Instance<T> = T extends abstract new (...args: never) => infer I ? I : T;
type Leaf = string | number | boolean | symbol | null | undefined | readonly unknown[];
type Callable = (...args: never) => unknown;

/** Paths of names that `Theirs` has and `Ours` has not. */
type Missing<Theirs, Ours, Depth extends 0[] = []> = Depth['length'] extends 4
  ? never
  : {
      [K in keyof Theirs & string]: K extends keyof Ours
        ? Below<Instance<NonNullable<Theirs[K]>>, Instance<NonNullable<Ours[K]>>, K, Depth>
        : K;
    }[keyof Theirs & string];
type Below<Theirs, Ours, Name extends string, Depth extends 0[]> = [Theirs] extends [
  Leaf | Callable,
]
  ? never
  : string extends keyof Theirs
    ? never
    : `${Name}.${Missing<Theirs, Ours, [...Depth, 0]>}`;

/** What the functions of a module give, which it does not export itself. */
interface TheirHttp {
  Response: k6Http.Response;
  request: k6Http.Response['request'];
  timings: k6Http.Response['timings'];
}
interface OurHttp {
  Response: Response;
  request: SentRequest;
  timings: Timings;
}

/** Names of the default export are those of the module. */
type Plain<Path> = Path extends `default.${infer Name}` ? Exclude<Name, 'default'> : Path;
type Lack<Theirs, Ours> = Plain<Missing<Theirs, Ours>>;

type Table = {
  k6: Lack<typeof k6, typeof own>;
  'k6/data': Lack<typeof k6Data, typeof ownData>;
  'k6/encoding': Lack<typeof k6Encoding, typeof ownEncoding>;
  'k6/execution': Lack<typeof k6Execution, typeof ownExecution>;
  'k6/html': Lack<typeof k6Html, typeof ownHtml & typeof ownElement & typeof ownSelection>;
  'k6/http': Lack<typeof k6Http & TheirHttp, typeof ownHttp & OurHttp>;
  'k6/metrics': Lack<typeof k6Metrics, typeof ownMetrics>;
  'k6/timers': Lack<typeof k6Timers, typeof ownTimers>;
  'k6/crypto': Lack<typeof k6Crypto, typeof ownCrypto>;
  'k6/experimental/csv': Lack<typeof k6Csv, typeof ownCsv>;
  'k6/experimental/fs': Lack<typeof k6Fs, typeof ownFs>;
  'k6/experimental/streams': Lack<typeof k6Streams, typeof ownStreams>;
  'k6/secrets': Lack<typeof k6Secrets, typeof ownSecrets>;
  'k6/websockets': Lack<typeof k6Websockets, typeof ownWebsockets>;
  'k6/ws': Lack<typeof k6Ws, typeof ownWs>;
  'k6/experimental/websockets': Lack<typeof k6Websockets, typeof ownWebsockets>;
};

function because<const Name extends string>(
  reason: string,
  ...names: readonly Name[]
): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, reason])) as Record<Name, string>;
}
const typeOnly = 'a name of the types only: k6 has no such export either';

/** What is not there yet, and why. */
const table = {
  k6: {},
  'k6/data': {},
  'k6/encoding': {},
  'k6/execution': {
    ...because(
      'vurun has no such option yet',
      'test.options.cloud',
      'test.options.ext',
      'test.options.paused',
    ),
    ...because(
      'in the types, but k6 2.2.0 has no such option',
      'test.options.linger',
      'test.options.noUsageReport',
      'test.options.tlsAIAFetch',
      'test.options.vusMax',
    ),
  },
  'k6/html': {
    ...because(typeOnly, 'NodeType'),
    ...because(
      'its own methods are not there yet: an element has those of Element, and attributes tell the rest',
      'AnchorElement',
      'AreaElement',
      'AudioElement',
      'BaseElement',
      'ButtonElement',
      'CanvasElement',
      'DataElement',
      'DataListElement',
      'DelElement',
      'EmbedElement',
      'FieldSetElement',
      'FormElement',
      'FormFieldElement',
      'HrefElement',
      'IFrameElement',
      'ImageElement',
      'InputElement',
      'InsElement',
      'KeygenElement',
      'LabelElement',
      'LegendElement',
      'LiElement',
      'LinkElement',
      'MapElement',
      'MediaElement',
      'MetaElement',
      'MeterElement',
      'ModElement',
      'OListElement',
      'ObjectElement',
      'OptGroupElement',
      'OptionElement',
      'OutputElement',
      'ParamElement',
      'PreElement',
      'ProgressElement',
      'QuoteElement',
      'ScriptElement',
      'SelectElement',
      'SourceElement',
      'StyleElement',
      'TableBodyElement',
      'TableCellElement',
      'TableColElement',
      'TableDataCellElement',
      'TableElement',
      'TableFootElement',
      'TableHeadElement',
      'TableHeaderCellElement',
      'TableRowElement',
      'TableSectionElement',
      'TextAreaElement',
      'TimeElement',
      'TitleElement',
      'TrackElement',
      'UListElement',
      'VideoElement',
    ),
  },
  'k6/http': {
    ...because(typeOnly, 'FileData'),
    ...because('in the types, but k6 2.2.0 does not have it', 'SSL_3_0'),
    ...because('vurun does not ask for stapled certificate states', 'Response.ocsp'),
  },
  'k6/metrics': because(typeOnly, 'Metric'),
  'k6/timers': {},
  'k6/crypto': because(typeOnly, 'Hasher'),
  'k6/experimental/csv': {},
  'k6/experimental/fs': because(typeOnly, 'File'),
  'k6/experimental/streams': {},
  'k6/secrets': {},
  'k6/websockets': {},
  'k6/experimental/websockets': {},
  'k6/ws': because(typeOnly, 'Socket', 'WebSocketError'),
};

/** Everything that is missing has its reason. */
export const notYet: { [Module in keyof Table]: Record<Table[Module], string> } = table;
type Stale = {
  [Module in keyof Table]: Exclude<keyof (typeof table)[Module], Table[Module]>;
}[keyof Table];
/** Nothing has a reason that is there by now. */
export const stale: [Stale] extends [never] ? true : Stale = true;
