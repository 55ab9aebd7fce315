/**
 * The one file that holds QuickJS handles. It drives the engine through the package's raw functions:
 * the convenience wrappers cost several times as much per call and tie values to host objects, while
 * raw pointers stay valid in a copied memory. All of it is semi-private in the package, so the
 * version is pinned exactly and `test/sandbox.test.ts` runs against the real thing.
 */

import engineVariant from '@jitl/quickjs-ng-wasmfile-release-sync';
import type { QuickJSSyncVariant } from 'quickjs-emscripten';
import { Blocking, Mail, mailLength, SandboxOp } from '../../runtime/contract/ops.ts';
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { OpArgs, OpResult } from './contract.ts';
import { engineModule } from './engine.ts';
import {
  askAgainAtOnce,
  chunksInUse,
  collectSoon,
  deadStretches,
  FunctionTexts,
  giveNames,
  growNameTable,
  hasManyNames,
  returnNames,
  type SharedCode,
  type SharedNames,
  shareCode,
  takeNames,
  takeTexts,
  textOf,
} from './heap.ts';

type Pointer = number;

/** The functions of the engine we use, as the WebAssembly module exports them. */
interface Engine {
  HEAPU8: Uint8Array;
  callbacks: Record<string, unknown>;
  _malloc(size: number): Pointer;
  _free(pointer: Pointer): void;
  _QTS_NewRuntime(): Pointer;
  _QTS_FreeRuntime(runtime: Pointer): void;
  _QTS_NewContext(runtime: Pointer, intrinsics: number): Pointer;
  _QTS_FreeContext(context: Pointer): void;
  _QTS_RuntimeSetMaxStackSize(runtime: Pointer, size: number): void;
  _QTS_RuntimeEnableInterruptHandler(runtime: Pointer): void;
  _QTS_RuntimeComputeMemoryUsage(runtime: Pointer, context: Pointer): Pointer;
  _QTS_Eval(
    context: Pointer,
    code: Pointer,
    length: number,
    name: Pointer,
    detectModule: number,
    flags: number,
  ): Pointer;
  _QTS_Call(
    context: Pointer,
    callee: Pointer,
    self: Pointer,
    count: number,
    argumentPointers: Pointer,
  ): Pointer;
  _QTS_PromiseState(context: Pointer, promise: Pointer): number;
  _QTS_PromiseResult(context: Pointer, promise: Pointer): Pointer;
  _QTS_ResolveException(context: Pointer, value: Pointer): Pointer;
  _QTS_ExecutePendingJob(runtime: Pointer, most: number, contextOut: Pointer): Pointer;
  _QTS_IsJobPending(runtime: Pointer): number;
  _QTS_FreeValuePointer(context: Pointer, value: Pointer): void;
  _QTS_DupValuePointer(context: Pointer, value: Pointer): Pointer;
  _QTS_NewFloat64(context: Pointer, value: number): Pointer;
  _QTS_GetFloat64(context: Pointer, value: Pointer): number;
  _QTS_NewString(context: Pointer, text: Pointer): Pointer;
  _QTS_GetString(context: Pointer, value: Pointer): Pointer;
  _QTS_FreeCString(context: Pointer, text: Pointer): void;
  _QTS_NewArrayBuffer(context: Pointer, bytes: Pointer, length: number): Pointer;
  _QTS_GetArrayBuffer(context: Pointer, value: Pointer): Pointer;
  _QTS_GetArrayBufferLength(context: Pointer, value: Pointer): number;
  _QTS_NewFunction(
    context: Pointer,
    name: Pointer,
    length: number,
    isConstructor: number,
    hostRef: number,
  ): Pointer;
  _QTS_GetGlobalObject(context: Pointer): Pointer;
  _QTS_GetProp(context: Pointer, object: Pointer, name: Pointer): Pointer;
  _QTS_SetProp(context: Pointer, object: Pointer, name: Pointer, value: Pointer): void;
  _QTS_NewError(context: Pointer): Pointer;
  _QTS_Throw(context: Pointer, error: Pointer): Pointer;
  _QTS_GetTrue(): Pointer;
  _QTS_GetFalse(): Pointer;
  _QTS_GetUndefined(): Pointer;
}

// A value is 64 bits, NaN-boxed: the tag stands in the upper half, an integer in the lower. Whatever
// is no known tag is a double with this much subtracted from its upper half.
const Tag = {
  int: 0,
  boolean: 1,
  null: 2,
  undefined: 3,
  exception: 6,
  string: -7,
  stringRope: -6,
  object: -1,
} as const;
const doubleOffset = 0x7ff8000a;
const valueSize = 8;

const pageBytes = 65_536;
const initialBytes = 256 * pageBytes;
/** Grain of a snapshot: the operating system's pages, so that untouched ones stay untouched. */
const snapshotPageBytes = 4_096;
/** How far below the heap the engine's stack can have reached; its constants lie further below. */
const stackReachBytes = 1_048_576;
/** The engine's imports that tell the time: emscripten_date_now and clock_time_get. */
const clockImports = ['p', 'q'] as const;
/** The engine's numbers for the state of a promise. */
const PromiseState = { pending: 0, rejected: 2 } as const;
const hostFunctionId = 1;

type Imports = Record<'a', Record<string, (...args: never[]) => unknown>>;
type EngineLoader = (options: {
  wasmMemory: WebAssembly.Memory;
  print(): void;
  printErr(): void;
  instantiateWasm(imports: Imports, done: (instance: unknown) => void): object;
}) => Promise<Engine>;

/** What one guest needs of its host while it runs. */
export interface GuestHost {
  /** Answers an op; may throw a `GuestError`. */
  op(code: number, args: OpArgs): OpResult;
  /** Something in our own code threw while it answered an op. */
  opCrashed(code: number, thrown: unknown): void;
  /** The guest is being run from `now` (of `performance.now()`) on, and may be for this long. */
  entered(now: number, milliseconds: number): void;
  left(): void;
}

/** Why a guest was stopped from outside. */
export type StopReason = 'turn' | 'memory' | 'told';

/** How an entry into a guest ended. */
export type EntryEnd =
  | { kind: 'ok' }
  /** The script threw, out of reach of the runtime's own try/catch. */
  | { kind: 'threw'; name: string; message: string; stack: string }
  /** A limit was broken; the guest must not be entered again. */
  | { kind: 'stopped'; reason: StopReason; stack: string }
  /** The engine itself failed; nothing in its cell may be touched again. */
  | { kind: 'broken'; message: string };

const endedOk: EntryEnd = { kind: 'ok' };

/** Where a guest lies in its cell; the same numbers hold in every copy of that cell's memory. */
export interface GuestImage {
  runtime: Pointer;
  context: Pointer;
  receiver: Pointer;
  mail: Pointer;
  mailAt: Pointer;
  usedBytes: number;
  sharesNames: boolean;
}

/** A cell's memory without its empty pages, and what lies where in it. Any thread can use it. */
export interface Snapshot {
  memoryBytes: number;
  /** The pages that hold something, one after the other. */
  bytes: SharedArrayBuffer;
  /** Where in the cell's memory they belong: runs of neighbours, in the order of `bytes`. */
  runs: readonly { at: number; length: number }[];
  own: CellImage;
  names: SharedNames | undefined;
  guests: readonly GuestImage[];
}

/** Memory a cell keeps for itself. */
interface CellImage {
  slots: Pointer;
  slotPointers: Pointer;
  contextOut: Pointer;
}

export interface GuestLimits {
  memoryBytes: number;
  stackBytes: number;
  turnMs: number;
  initMs: number;
}

/**
 * One WebAssembly instance of the engine and the guests that live in it. The instance is the unit
 * that dies: after a trap nothing in it can be trusted.
 */
export class Cell {
  #engine: Engine;
  #memory: WebAssembly.Memory;
  /** The guest being run right now; only one can be. */
  #current: Guest | undefined;
  // Views of the memory, made anew whenever it grows.
  #bytes!: Buffer;
  #ints!: Int32Array;
  #floats!: Float64Array;
  #args: Args;
  /** Memory of the engine that we own for the life of the cell. */
  #own: CellImage;
  /** Where the heap begins, on a page's edge; below it lies the engine's stack, which is empty at rest. */
  #heapAt: Pointer;
  /** Names all guests use; known once the first has been slimmed. */
  #names: SharedNames | undefined;
  /** Code all guests use. */
  readonly #code: SharedCode = new Map();
  readonly #texts: FunctionTexts;
  /** Why the cell cannot be used any more. */
  broken: string | undefined;
  guests = 0;
  /** How often the engine asked what time it is: code that did cannot be forked unnoticed. */
  clockReads = 0;

  private constructor(
    engine: Engine,
    memory: WebAssembly.Memory,
    texts: FunctionTexts,
    from: Snapshot | undefined,
  ) {
    this.#engine = engine;
    this.#memory = memory;
    this.#texts = texts;
    this.#names = from?.names;
    this.#renewViews();
    this.#args = new Args(this);
    this.#own = from?.own ?? {
      slots: engine._malloc(3 * valueSize),
      slotPointers: engine._malloc(3 * 4),
      contextOut: engine._malloc(4),
    };
    this.#heapAt = this.#own.slots - (this.#own.slots % snapshotPageBytes);
    while (!isEmpty(memory, this.#heapAt - snapshotPageBytes)) this.#heapAt -= snapshotPageBytes;
    engine.callbacks = {
      callFunction: (
        _asyncify: undefined,
        context: Pointer,
        _self: Pointer,
        count: number,
        argumentsAt: Pointer,
      ) => this.#callHost(context, count, argumentsAt),
      shouldInterrupt: () => {
        const guest = this.#current;
        if (guest === undefined || !this.#shouldStop(guest)) return 0;
        askAgainAtOnce(this.#ints, guest.context);
        return 1;
      },
      freeHostRef: () => undefined,
    };
  }

  /** Makes an empty cell, or one that is the copy of another. `texts` are those of all its guests. */
  static async create(texts = new FunctionTexts(), from?: Snapshot): Promise<Cell> {
    const memory = new WebAssembly.Memory({
      initial: (from?.memoryBytes ?? initialBytes) / pageBytes,
      maximum: 32_768,
    });
    const compiledModule = await engineModule();
    const load = (await (
      engineVariant as unknown as QuickJSSyncVariant
    ).importModuleLoader()) as unknown as { default?: EngineLoader } & EngineLoader;
    let cell: Cell | undefined;
    const engine = await (load.default ?? load)({
      wasmMemory: memory,
      // The engine prints its own aborts; the cell reports them in its own words.
      print: () => undefined,
      printErr: () => undefined,
      instantiateWasm: (imports, done) => {
        const { a: given } = imports;
        const asked = <F extends (...args: never[]) => unknown>(clock: F): F =>
          ((...args: never[]) => {
            if (cell !== undefined) cell.clockReads++;
            return clock(...args);
          }) as F;
        // The names are the engine's minified ones; a test checks that they still are the clocks.
        const a = { ...given };
        for (const name of clockImports) {
          const clock = given[name];
          if (clock === undefined) throw new Error(`the engine has no import '${name}' any more`);
          a[name] = asked(clock);
        }
        void WebAssembly.instantiate(compiledModule, { a }).then(done);
        return {};
      },
    });
    if (from !== undefined) {
      // After the engine's own start-up, which writes what the copy then replaces.
      const bytes = new Uint8Array(memory.buffer);
      let next = 0;
      for (const { at, length } of from.runs) {
        bytes.set(new Uint8Array(from.bytes, next, length), at);
        next += length;
      }
    }
    cell = new Cell(engine, memory, texts, from);
    cell.#guardGrowth();
    return cell;
  }

  /**
   * Copies the cell's memory, without the pages that hold nothing, or nothing of use. The cell must be
   * at rest.
   */
  snapshot(guests: readonly Guest[]): Snapshot {
    const { buffer } = this.#memory;
    const runs: { at: number; length: number }[] = [];
    const dead = [
      { from: this.#heapAt - stackReachBytes, to: this.#heapAt },
      ...deadStretches(this.#memory, this.#own.slots, snapshotPageBytes),
    ];
    for (let at = 0, next = 0; at < buffer.byteLength; at += snapshotPageBytes) {
      const end = at + snapshotPageBytes;
      while (next < dead.length && (dead[next] as { to: number }).to < end) next++;
      if (next < dead.length && (dead[next] as { from: number }).from <= at) continue;
      if (isEmpty(this.#memory, at)) continue;
      const last = runs.at(-1);
      // Neighbours become one run, so that copying is few large moves.
      if (last !== undefined && last.at + last.length === at) last.length += snapshotPageBytes;
      else runs.push({ at, length: snapshotPageBytes });
    }
    const bytes = new Uint8Array(
      new SharedArrayBuffer(runs.reduce((sum, { length }) => sum + length, 0)),
    );
    let to = 0;
    for (const { at, length } of runs) {
      bytes.set(new Uint8Array(buffer, at, length), to);
      to += length;
    }
    return {
      memoryBytes: buffer.byteLength,
      bytes: bytes.buffer,
      runs,
      own: this.#own,
      names: this.#names,
      guests: guests.map(
        ({ runtime, context, receiver, mail, mailAt, usedBytes, sharesNames }) => ({
          runtime,
          context,
          receiver,
          mail,
          mailAt,
          usedBytes,
          sharesNames,
        }),
      ),
    };
  }

  /** The guest that lies where `image` says, in a cell made from the snapshot it belongs to. */
  adopt(image: GuestImage, host: GuestHost, guestLimits: GuestLimits): Guest {
    const guest = new Guest(
      this,
      image.runtime,
      image.context,
      host,
      guestLimits,
      image.mail,
      image.mailAt,
    );
    guest.receiver = image.receiver;
    guest.usedBytes = image.usedBytes;
    guest.sharesNames = image.sharesNames;
    this.guests++;
    return guest;
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * The engine asks for memory through `memory.grow`, so this is where one VU's hunger is bounded.
   * What a VU holds is measured at the engine's next check after any growth, and the VU stopped
   * when that is too much: growth alone proves nothing, since it is rounded up generously and what
   * one VU frees another uses. Only what could not wait for that check is refused here; the script
   * then sees an ordinary "out of memory" and is stopped just after. (Refusing every request beyond
   * the bound was tried: a refused small allocation leaves the engine in a state it does not always
   * survive.)
   */
  #guardGrowth(): void {
    const memory = this.#memory;
    const grow = memory.grow.bind(memory);
    memory.grow = (pages: number): number => {
      const bytes = pages * pageBytes;
      const size = memory.buffer.byteLength;
      const guest = this.#current;
      if (guest !== undefined) {
        const allowance = Math.max(limits.cellGrowthSlackBytes, size * 0.06);
        if (guest.usedBytes + guest.growthBytes + bytes > guest.limits.memoryBytes + allowance) {
          // The allocator asks three times, each time with less to spare; then it has failed.
          if (++guest.refusals % 3 === 0) guest.stopped = 'memory';
          throw new RangeError('growth refused');
        }
      }
      if (size + bytes > limits.cellMemoryBytes) {
        this.broken = 'its memory is full';
        throw new RangeError('cell is full');
      }
      const before = grow(pages);
      this.#renewViews();
      if (guest !== undefined) {
        guest.growthBytes += bytes;
        guest.refusals = 0;
      }
      return before;
    };
  }

  /** Polled by the engine while bytecode runs. */
  #shouldStop(guest: Guest): boolean {
    guest.polled = true;
    if (guest.stopped !== undefined) return true;
    this.#keepNamesNear(guest);
    if (guest.growthBytes > 0) {
      this.#measure(guest);
      if (guest.usedBytes > guest.limits.memoryBytes) {
        guest.stopped = 'memory';
        return true;
      }
    }
    if (performance.now() > guest.deadline) {
      guest.stopped = 'turn';
      return true;
    }
    return false;
  }

  /** Takes stock of what a guest really holds; its growth since the last time is then accounted for. */
  #measure(guest: Guest): void {
    guest.usedBytes = this.#memoryUsed(guest);
    guest.growthBytes = 0;
  }

  #memoryUsed(guest: Guest): number {
    const engine = this.#engine;
    const usage = engine._QTS_RuntimeComputeMemoryUsage(guest.runtime, guest.context);
    const used = this.#numberProperty(guest.context, usage, 'memory_used_size');
    engine._QTS_FreeValuePointer(guest.context, usage);
    return used;
  }

  // -- values ------------------------------------------------------------------------------------

  /** The upper half of a value: its tag, unless it is a double. */
  tagAt(pointer: Pointer): number {
    return this.#ints[(pointer >> 2) + 1] as number;
  }

  /** Growth detaches the old buffer and with it what looked into it. */
  #renewViews(): void {
    const { buffer } = this.#memory;
    this.#bytes = Buffer.from(buffer);
    this.#ints = new Int32Array(buffer);
    this.#floats = new Float64Array(buffer);
  }

  numberAt(pointer: Pointer): number {
    const low = this.#ints[pointer >> 2] as number;
    const tag = this.#ints[(pointer >> 2) + 1] as number;
    if (tag === Tag.int || tag === Tag.boolean) return low;
    if (tag < 0 ? tag >= -9 : tag <= 8) return Number.NaN;
    scratchWords[0] = low;
    scratchWords[1] = tag + doubleOffset;
    return scratch[0] as number;
  }

  stringAt(context: Pointer, pointer: Pointer): string {
    const engine = this.#engine;
    const text = engine._QTS_GetString(context, pointer);
    if (text === 0) return '';
    const bytes = this.#bytes;
    const end = bytes.indexOf(0, text);
    const length = end - text;
    if (length > limits.opArgumentBytes) {
      engine._QTS_FreeCString(context, text);
      throw new GuestError(
        `a text of ${length} bytes is larger than the ${limits.opArgumentBytes} bytes that may leave a VU at once`,
        'RangeError',
      );
    }
    const decoded = bytes.toString('utf8', text, end);
    engine._QTS_FreeCString(context, text);
    return decoded;
  }

  bytesAt(context: Pointer, pointer: Pointer): Uint8Array {
    const engine = this.#engine;
    const length = engine._QTS_GetArrayBufferLength(context, pointer);
    if (length > limits.opArgumentBytes) {
      throw new GuestError(
        `a buffer of ${length} bytes is larger than the ${limits.opArgumentBytes} bytes that may leave a VU at once`,
        'RangeError',
      );
    }
    const data = engine._QTS_GetArrayBuffer(context, pointer);
    if (data === 0) return new Uint8Array(0);
    const copy = engine.HEAPU8.slice(data, data + length);
    // The library hands out a copy of its own for each call.
    engine._free(data);
    return copy;
  }

  #newText(text: string): Pointer {
    const engine = this.#engine;
    const most = text.length * 3 + 1;
    const at = engine._malloc(most);
    if (at === 0) throw new EngineFault('out of memory');
    const written = this.#bytes.write(text, at, most - 1, 'utf8');
    this.#bytes[at + written] = 0;
    return at;
  }

  newString(context: Pointer, text: string): Pointer {
    const engine = this.#engine;
    const at = this.#newText(text);
    const value = engine._QTS_NewString(context, at);
    engine._free(at);
    return value;
  }

  /** A string from its UTF-8, which may not hold NUL. */
  #newStringOf(context: Pointer, utf8: Uint8Array): Pointer {
    const engine = this.#engine;
    const at = engine._malloc(utf8.byteLength + 1);
    if (at === 0) throw new EngineFault('out of memory');
    this.#bytes.set(utf8, at);
    this.#bytes[at + utf8.byteLength] = 0;
    const value = engine._QTS_NewString(context, at);
    engine._free(at);
    return value;
  }

  newBytes(context: Pointer, bytes: Uint8Array): Pointer {
    const engine = this.#engine;
    // The engine takes this block over and frees it with the ArrayBuffer.
    const at = engine._malloc(Math.max(1, bytes.byteLength));
    if (at === 0) throw new EngineFault('out of memory');
    engine.HEAPU8.set(bytes, at);
    return engine._QTS_NewArrayBuffer(context, at, bytes.byteLength);
  }

  #newResult(context: Pointer, result: OpResult): Pointer {
    switch (typeof result) {
      case 'undefined':
        return 0;
      case 'number':
        return this.#engine._QTS_NewFloat64(context, result);
      case 'boolean':
        // The constants belong to the engine; the answer is taken over, so it must be a copy.
        return this.#engine._QTS_DupValuePointer(
          context,
          result ? this.#engine._QTS_GetTrue() : this.#engine._QTS_GetFalse(),
        );
      case 'string':
        return this.#newExactString(context, result);
      default:
        return this.newBytes(context, result);
    }
  }

  /** A string that may hold NUL, which the plain way would cut: it is evaluated as a literal. */
  #newExactString(context: Pointer, text: string): Pointer {
    if (!text.includes('\0')) return this.newString(context, text);
    return this.#evaluateExpression(context, JSON.stringify(text));
  }

  #evaluateExpression(context: Pointer, code: string): Pointer {
    const engine = this.#engine;
    const at = this.#newText(code);
    const name = this.#newText('vurun');
    const length = this.#bytes.indexOf(0, at) - at;
    const value = engine._QTS_Eval(context, at, length, name, 0, 0);
    engine._free(at);
    engine._free(name);
    return value;
  }

  #property(context: Pointer, object: Pointer, name: string): Pointer {
    const key = this.newString(context, name);
    const value = this.#engine._QTS_GetProp(context, object, key);
    this.#engine._QTS_FreeValuePointer(context, key);
    return value;
  }

  #numberProperty(context: Pointer, object: Pointer, name: string): number {
    const value = this.#property(context, object, name);
    const number = this.numberAt(value);
    this.#engine._QTS_FreeValuePointer(context, value);
    return number;
  }

  #setProperty(context: Pointer, object: Pointer, name: string, value: Pointer): void {
    const key = this.newString(context, name);
    this.#engine._QTS_SetProp(context, object, key, value);
    this.#engine._QTS_FreeValuePointer(context, key);
  }

  /** Text of a property of an error; reading it may run the script's own getters, which may throw. */
  #textProperty(context: Pointer, object: Pointer, name: string): string {
    const value = this.#property(context, object, name);
    const tag = this.tagAt(value);
    const text = tag === Tag.string || tag === Tag.stringRope ? this.stringAt(context, value) : '';
    if (tag === Tag.exception) this.#dropException(context, value);
    else this.#engine._QTS_FreeValuePointer(context, value);
    return text;
  }

  #dropException(context: Pointer, value: Pointer): void {
    const error = this.#engine._QTS_ResolveException(context, value);
    this.#engine._QTS_FreeValuePointer(context, value);
    if (error !== 0) this.#engine._QTS_FreeValuePointer(context, error);
  }

  // -- host calls ----------------------------------------------------------------------------------

  #callHost(context: Pointer, count: number, argumentsAt: Pointer): Pointer {
    const guest = this.#current;
    if (guest === undefined || count === 0) return 0;
    const code = this.numberAt(argumentsAt);
    if (code === SandboxOp.attach) {
      guest.receiver = this.#engine._QTS_DupValuePointer(context, argumentsAt + valueSize);
      return 0;
    }
    if (code === SandboxOp.functionText)
      return this.#functionText(context, argumentsAt + valueSize);
    try {
      return this.#newResult(
        context,
        guest.host.op(code, this.#args.over(context, argumentsAt + valueSize, count - 1)),
      );
    } catch (thrown) {
      if (thrown instanceof EngineFault || thrown instanceof WebAssembly.RuntimeError) throw thrown;
      if (thrown instanceof GuestError) return this.#throw(context, thrown.name, thrown.message);
      guest.host.opCrashed(code, thrown);
      return this.#throw(context, 'InternalError', 'vurun failed inside this call; see the log');
    }
  }

  #functionText(context: Pointer, at: Pointer): Pointer {
    if (this.tagAt(at) !== Tag.object) return 0;
    const text = textOf(this.#memory, this.#ints[at >> 2] as number, this.#texts);
    return text === undefined ? 0 : this.#newExactString(context, text);
  }

  #throw(context: Pointer, name: string, message: string): Pointer {
    const error = this.#engine._QTS_NewError(context);
    for (const [key, text] of [
      ['message', message],
      ['name', name],
    ] as const) {
      if (key === 'name' && text === 'Error') continue;
      const value = this.newString(context, text.replaceAll('\0', '\\0'));
      this.#setProperty(context, error, key, value);
      this.#engine._QTS_FreeValuePointer(context, value);
    }
    const thrown = this.#engine._QTS_Throw(context, error);
    this.#engine._QTS_FreeValuePointer(context, error);
    return thrown;
  }

  // -- guests --------------------------------------------------------------------------------------

  /** Where memory is in use, for `slim` to know what a guest that is made next has taken. */
  chunks(): Int32Array {
    return chunksInUse(this.#memory, this.#own.slots);
  }

  /**
   * Makes a guest that has evaluated its program as small as it can be; nothing inside can tell.
   * `before` is what `chunks()` was before the guest was made.
   */
  slim(guest: Guest, before: Int32Array): void {
    takeTexts(this.#memory, this.#engine, guest, this.#texts);
    shareCode(this.#memory, this.#engine, guest, this.#code, before, this.#own.slots);
    collectSoon(this.#memory, guest.runtime);
    if (this.#names === undefined) {
      this.#names = giveNames(this.#memory, guest.runtime);
      guest.sharesNames = true;
      return;
    }
    guest.sharesNames = takeNames(
      this.#memory,
      this.#engine,
      guest.runtime,
      this.#names,
      before,
      this.#own.slots,
    );
  }

  /** A guest that shares names leaves it to us to keep its own easy to find. */
  #keepNamesNear(guest: Guest): void {
    if (!guest.sharesNames || !hasManyNames(this.#ints, guest.runtime)) return;
    growNameTable(this.#memory, this.#engine, guest.runtime);
  }

  /** Makes a guest with nothing in it but the engine's own globals and the host function. */
  newGuest(host: GuestHost, guestLimits: GuestLimits): Guest {
    const engine = this.#engine;
    const runtime = engine._QTS_NewRuntime();
    engine._QTS_RuntimeSetMaxStackSize(runtime, guestLimits.stackBytes);
    engine._QTS_RuntimeEnableInterruptHandler(runtime);
    const context = engine._QTS_NewContext(runtime, 0);
    // The guest sees this very memory as an ArrayBuffer, so numbers cross without a call.
    const mailAt = engine._malloc(mailLength * 8);
    engine.HEAPU8.fill(0, mailAt, mailAt + mailLength * 8);
    const mail = engine._QTS_NewArrayBuffer(context, mailAt, mailLength * 8);
    const guest = new Guest(this, runtime, context, host, guestLimits, mail, mailAt);
    const name = this.#newText('op');
    const hostFunction = engine._QTS_NewFunction(context, name, 3, 0, hostFunctionId);
    engine._free(name);
    const global = engine._QTS_GetGlobalObject(context);
    this.#setProperty(context, global, '__vurun_op', hostFunction);
    this.#setProperty(context, global, '__vurun_mail', mail);
    engine._QTS_FreeValuePointer(context, hostFunction);
    engine._QTS_FreeValuePointer(context, global);
    this.guests++;
    return guest;
  }

  /** Runs a piece of script. */
  evaluate(guest: Guest, code: string, name: string): EntryEnd {
    if (!this.#enter(guest, guest.limits.initMs)) return this.#brokenEnd();
    try {
      const engine = this.#engine;
      const at = this.#newText(code);
      const nameAt = this.#newText(name);
      const length = this.#bytes.indexOf(0, at) - at;
      const value = engine._QTS_Eval(guest.context, at, length, nameAt, 0, 0);
      engine._free(at);
      engine._free(nameAt);
      return this.#endOf(guest, value);
    } catch (thrown) {
      return this.#break(thrown);
    } finally {
      this.#leave(guest);
    }
  }

  /**
   * Calls the guest's receiver with one delivery, then lets its promise jobs run. A payload of bytes is
   * handed over as text when it is said to be the UTF-8 of one (without NUL), else as an ArrayBuffer.
   * After an end that is `threw`, jobs may be left: see `runJobs`.
   */
  deliver(
    guest: Guest,
    kind: number,
    id: number,
    payload: string | Uint8Array | undefined,
    isUtf8 = false,
  ): EntryEnd {
    if (!this.#enter(guest, guest.limits.turnMs)) return this.#brokenEnd();
    try {
      let made = 0;
      if (typeof payload === 'string') made = this.#newExactString(guest.context, payload);
      else if (payload !== undefined) {
        made = isUtf8
          ? this.#newStringOf(guest.context, payload)
          : this.newBytes(guest.context, payload);
      }
      return this.#callReceiver(guest, kind, id, made);
    } catch (thrown) {
      return this.#break(thrown);
    } finally {
      this.#leave(guest);
    }
  }

  /** `payload` is taken over; 0 is undefined. */
  #callReceiver(guest: Guest, kind: number, id: number, payload: Pointer): EntryEnd {
    const engine = this.#engine;
    const { context } = guest;
    const { slots, slotPointers: pointers } = this.#own;
    const ints = this.#ints;
    const slot = slots >> 2;
    ints[slot] = kind;
    ints[slot + 1] = Tag.int;
    ints[slot + 2] = id;
    ints[slot + 3] = Tag.int;
    ints[slot + 4] = 0;
    ints[slot + 5] = Tag.undefined;
    const pointer = pointers >> 2;
    ints[pointer] = slots;
    ints[pointer + 1] = slots + valueSize;
    ints[pointer + 2] = payload === 0 ? slots + 2 * valueSize : payload;
    const nobody = engine._QTS_GetUndefined();
    const value = engine._QTS_Call(context, guest.receiver, nobody, 3, pointers);
    if (payload !== 0) engine._QTS_FreeValuePointer(context, payload);
    let end = endedOk;
    if (this.tagAt(value) === Tag.object) {
      this.dropPromise(guest);
      guest.promise = value;
      if (guest.stopped !== undefined) end = this.#stoppedEnd(guest, guest.stopped);
    } else end = this.#endOf(guest, value);
    if (end.kind !== 'ok') return end;
    if (guest.polled && engine._QTS_IsJobPending(guest.runtime) !== 0) {
      // The call took its time; what waited for it has a deadline of its own.
      guest.deadline = performance.now() + guest.limits.turnMs;
      guest.host.entered(performance.now(), guest.limits.turnMs);
    }
    return this.#runJobs(guest);
  }

  /** A guest that was stopped in an asynchronous function left its stack in that one's promise. */
  #stoppedEnd(guest: Guest, reason: StopReason): EntryEnd {
    const engine = this.#engine;
    let stack = '';
    if (this.promiseState(guest) === 'rejected') {
      const error = engine._QTS_PromiseResult(guest.context, guest.promise);
      if (this.tagAt(error) === Tag.object)
        stack = this.#textProperty(guest.context, error, 'stack');
      engine._QTS_FreeValuePointer(guest.context, error);
    }
    return { kind: 'stopped', reason, stack };
  }

  /**
   * What became of the promise that the guest's receiver returned last. It is forgotten once it is
   * settled; one that was rejected stays for `deliverRejection`.
   */
  promiseState(guest: Guest): 'none' | 'pending' | 'rejected' {
    if (guest.promise === 0 || this.broken !== undefined) return 'none';
    const state = this.#engine._QTS_PromiseState(guest.context, guest.promise);
    if (state === PromiseState.pending) return 'pending';
    if (state === PromiseState.rejected) return 'rejected';
    this.dropPromise(guest);
    return 'none';
  }

  /** Hands the guest what its promise was rejected with, as the payload of a delivery. */
  deliverRejection(guest: Guest, kind: number): EntryEnd {
    if (!this.#enter(guest, guest.limits.turnMs)) return this.#brokenEnd();
    try {
      const reason = this.#engine._QTS_PromiseResult(guest.context, guest.promise);
      this.dropPromise(guest);
      return this.#callReceiver(guest, kind, 0, reason);
    } catch (thrown) {
      return this.#break(thrown);
    } finally {
      this.#leave(guest);
    }
  }

  /** Forgets the promise, settled or not. */
  dropPromise(guest: Guest): void {
    const { promise } = guest;
    if (promise === 0) return;
    guest.promise = 0;
    if (this.broken === undefined) this.#engine._QTS_FreeValuePointer(guest.context, promise);
  }

  /** Runs promise jobs until none is left, or one throws. */
  runJobs(guest: Guest): EntryEnd {
    if (this.#engine._QTS_IsJobPending(guest.runtime) === 0) return endedOk;
    if (!this.#enter(guest, guest.limits.turnMs)) return this.#brokenEnd();
    try {
      return this.#runJobs(guest);
    } catch (thrown) {
      return this.#break(thrown);
    } finally {
      this.#leave(guest);
    }
  }

  #runJobs(guest: Guest): EntryEnd {
    const engine = this.#engine;
    // Where a job may begin to block, the next one waits until it has gone on.
    const most = this.readMail(guest, Mail.blocking) === Blocking.never ? -1 : 1;
    while (engine._QTS_IsJobPending(guest.runtime) !== 0 && !this.isBlocked(guest)) {
      const value = engine._QTS_ExecutePendingJob(guest.runtime, most, this.#own.contextOut);
      // Here an exception comes as the thrown value itself, and success as a count.
      const tag = this.tagAt(value);
      if (tag === Tag.object || tag === Tag.string) return this.#thrown(guest, value);
      engine._QTS_FreeValuePointer(guest.context, value);
      if (guest.stopped !== undefined) return this.#stoppedEnd(guest, guest.stopped);
    }
    return endedOk;
  }

  /** Stops the guest that is being run, at its next step; no `catch` of the script's can keep it going. */
  stop(guest: Guest): void {
    guest.stopped ??= 'told';
    askAgainAtOnce(this.#ints, guest.context);
  }

  /** Whether the guest is in a call that blocks. */
  isBlocked(guest: Guest): boolean {
    return this.readMail(guest, Mail.blocking) === Blocking.blocked;
  }

  hasJobs(guest: Guest): boolean {
    return this.#engine._QTS_IsJobPending(guest.runtime) !== 0;
  }

  /** Stops a guest's share of the memory from being used; the cell goes on. */
  free(guest: Guest): void {
    this.guests--;
    if (this.broken !== undefined) return;
    const engine = this.#engine;
    try {
      for (const value of [guest.receiver, guest.mail, guest.promise]) {
        if (value !== 0) engine._QTS_FreeValuePointer(guest.context, value);
      }
      engine._QTS_FreeContext(guest.context);
      if (guest.sharesNames && this.#names !== undefined) {
        returnNames(this.#memory, engine, guest.runtime, this.#names);
      }
      engine._QTS_FreeRuntime(guest.runtime);
    } catch (thrown) {
      // A leak inside the engine makes it abort here: the cell must not be used again.
      this.broken = `freeing a VU failed: ${String(thrown)}`;
    }
  }

  readMail(guest: Guest, index: number): number {
    return this.#floats[(guest.mailAt >> 3) + index] as number;
  }

  writeMail(guest: Guest, index: number, value: number): void {
    this.#floats[(guest.mailAt >> 3) + index] = value;
  }

  // Every entry goes `if (!enter) …; try { … } catch { break } finally { leave }`, written out so that
  // the hot path makes no function for each.

  /** False when nothing may be run in this cell any more. */
  #enter(guest: Guest, milliseconds: number): boolean {
    if (this.broken !== undefined) return false;
    this.#current = guest;
    const now = performance.now();
    guest.deadline = now + milliseconds;
    guest.polled = false;
    guest.host.entered(now, milliseconds);
    return true;
  }

  #leave(guest: Guest): void {
    if (this.broken === undefined) {
      try {
        this.#keepNamesNear(guest);
        if (guest.growthBytes > 0 && guest.stopped === undefined) this.#measure(guest);
      } catch (thrown) {
        this.#break(thrown);
      }
    }
    this.#current = undefined;
    guest.host.left();
  }

  /**
   * A trap, an abort or our own stack running out: frames of the engine were cut off in the middle, so
   * nothing in this instance can be trusted any more.
   */
  #break(thrown: unknown): EntryEnd {
    this.broken = thrown instanceof Error ? thrown.message : String(thrown);
    return this.#brokenEnd();
  }

  #brokenEnd(): EntryEnd {
    return { kind: 'broken', message: this.broken ?? '' };
  }

  #endOf(guest: Guest, value: Pointer): EntryEnd {
    const engine = this.#engine;
    const { context } = guest;
    if (this.tagAt(value) !== Tag.exception) {
      engine._QTS_FreeValuePointer(context, value);
      return guest.stopped === undefined ? endedOk : this.#stoppedEnd(guest, guest.stopped);
    }
    const error = engine._QTS_ResolveException(context, value);
    engine._QTS_FreeValuePointer(context, value);
    if (error === 0) return { kind: 'threw', name: 'Error', message: 'unknown error', stack: '' };
    return this.#thrown(guest, error);
  }

  /** Reads what was thrown and frees it. */
  #thrown(guest: Guest, error: Pointer): EntryEnd {
    const engine = this.#engine;
    const { context } = guest;
    // Getters of the error may run here, under a short deadline of their own.
    const stopped = guest.stopped;
    if (stopped === undefined) guest.deadline = performance.now() + 100;
    const isObject = this.tagAt(error) === Tag.object;
    const stack = isObject ? this.#textProperty(context, error, 'stack') : '';
    if (stopped !== undefined) {
      engine._QTS_FreeValuePointer(context, error);
      return { kind: 'stopped', reason: stopped, stack };
    }
    const name = isObject ? this.#textProperty(context, error, 'name') : '';
    let message = isObject
      ? this.#textProperty(context, error, 'message')
      : this.stringAt(context, error);
    if (name === '' && message === '' && stack === '') {
      message = 'something was thrown that is no Error and has no message';
    }
    engine._QTS_FreeValuePointer(context, error);
    return { kind: 'threw', name, message, stack };
  }
}

/** One VU's sealed JavaScript runtime: its pointers, its limits, its mail. */
export class Guest {
  readonly cell: Cell;
  readonly runtime: Pointer;
  readonly context: Pointer;
  host: GuestHost;
  readonly limits: GuestLimits;
  /** The function of the guest that takes deliveries. */
  receiver: Pointer = 0;
  /** What the receiver returned, when that was a promise, until it is settled. */
  promise: Pointer = 0;
  /** The ArrayBuffer of the mail, held so that its memory stays where it is. */
  readonly mail: Pointer;
  readonly mailAt: Pointer;
  deadline = 0;
  /** The engine asked whether to stop, so that this entry has run for a while. */
  polled = false;
  /** What it held when it was last measured. */
  usedBytes = 0;
  /** How far the cell grew on its account since then. */
  growthBytes = 0;
  refusals = 0;
  stopped: StopReason | undefined;
  /** Whether its names are those of its cell. */
  sharesNames = false;

  constructor(
    cell: Cell,
    runtime: Pointer,
    context: Pointer,
    host: GuestHost,
    guestLimits: GuestLimits,
    mail: Pointer,
    mailAt: Pointer,
  ) {
    this.cell = cell;
    this.runtime = runtime;
    this.context = context;
    this.host = host;
    this.limits = guestLimits;
    this.mail = mail;
    this.mailAt = mailAt;
  }
}

class EngineFault extends Error {}

/** Whether a page holds nothing but zeros. */
function isEmpty(memory: WebAssembly.Memory, at: Pointer): boolean {
  const words = new BigInt64Array(memory.buffer, at, snapshotPageBytes / 8);
  let i = 0;
  while (i < words.length && words[i] === 0n) i++;
  return i === words.length;
}

/** The two halves of a double; the engine's memory and every machine Node runs on are little-endian. */
const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

/** Arguments of the op being answered; one object per cell, set anew for each call. */
class Args implements OpArgs {
  #cell: Cell;
  #context: Pointer = 0;
  #at: Pointer = 0;
  count = 0;

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  over(context: Pointer, at: Pointer, count: number): this {
    this.#context = context;
    this.#at = at;
    this.count = count;
    return this;
  }

  #pointer(index: number): Pointer {
    return this.#at + index * valueSize;
  }

  #tag(index: number): number {
    return index < this.count ? this.#cell.tagAt(this.#pointer(index)) : Tag.undefined;
  }

  value(index: number): number | string | boolean | Uint8Array | undefined {
    const tag = this.#tag(index);
    if (tag === Tag.undefined) return undefined;
    if (tag === Tag.boolean) return this.boolean(index);
    if (tag === Tag.string || tag === Tag.stringRope) return this.string(index);
    return tag === Tag.object ? this.bytes(index) : this.number(index);
  }

  isUndefined(index: number): boolean {
    return this.#tag(index) === Tag.undefined;
  }

  isString(index: number): boolean {
    const tag = this.#tag(index);
    return tag === Tag.string || tag === Tag.stringRope;
  }

  number(index: number): number {
    return index < this.count ? this.#cell.numberAt(this.#pointer(index)) : Number.NaN;
  }

  boolean(index: number): boolean {
    return this.#tag(index) === Tag.boolean && this.number(index) === 1;
  }

  string(index: number): string {
    if (!this.isString(index)) {
      throw new GuestError(`argument ${index + 1} of this call must be a string`, 'TypeError');
    }
    return this.#cell.stringAt(this.#context, this.#pointer(index));
  }

  optionalString(index: number): string | undefined {
    return this.isString(index) ? this.string(index) : undefined;
  }

  bytes(index: number): Uint8Array {
    if (this.#tag(index) !== Tag.object) {
      throw new GuestError(
        `argument ${index + 1} of this call must be an ArrayBuffer`,
        'TypeError',
      );
    }
    return this.#cell.bytesAt(this.#context, this.#pointer(index));
  }
}
