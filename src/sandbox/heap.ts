/**
 * What lies where in the engine's memory, and what can be saved there. QuickJS keeps the source text and
 * the code of every function in every VU, and every VU has its own copy of every name (of the engine's
 * built-ins, of the runtime, of the script). The guests of a cell lie in one memory and evaluated the same
 * program, so that the texts can be kept once, with the host, and code and names once, in the cell.
 *
 * The offsets are those of the pinned build; `test/heap.test.ts` finds out when they no longer hold.
 */

type Pointer = number;

/** What this file needs of the engine. */
export interface Allocator {
  _malloc(size: number): Pointer;
  _free(pointer: Pointer): void;
}

/** JSRuntime. */
const Runtime = {
  nameBuckets: 40,
  nameCount: 44,
  nameSlots: 48,
  nameCountGrow: 52,
  nameTable: 56,
  names: 60,
  allocated: 24,
  collectAbove: 116,
  end: 512,
} as const;
/** JSGCObjectHeader: a node of the list of all that the collector looks after. */
const Collected = { kind: 4, node: 8, next: 12 } as const;
const kindMask = 15;
const bytecodeKind = 1;
/**
 * JSFunctionBytecode. Variables, what it takes from outside and code stand in this order at the end of
 * its block; the first two may be missing. Which line stands for which code is a block of its own.
 */
const Bytecode = {
  code: 20,
  codeLength: 24,
  variables: 32,
  captured: 36,
  line: 68,
  column: 72,
  textLength: 76,
  linesLength: 80,
  lines: 84,
  text: 88,
} as const;
/** JSClosureVar: what it is, in bits with gaps that hold whatever lay there before, and the name. */
const capturedSize = 8;
const capturedBits = 0xffff_0f1f;
/** JSContext. */
const Context = { untilPoll: 288 } as const;
/** JSObject, as long as it is a function. */
const FunctionObject = { class: 4, bytecode: 32 } as const;
/** Class ids, in the upper half of that word, of functions, generators, async functions and async generators. */
const functionClasses: ReadonlySet<number> = new Set([13, 17, 54, 58]);
/** JSString, which a name (JSAtom) is too. */
const Name = { references: 0, length: 4, hash: 8, next: 12, link: 20, text: 28 } as const;
const symbolKind = 3;
const stringTag = -7;

/** The allocator (dlmalloc) puts a chunk's size in front of it, with flags in the lower bits. */
const chunkHeader = 8;
const chunkGrain = 8;
const smallestChunk = 16;
const previousInUse = 1;
const inUse = 2;
/** Of a chunk in use, its last word lies in the header of the next. */
const borrowed = 4;

/** Names with so many references are never freed: all guests of the cell use them. */
const forever = 0x4000_0000;

/** A cell's memory as words; not to be kept, since growth replaces it. Pointers are below 2 GiB. */
function wordsOf(memory: WebAssembly.Memory): Int32Array {
  return new Int32Array(memory.buffer);
}

/** Source texts of functions, each kept once for all guests of a template. */
export class FunctionTexts {
  readonly #texts: string[];
  readonly #bytes: Uint8Array[];
  readonly #byPlace = new Map<string, number[]>();

  constructor(texts: readonly string[] = []) {
    this.#texts = [...texts];
    this.#bytes = texts.map((text) => encoder.encode(text));
  }

  get all(): readonly string[] {
    return this.#texts;
  }

  at(index: number): string | undefined {
    return this.#texts[index];
  }

  /** The number of a text; `place` only makes the search short. */
  keep(place: string, bytes: Uint8Array): number {
    const near = this.#byPlace.get(place);
    const known = near?.find(
      (index) => Buffer.compare(this.#bytes[index] as Uint8Array, bytes) === 0,
    );
    if (known !== undefined) return known;
    const index = this.#texts.length;
    this.#texts.push(decoder.decode(bytes));
    this.#bytes.push(bytes.slice());
    if (near === undefined) this.#byPlace.set(place, [index]);
    else near.push(index);
    return index;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** All functions a guest has the code of. */
function functionsOf(words: Int32Array, guest: { runtime: Pointer; context: Pointer }): Pointer[] {
  const at = (pointer: Pointer): number => words[pointer >> 2] as number;
  const found: Pointer[] = [];
  const first = guest.context + Collected.node;
  for (let node = at(guest.context + Collected.next); node !== first; ) {
    const header = node - Collected.node;
    node = at(header + Collected.next);
    // The list's head lies in the runtime and belongs to no object.
    if (header >= guest.runtime && header < guest.runtime + Runtime.end) continue;
    if ((at(header + Collected.kind) & kindMask) === bytecodeKind) found.push(header);
  }
  return found;
}

/** Takes the source texts out of all functions a guest has, and keeps them outside. */
export function takeTexts(
  memory: WebAssembly.Memory,
  engine: Allocator,
  guest: { runtime: Pointer; context: Pointer },
  texts: FunctionTexts,
): void {
  const words = wordsOf(memory);
  const at = (pointer: Pointer): number => words[pointer >> 2] as number;
  for (const header of functionsOf(words, guest)) {
    const text = at(header + Bytecode.text);
    if (text === 0) continue;
    const length = at(header + Bytecode.textLength);
    const index = texts.keep(
      `${at(header + Bytecode.line)}:${at(header + Bytecode.column)}:${length}`,
      new Uint8Array(memory.buffer, text, length),
    );
    engine._free(text);
    words[(header + Bytecode.text) >> 2] = 0;
    // The engine does not read the length of a text that is not there.
    words[(header + Bytecode.textLength) >> 2] = index;
  }
}

/** The source text of a function whose text was taken; undefined for whatever else it is. */
export function textOf(
  memory: WebAssembly.Memory,
  object: Pointer,
  texts: FunctionTexts,
): string | undefined {
  const words = wordsOf(memory);
  const at = (pointer: Pointer): number => words[pointer >> 2] as number;
  if (!functionClasses.has(at(object + FunctionObject.class) >>> 16)) return undefined;
  const bytecode = at(object + FunctionObject.bytecode);
  if (at(bytecode + Bytecode.text) !== 0) return undefined;
  return texts.at(at(bytecode + Bytecode.textLength));
}

/** Where a cell keeps what functions of its guests have in common, by its bytes (as Latin-1). */
export type SharedCode = Map<string, Pointer>;

/**
 * Lets the functions of a guest use the cell's copies of their code, which the engine only reads, and
 * frees their own. `before` and `start` are as for `takeNames`.
 */
export function shareCode(
  memory: WebAssembly.Memory,
  engine: Allocator,
  guest: { runtime: Pointer; context: Pointer },
  shared: SharedCode,
  before: Int32Array,
  start: Pointer,
): void {
  const functions = functionsOf(wordsOf(memory), guest);
  const own = without(chunksInUse(memory, start), before);
  const inUseElsewhere = functionsUnderWay(wordsOf(memory), functions, own);
  for (const header of functions) {
    if (!inUseElsewhere.has(header)) shareTail(memory, engine, header, shared);
    shareLines(memory, engine, header, shared);
  }
}

/** From where to where the code of a function lies, with its tables. */
function tailOf(words: Int32Array, header: Pointer): { from: Pointer; to: Pointer } {
  const at = (offset: number): number => words[(header + offset) >> 2] as number;
  const code = at(Bytecode.code);
  return {
    from: at(Bytecode.variables) || at(Bytecode.captured) || code,
    to: code + at(Bytecode.codeLength),
  };
}

/** Functions that something else points into: a generator, for example, that stopped in the middle. */
function functionsUnderWay(
  words: Int32Array,
  functions: readonly Pointer[],
  chunks: Int32Array,
): Set<Pointer> {
  const tails = functions
    .map((header) => ({ header, ...tailOf(words, header) }))
    .sort((a, b) => a.from - b.from);
  const lowest = tails[0]?.from ?? 0;
  const highest = tails.at(-1)?.to ?? 0;
  const found = new Set<Pointer>();
  for (const chunk of chunks) {
    const end = (chunk - chunkHeader + chunkSize(words, chunk)) >> 2;
    for (let i = chunk >> 2; i < end; i++) {
      const word = words[i] as number;
      if (word < lowest || word > highest) continue;
      let low = 0;
      let high = tails.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((tails[middle] as { from: Pointer }).from <= word) low = middle;
        else high = middle - 1;
      }
      const { header, to } = tails[low] as { header: Pointer; to: Pointer };
      if (word > to) continue;
      const field = i * 4 - header;
      const isItsOwn =
        field === Bytecode.code || field === Bytecode.variables || field === Bytecode.captured;
      if (!isItsOwn) found.add(header);
    }
  }
  return found;
}

/** Shares the end of a function's block, and gives it back to the allocator. */
function shareTail(
  memory: WebAssembly.Memory,
  engine: Allocator,
  header: Pointer,
  shared: SharedCode,
): void {
  let words = wordsOf(memory);
  const { from, to } = tailOf(words, header);
  const size = chunkSize(words, header);
  // Whatever does not lie there is shared already, or of a kind we do not know.
  if (from <= header || to > header - chunkHeader + size + borrowed) return;
  const left = roundUp(Math.max(from - header + borrowed, smallestChunk), chunkGrain);
  if (size - left < smallestChunk) return;
  const captured = words[(header + Bytecode.captured) >> 2] as number;
  const code = words[(header + Bytecode.code) >> 2] as number;
  if (captured !== 0) {
    for (let at = captured; at < code; at += capturedSize) {
      words[at >> 2] = (words[at >> 2] as number) & capturedBits;
    }
  }
  const copy = copyFor(memory, engine, from, to, shared);
  if (copy === 0) return;
  words = wordsOf(memory);
  for (const field of [Bytecode.code, Bytecode.variables, Bytecode.captured]) {
    const at = (header + field) >> 2;
    if (words[at] !== 0) words[at] = (words[at] as number) + copy - from;
  }
  // One chunk becomes two, of which the second is freed.
  const flags = (words[(header - 4) >> 2] as number) & 7;
  words[(header - 4) >> 2] = left | flags;
  words[(header + left - 4) >> 2] = (size - left) | previousInUse | inUse;
  engine._free(header + left);
}

/** Shares the table that tells lines: a block of its own, which the engine frees with the function. */
function shareLines(
  memory: WebAssembly.Memory,
  engine: Allocator,
  header: Pointer,
  shared: SharedCode,
): void {
  const words = wordsOf(memory);
  const lines = words[(header + Bytecode.lines) >> 2] as number;
  if (lines === 0) return;
  const length = words[(header + Bytecode.linesLength) >> 2] as number;
  const copy = copyFor(memory, engine, lines, lines + length, shared);
  if (copy === 0) return;
  wordsOf(memory)[(header + Bytecode.lines) >> 2] = copy;
  engine._free(lines);
}

/**
 * The cell's copy of these bytes, or 0 when there is no memory for one. It lasts as long as the cell:
 * its header tells the allocator that it came from the system by itself, and the allocator, which has
 * no system to give such blocks back to, leaves it alone when it is freed.
 */
function copyFor(
  memory: WebAssembly.Memory,
  engine: Allocator,
  from: Pointer,
  to: Pointer,
  shared: SharedCode,
): Pointer {
  const bytes = Buffer.from(memory.buffer, from, to - from).toString('latin1');
  const known = shared.get(bytes);
  if (known !== undefined) return known;
  const size = roundUp(chunkHeader + bytes.length, chunkGrain);
  const block = engine._malloc(size);
  if (block === 0) return 0;
  const copy = block + chunkHeader;
  const words = wordsOf(memory);
  words[(copy - 8) >> 2] = 0;
  words[(copy - 4) >> 2] = size;
  Buffer.from(memory.buffer).write(bytes, copy, 'latin1');
  shared.set(bytes, copy);
  return copy;
}

function roundUp(value: number, grain: number): number {
  return Math.ceil(value / grain) * grain;
}

/** With its header. */
function chunkSize(words: Int32Array, chunk: Pointer): number {
  return (words[(chunk - 4) >> 2] as number) & ~7;
}

/** By number of a name: where the cell's shared copy lies, or 0. Holds in copies of the memory too. */
export type SharedNames = Int32Array;

/** Chunks of the memory that are in use, from `start` on, in ascending order. */
export function chunksInUse(memory: WebAssembly.Memory, start: Pointer): Int32Array {
  const words = wordsOf(memory);
  const length = words.length;
  let found = new Int32Array(4_096);
  let count = 0;
  for (let at = start; at >> 2 < length; ) {
    const head = words[(at - 4) >> 2] as number;
    const size = head & ~7;
    if (size === 0) break;
    if ((head & inUse) !== 0) {
      if (count === found.length) {
        const larger = new Int32Array(count * 2);
        larger.set(found);
        found = larger;
      }
      found[count++] = at;
    }
    at += size;
  }
  return found.subarray(0, count);
}

/**
 * Lets the collector run once a guest holds half as much again as now, which is its own rule from its
 * second run on. The first would be far away: this build counts 8 bytes for each allocation, whatever
 * its size, against a bound of 256 KiB, so that every VU could pile up 2 MB of garbage.
 */
export function collectSoon(memory: WebAssembly.Memory, runtime: Pointer): void {
  const words = wordsOf(memory);
  const allocated = words[(runtime + Runtime.allocated) >> 2] as number;
  words[(runtime + Runtime.collectAbove) >> 2] = allocated + (allocated >> 1);
}

/** What the allocator itself keeps in a free chunk. */
const freeChunkHead = 32;

/** Stretches of at least `grain` bytes whose content means nothing, because nobody has them, ascending. */
export function deadStretches(
  memory: WebAssembly.Memory,
  start: Pointer,
  grain: number,
): { from: Pointer; to: Pointer }[] {
  const words = wordsOf(memory);
  const dead: { from: Pointer; to: Pointer }[] = [];
  for (let at = start; at >> 2 < words.length; ) {
    const head = words[(at - 4) >> 2] as number;
    const size = head & ~7;
    if (size === 0) break;
    if ((head & inUse) === 0 && size >= grain) {
      dead.push({ from: at + freeChunkHead, to: at + size - chunkHeader });
    }
    at += size;
  }
  return dead;
}

/** What is in `all` and not in `others`; both are in ascending order. */
function without(all: Int32Array, others: Int32Array): Int32Array {
  const left = new Int32Array(all.length);
  let count = 0;
  let i = 0;
  for (const chunk of all) {
    while (i < others.length && (others[i] as number) < chunk) i++;
    if (others[i] !== chunk) left[count++] = chunk;
  }
  return left.subarray(0, count);
}

/** What two names have to have in common to be one: everything but their references. */
function isSameName(words: Int32Array, bytes: Uint8Array, a: Pointer, b: Pointer): boolean {
  const i = a >> 2;
  const j = b >> 2;
  if (words[i + 1] !== words[j + 1] || words[i + 2] !== words[j + 2]) return false;
  if (words[i + 3] !== words[j + 3]) return false;
  const end = Name.text + textBytes(words, a);
  for (let k = Name.text; k < end; k++) if (bytes[a + k] !== bytes[b + k]) return false;
  return true;
}

function textBytes(words: Int32Array, name: Pointer): number {
  const length = words[(name + Name.length) >> 2] as number;
  return length < 0 ? (length & 0x7fff_ffff) * 2 : length;
}

/** The names of a runtime by number; 0 where there is none, or one that cannot be shared (a symbol). */
function namesOf(words: Int32Array, runtime: Pointer): Int32Array {
  const slots = (words[(runtime + Runtime.names) >> 2] as number) >> 2;
  const names = words.slice(slots, slots + (words[(runtime + Runtime.nameSlots) >> 2] as number));
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as number;
    if (name === 0) continue;
    // The place of a name that was freed holds the number of the next free place, doubled and one more.
    const isFree = (name & 1) === 1;
    if (isFree || (words[(name + Name.hash) >> 2] as number) >>> 30 === symbolKind) names[i] = 0;
  }
  return names;
}

/** Takes a name out of its runtime's list of strings. */
function unlink(words: Int32Array, name: Pointer): void {
  const link = (name + Name.link) >> 2;
  const previous = words[link] as number;
  const next = words[link + 1] as number;
  words[(previous >> 2) + 1] = next;
  words[next >> 2] = previous;
  linkToItself(words, name);
}

function linkToItself(words: Int32Array, name: Pointer): void {
  const link = (name + Name.link) >> 2;
  words[link] = name + Name.link;
  words[link + 1] = name + Name.link;
}

/** From now on the host makes the table of names larger, since the engine would rewrite shared names. */
function takeOverGrowth(words: Int32Array, runtime: Pointer): void {
  words[(runtime + Runtime.nameCountGrow) >> 2] = 0x7fff_ffff;
}

/** Makes the names of a guest those of its cell. They are never freed again. */
export function giveNames(memory: WebAssembly.Memory, runtime: Pointer): SharedNames {
  const words = wordsOf(memory);
  const names = namesOf(words, runtime);
  for (const name of names) {
    if (name === 0) continue;
    unlink(words, name);
    words[(name + Name.references) >> 2] = forever;
  }
  takeOverGrowth(words, runtime);
  return names;
}

/**
 * Lets a guest use the names of its cell in place of its own, which are freed. `before` are the chunks
 * that were in use before it was made, `start` is below all of them. Nothing happens when its names
 * differ from the cell's. Returns whether they were taken.
 */
export function takeNames(
  memory: WebAssembly.Memory,
  engine: Allocator,
  runtime: Pointer,
  shared: SharedNames,
  before: Int32Array,
  start: Pointer,
): boolean {
  const words = wordsOf(memory);
  const bytes = new Uint8Array(memory.buffer);
  const own = namesOf(words, runtime);
  if (own.length < shared.length) return false;
  let lowest = 0x7fff_ffff;
  let highest = 0;
  for (let i = 0; i < shared.length; i++) {
    const name = shared[i] as number;
    if (name === 0) continue;
    const mine = own[i] as number;
    // Chains of names run through shared ones only, from some point on: so it is all of them, or none.
    if (mine === 0 || !isSameName(words, bytes, name, mine)) return false;
    if (mine < lowest) lowest = mine;
    if (mine > highest) highest = mine;
  }
  // By place of one of the guest's names: its number and 1.
  const numbers = new Int32Array(((highest - lowest) >> 3) + 1);
  for (let i = 0; i < shared.length; i++) {
    if (shared[i] !== 0) numbers[((own[i] as number) - lowest) >> 3] = i + 1;
  }
  // Who holds a name: values, which are told by their tag, and things we do not know.
  const values: Pointer[] = [];
  const unknown = new Set<Pointer>();
  const slots = words[(runtime + Runtime.names) >> 2] as number;
  for (const chunk of without(chunksInUse(memory, start), before)) {
    if (chunk === slots) continue;
    const end = (chunk - chunkHeader + chunkSize(words, chunk)) >> 2;
    for (let i = chunk >> 2; i < end; i++) {
      const word = words[i] as number;
      if (word < lowest || word > highest || (word & 7) !== 0) continue;
      if (numbers[(word - lowest) >> 3] === 0) continue;
      if (i % 2 === 0 && i + 1 < end && words[i + 1] === stringTag) values.push(i);
      else unknown.add(word);
    }
  }
  const isEmpty = unknown.size === 0;
  for (const i of values) {
    const name = words[i] as number;
    if (!isEmpty && unknown.has(name)) continue;
    words[i] = shared[(numbers[(name - lowest) >> 3] as number) - 1] as number;
  }
  for (let i = 0; i < shared.length; i++) {
    if (shared[i] === 0) continue;
    const mine = own[i] as number;
    if (!isEmpty && unknown.has(mine)) {
      // It stays, and must stay in its chain.
      words[(mine + Name.references) >> 2] = forever;
      continue;
    }
    words[(slots >> 2) + i] = shared[i] as number;
    unlink(words, mine);
    engine._free(mine);
  }
  takeOverGrowth(words, runtime);
  return true;
}

/** Gives a runtime that is about to be freed names of its own again, since it frees all it has. */
export function returnNames(
  memory: WebAssembly.Memory,
  engine: Allocator,
  runtime: Pointer,
  shared: SharedNames,
): void {
  let words = wordsOf(memory);
  for (let i = 0; i < shared.length; i++) {
    const name = shared[i] as number;
    const slot = ((words[(runtime + Runtime.names) >> 2] as number) >> 2) + i;
    if (name === 0 || words[slot] !== name) continue;
    const size = Name.text + textBytes(words, name) + 1;
    const copy = engine._malloc(size);
    if (copy === 0) throw new RangeError('no memory is left to end a VU');
    if (words.buffer !== memory.buffer) words = wordsOf(memory);
    new Uint8Array(memory.buffer).copyWithin(copy, name, name + size);
    linkToItself(words, copy);
    words[slot] = copy;
  }
}

/**
 * Makes the engine ask the very next time it can whether to stop. Some built-ins (a promise's
 * constructor) swallow what stops them, and a loop around one may ask in there every time.
 */
export function askAgainAtOnce(words: Int32Array, context: Pointer): void {
  words[(context + Context.untilPoll) >> 2] = 1;
}

/** Whether a guest that uses its cell's names has so many besides that looking for one takes long. */
export function hasManyNames(words: Int32Array, runtime: Pointer): boolean {
  const count = words[(runtime + Runtime.nameCount) >> 2] as number;
  return count > (words[(runtime + Runtime.nameBuckets) >> 2] as number) * 2;
}

/**
 * Makes the table larger through which a runtime finds its names, when the engine must not. Each bucket
 * ends in the chain of shared names that the smaller table's bucket ended in, so that these stay as they are.
 */
export function growNameTable(
  memory: WebAssembly.Memory,
  engine: Allocator,
  runtime: Pointer,
): void {
  const field = (offset: number): number => (runtime + offset) >> 2;
  const before = wordsOf(memory);
  const buckets = before[field(Runtime.nameBuckets)] as number;
  let more = buckets;
  while (more < (before[field(Runtime.nameCount)] as number)) more *= 2;
  const table = engine._malloc(more * 4);
  if (table === 0) return;
  const words = wordsOf(memory);
  const slots = (words[field(Runtime.names)] as number) >> 2;
  const old = words[field(Runtime.nameTable)] as number;
  const own: number[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    let i = words[(old >> 2) + bucket] as number;
    while (i !== 0) {
      const name = (words[slots + i] as number) >> 2;
      if ((words[name] as number) >= forever / 2) break;
      own.push(i);
      i = words[name + (Name.next >> 2)] as number;
    }
    for (let at = bucket; at < more; at += buckets) words[(table >> 2) + at] = i;
  }
  for (const i of own) {
    const name = (words[slots + i] as number) >> 2;
    const at = (table >> 2) + ((words[name + (Name.hash >> 2)] as number) & (more - 1));
    words[name + (Name.next >> 2)] = words[at] as number;
    words[at] = i;
  }
  words[field(Runtime.nameTable)] = table;
  words[field(Runtime.nameBuckets)] = more;
  engine._free(old);
}
