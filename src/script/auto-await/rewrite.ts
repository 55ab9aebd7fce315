/**
 * Writes the script anew, so that functions which may wait can be paused: each becomes a generator with
 * a plain function beside it. What the names written here do is in `runtime/k6/compiled.ts`.
 */
import type {
  ArrowFunctionExpression,
  BlockStatement,
  CallExpression,
  ClassBody,
  ForOfStatement,
  FunctionDeclaration,
  FunctionExpression,
  LabeledStatement,
  MemberExpression,
  MethodDefinition,
  ObjectExpression,
  PrivateIdentifier,
  Property,
  PropertyDefinition,
} from 'acorn';
import { type Analysis, type Code, cannotPause } from './analysis.ts';
import { Rope } from './rope.ts';
import {
  type AnyNode,
  type ClassNode,
  childrenOf,
  eachChild,
  type FunctionNode,
  isClass,
  isFunction,
  type Program,
  propertyName,
} from './syntax.ts';
import { helpersModule, pausable, unpausable } from './waiting.ts';

const nobody = -1;

/** The function code is written for. */
interface Frame {
  code: Code;
  /** It is a generator: `yield*` can be written in it. */
  pauses: boolean;
  isAsync: boolean;
  isGenerator: boolean;
  /** Variables it needs besides those of the source. */
  temps: Set<string>;
  /** What stands for `arguments`, `super[name]` and `this` of the source. */
  argumentsName: string | undefined;
  superName: string | undefined;
  thisName: string | undefined;
  /** It is a method of a class: of its instances, or of the class itself. */
  home: 'instance' | 'class' | undefined;
  /** The body of a constructor that was taken out of it. */
  constructs: ClassNode | undefined;
}

/** Private methods and getters of a class that have a generator beside them. */
interface PrivateNames {
  methods: Map<string, Code>;
  getters: Map<string, Code>;
  all: Set<string>;
}

type Key = PrivateIdentifier | AnyNode;

/** What cannot be made right, at an offset of the original. */
export interface Problem {
  at: number;
  text: string;
}

/** The new text of a module, without its source map. */
export function rewrite(
  program: Program,
  original: string,
  analysis: Analysis,
): { rope: Rope; problems: readonly Problem[] } {
  const writer = new Writer(program, original, analysis);
  return { rope: writer.write(), problems: writer.problems };
}

class Writer {
  readonly problems: Problem[] = [];
  readonly #rope = new Rope();
  readonly #program: Program;
  readonly #original: string;
  readonly #analysis: Analysis;
  /** No name of the source begins so. */
  readonly #prefix: string;
  readonly #helpers = new Set<string>();
  readonly #touched = new Map<AnyNode, boolean>();
  readonly #privates: PrivateNames[] = [];
  #frame: Frame;
  #serial = 0;
  /** Where in the original errors of what is written now belong. */
  #at = nobody;

  constructor(program: Program, original: string, analysis: Analysis) {
    this.#program = program;
    this.#original = original;
    this.#analysis = analysis;
    let prefix = '$vu';
    for (let n = 0; original.includes(prefix); n++) prefix = `$vu${n}`;
    this.#prefix = prefix;
    this.#frame = this.#newFrame(analysis.module, false);
  }

  write(): Rope {
    const body = this.#rope.aside(() => {
      for (const node of this.#program.body) {
        this.#visit(node);
        this.#put('\n', nobody);
      }
    });
    const links = this.#rope.aside(() => this.#links(this.#program.body));
    const { names } = this.#analysis;
    const has = (group: string): boolean => (pausable[group] ?? []).some((name) => names.has(name));
    const pauses = [
      ['pauseArrays', has('arrays')],
      ['pauseFunctions', has('functions')],
      ['pauseTexts', has('texts')],
      ['watchProxies', names.has('Proxy')],
      ['pausePromises', ['then', 'catch', 'finally'].some((name) => names.has(name))],
    ] as const;
    const begun = pauses.filter(([, isUsed]) => isUsed).map(([name]) => `${this.#help(name)}();\n`);
    const imported = [...this.#helpers].map((name) => `${name} as ${this.#prefix}${name}`);
    this.#put(`import { ${imported.join(', ')} } from ${JSON.stringify(helpersModule)};\n`, nobody);
    for (const [specifier, name] of this.#imports) {
      this.#put(`import * as ${name} from ${JSON.stringify(specifier)};\n`, nobody);
    }
    this.#put(begun.join(''), nobody);
    this.#put(declarationOf(this.#frame), nobody);
    this.#rope.append(links);
    this.#rope.append(body);
    return this.#rope;
  }

  // -- tools -------------------------------------------------------------------------------------

  #newFrame(code: Code, pauses: boolean): Frame {
    return {
      code,
      pauses,
      isAsync: pauses && code.isAsync,
      isGenerator: pauses && code.isGenerator,
      temps: new Set(),
      argumentsName: undefined,
      superName: undefined,
      thisName: undefined,
      home: undefined,
      constructs: undefined,
    };
  }

  #help(name: string): string {
    this.#helpers.add(name);
    return this.#prefix + name;
  }

  #put(text: string, at = this.#at): void {
    this.#rope.write(text, at);
  }

  /** Writes what belongs to the place of a node. */
  #from(node: AnyNode, make: () => void): void {
    const before = this.#at;
    this.#at = node.start;
    make();
    this.#at = before;
  }

  /** A variable of the function that is written. */
  #temp(name: string): string {
    const full = this.#prefix + name;
    this.#frame.temps.add(full);
    return full;
  }

  #freshTemp(): string {
    return this.#temp(String(++this.#serial));
  }

  /** Writes inside of another function, and gives what was written. */
  #inside(frame: Frame, make: () => void): Rope {
    const before = this.#frame;
    this.#frame = frame;
    const rope = this.#rope.aside(make);
    this.#frame = before;
    return rope;
  }

  // -- copying -----------------------------------------------------------------------------------

  /** Whether there is anything in a node that is written differently, where nothing pauses. */
  #isTouched(node: AnyNode): boolean {
    const known = this.#touched.get(node);
    if (known !== undefined) return known;
    let touched = false;
    if (isFunction(node)) touched = this.#analysis.codeOf(node).waits;
    else if (node.type === 'Identifier') touched = node.name === '__require';
    else if (isClass(node)) {
      const { statics } = this.#analysis.classOf(node);
      touched = statics.waits || this.#analysis.constructorWaits(node) || this.#isBase(node);
    }
    if (!touched) {
      eachChild(node, (child) => {
        touched ||= this.#isTouched(child);
      });
    }
    this.#touched.set(node, touched);
    return touched;
  }

  #visit(node: AnyNode): void {
    if (!this.#frame.pauses && this.#privates.length === 0 && !this.#isTouched(node)) {
      this.#rope.copy(node.start, node.end);
      return;
    }
    switch (node.type) {
      case 'FunctionDeclaration':
        this.#functionDeclaration(node);
        return;
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#functionExpression(node, undefined);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.#class(node);
        return;
      case 'ObjectExpression':
        this.#object(node);
        return;
      case 'BlockStatement':
        this.#block(node);
        return;
      case 'SwitchCase':
        this.#copyWith(node, node.consequent[0]?.start, () => this.#links(node.consequent));
        return;
      case 'VariableDeclarator':
        this.#declarator(node);
        return;
      case 'AssignmentExpression':
        if (this.#assignment(node)) return;
        break;
      case 'AssignmentPattern':
        if (node.left.type === 'Identifier' && this.#named(node.right, node.left.name, node))
          return;
        break;
      case 'CallExpression':
        if (this.#required(node)) return;
        this.#refuseCallbacks(node);
        break;
      case 'UpdateExpression':
        if (this.#update(node)) return;
        break;
      case 'ArrayPattern':
      case 'ObjectPattern':
        this.#markTargets(node);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        this.#markTargets(node.left);
        break;
      case 'MemberExpression':
        this.#member(node);
        return;
      case 'ThisExpression':
        if (this.#frame.thisName === undefined) break;
        this.#put(`${this.#frame.thisName}()`, node.start);
        return;
      case 'Identifier':
        if (node.name !== 'arguments' || this.#frame.argumentsName === undefined) break;
        if (this.#analysis.bindingOf(node) !== undefined) break;
        this.#put(this.#frame.argumentsName, node.start);
        return;
      case 'Property':
        this.#property(node);
        return;
      case 'ExportDefaultDeclaration':
        if (this.#named(node.declaration, 'default', node)) return;
        break;
      default:
    }
    if (this.#frame.pauses && this.#paused(node)) return;
    this.#copy(node);
  }

  /** What is written differently only where it can be paused; false: it is not. */
  #paused(node: AnyNode): boolean {
    switch (node.type) {
      case 'CallExpression':
        if (!this.#analysis.waitsAt(node)) return this.#superCall(node);
        this.#from(namedPart(calleeOf(node)), () => this.#call(node));
        return true;
      case 'ChainExpression':
        if (!this.#chainWaits(node.expression)) return false;
        this.#chain(node.expression);
        return true;
      case 'NewExpression':
        if (!this.#analysis.waitsAt(node)) return false;
        this.#from(node.callee, () => {
          this.#put(`(yield* ${this.#help('construct')}(`);
          this.#value(node.callee);
          this.#put(', ');
          this.#list(node.arguments);
          this.#put('))');
        });
        return true;
      case 'TaggedTemplateExpression':
        if (!this.#analysis.waitsAt(node)) return false;
        this.#from(namedPart(node.tag), () => {
          this.#dispatch(node.tag, () => {
            this.#put(this.#help('parts'));
            this.#visit(node.quasi);
          });
        });
        return true;
      case 'AwaitExpression':
        if (!this.#frame.isAsync) return false;
        this.#from(node, () => {
          this.#put(`(yield ${this.#help('awaits')}(`);
          this.#value(node.argument);
          this.#put('))');
        });
        return true;
      case 'YieldExpression':
        if (!this.#frame.isGenerator) return false;
        this.#from(node, () => {
          this.#put(
            `(yield${node.delegate ? '*' : ''} ${this.#help(node.delegate ? 'delegate' : 'yields')}(`,
          );
          if (node.argument) this.#value(node.argument);
          this.#put('))');
        });
        return true;
      case 'ForOfStatement':
        return this.#forOf(node, undefined);
      case 'LabeledStatement': {
        let { body } = node;
        while (body.type === 'LabeledStatement') ({ body } = body);
        return body.type === 'ForOfStatement' && this.#forOf(body, node);
      }
      case 'SpreadElement':
        if (!this.#analysis.waitsAt(node) || !this.#analysis.iterationWaits) return false;
        this.#from(node.argument, () => {
          this.#put(`...(yield* ${this.#help('take')}(`);
          this.#value(node.argument);
          this.#put('))');
        });
        return true;
      default:
        return false;
    }
  }

  /** Copies a node and visits what is in it. */
  #copy(node: AnyNode): void {
    this.#copyWith(node, undefined, () => undefined);
  }

  /** Copies a node; at an offset something is put in. */
  #copyWith(node: AnyNode, offset: number | undefined, insert: () => void): void {
    let at = node.start;
    const upTo = (end: number): void => {
      if (offset !== undefined && offset >= at && offset <= end) {
        this.#rope.copy(at, offset);
        insert();
        at = offset;
        // Once only.
        offset = undefined;
      }
      this.#rope.copy(at, end);
      at = end;
    };
    for (const child of childrenOf(node)) {
      upTo(child.start);
      this.#visit(child);
      at = child.end;
    }
    upTo(node.end);
  }

  /** An expression where a comma would mean something else; its own brackets are not part of it. */
  #value(node: AnyNode): void {
    const isList = node.type === 'SequenceExpression';
    if (isList) this.#put('(', node.start);
    this.#visit(node);
    if (isList) this.#put(')', node.start);
  }

  /** An expression to the left of a dot. */
  #operand(node: AnyNode): void {
    if (node.type === 'Identifier' || node.type === 'ThisExpression') {
      this.#visit(node);
      return;
    }
    this.#put('(', node.start);
    this.#visit(node);
    this.#put(')', node.start);
  }

  #values(nodes: readonly AnyNode[]): void {
    nodes.forEach((node, index) => {
      if (index > 0) this.#put(', ');
      this.#value(node);
    });
  }

  /** Arguments as an array. */
  #list(nodes: readonly AnyNode[]): void {
    this.#put('[');
    this.#values(nodes);
    this.#put(']');
  }

  /** `require` of a module of the runtime becomes an import of it. */
  #required({ callee, arguments: [specifier], start }: CallExpression): boolean {
    if (callee.type !== 'Identifier' || callee.name !== '__require') return false;
    if (specifier?.type !== 'Literal' || typeof specifier.value !== 'string') return false;
    let name = this.#imports.get(specifier.value);
    if (name === undefined) {
      name = `${this.#prefix}module${this.#imports.size}`;
      this.#imports.set(specifier.value, name);
    }
    this.#put(name, start);
    return true;
  }
  readonly #imports = new Map<string, string>();

  // -- refusals ----------------------------------------------------------------------------------

  /** Refuses what surely has to wait in code that cannot be paused; what only may is caught when it does. */
  #refuse(node: AnyNode, what: string, instead: string): void {
    if (isFunction(node)) return;
    const name = this.#analysis.waitsSurelyAt(node);
    if (name !== undefined) {
      this.problems.push({
        at: namedPart(node.type === 'CallExpression' ? calleeOf(node) : node).start,
        text: `${name}() has to wait, and ${what} cannot be paused; ${instead}`,
      });
    }
    eachChild(node, (child) => this.#refuse(child, what, instead));
  }

  /** Refuses functions given to built-in ones that cannot be paused. */
  #refuseCallbacks(node: CallExpression): void {
    const { callee } = node;
    if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return;
    if (this.#analysis.bindingOf(callee.object) !== undefined) return;
    const name = `${callee.object.name}.${propertyName(callee.property, callee.computed)}`;
    const instead = Object.hasOwn(unpausable, name) ? unpausable[name] : undefined;
    if (instead === undefined) return;
    for (const argument of node.arguments) {
      if (isFunction(argument)) this.#refuse(argument.body, `the callback of ${name}()`, instead);
    }
  }

  // -- functions ---------------------------------------------------------------------------------

  /** Whether a function is compiled to a generator. */
  #pauses(node: FunctionNode): boolean {
    const code = this.#analysis.codeOf(node);
    return code.waits && cannotPause(code) === undefined;
  }

  /** What makes known at the top of a block which generators its functions have. */
  #links(nodes: readonly AnyNode[]): void {
    for (const outer of nodes) {
      const node =
        outer.type === 'ExportNamedDeclaration' || outer.type === 'ExportDefaultDeclaration'
          ? outer.declaration
          : outer;
      if (node?.type !== 'FunctionDeclaration' || !node.id || !this.#pauses(node)) continue;
      const { name } = node.id;
      const { isAsync, isGenerator } = this.#analysis.codeOf(node);
      const text = isGenerator
        ? `${this.#help('linkGenerator')}(${name});`
        : `${this.#help(isAsync ? 'linkAsync' : 'link')}(${name}, ${name}${this.#prefix});`;
      this.#put(`${text}\n`, nobody);
    }
  }

  #functionDeclaration(node: FunctionDeclaration | FunctionNode): void {
    if (!node.id || !this.#pauses(node)) {
      this.#plainFunction(node);
      return;
    }
    const { name } = node.id;
    const { isAsync, isGenerator } = this.#analysis.codeOf(node);
    const body = `${name}${this.#prefix}`;
    this.#put('function* ', node.start);
    this.#rope.write(body, node.id.start, true);
    this.#rest(node, this.#newFrame(this.#analysis.codeOf(node), true));
    const given = isAsync ? `${this.#help('asyncEntry')}(${body})` : body;
    const result = isGenerator
      ? `${this.#help('generate')}(${body}, this, arguments, ${name})`
      : `${this.#help('finish')}(${given}, this, arguments)`;
    const params = Array.from({ length: lengthOf(node) }, (_, n) => `${this.#prefix}p${n}`);
    this.#put(` function ${name}(${params.join(', ')}) { return ${result}; }`, nobody);
  }

  /** A function that stays as it is, with whatever is in it. */
  #plainFunction(node: FunctionNode, reason?: Reason): void {
    const code = this.#analysis.codeOf(node);
    if (code.waits) {
      const { what, instead } = cannotPause(code) ?? reason ?? otherReason;
      this.#refuse(node.body, what, instead);
    }
    const frame = this.#newFrame(code, false);
    if (node.type === 'ArrowFunctionExpression') inherit(frame, this.#frame);
    const start = node.id ? node.id.end : node.start;
    if (node.id) this.#rope.copy(node.start, node.id.end);
    const { body } = node;
    let at = start;
    const whole = this.#inside(frame, () => {
      for (const param of node.params) {
        this.#rope.copy(at, param.start);
        this.#visit(param);
        at = param.end;
      }
      if (body.type === 'BlockStatement') {
        this.#rope.copy(at, body.start + 1);
        const inner = this.#rope.aside(() => this.#bodyOf(body));
        this.#put(declarationOf(frame), nobody);
        this.#rope.append(inner);
        this.#rope.copy(body.end - 1, body.end);
        return;
      }
      const inner = this.#rope.aside(() => this.#visit(body));
      const declaration = declarationOf(frame);
      // Brackets around the body come after the arrow, and do not belong to it.
      const arrow = this.#original.lastIndexOf('=>', body.start) + 2;
      this.#rope.copy(at, arrow);
      if (declaration === '') this.#rope.copy(arrow, body.start);
      else this.#put(` { ${declaration}return `, body.start);
      this.#rope.append(inner);
      if (declaration === '') this.#rope.copy(body.end, node.end);
      else this.#put('; }', nobody);
    });
    this.#rope.append(whole);
  }

  /** The statements of a block, with the links of its functions. */
  #bodyOf(node: BlockStatement): void {
    let at = node.start + 1;
    const directives = node.body.filter(
      (one) => one.type === 'ExpressionStatement' && one.directive !== undefined,
    );
    const last = directives.at(-1);
    if (last !== undefined) {
      this.#rope.copy(at, last.end);
      at = last.end;
    }
    this.#links(node.body);
    for (const one of node.body.slice(directives.length)) {
      this.#rope.copy(at, one.start);
      this.#visit(one);
      at = one.end;
    }
    this.#rope.copy(at, node.end - 1);
  }

  #block(node: BlockStatement): void {
    this.#rope.copy(node.start, node.start + 1);
    this.#bodyOf(node);
    this.#rope.copy(node.end - 1, node.end);
  }

  /** Parameters and body of a generator, from `(` on; `first` comes before the body. */
  #rest(node: FunctionNode, frame: Frame, first = ''): void {
    const { body, params } = node;
    const isApart = params.some((param) => this.#holdsWait(param));
    const whole = this.#inside(frame, () => {
      const head = this.#rope.aside(() => {
        if (!isApart) {
          this.#put('(', node.start);
          this.#values(params);
          this.#put(') {', node.start);
          return;
        }
        // Nothing can be paused among parameters.
        const given = `${this.#prefix}given`;
        this.#put(`(...${given}) { var [`, node.start);
        this.#values(params);
        this.#put(`] = ${given};`, node.start);
      });
      const inner = this.#rope.aside(() => {
        if (body.type === 'BlockStatement') {
          this.#bodyOf(body);
          return;
        }
        this.#put(' return ', body.start);
        this.#visit(body);
        this.#put('; ', nobody);
      });
      this.#rope.append(head);
      this.#put(declarationOf(frame) + first, nobody);
      this.#rope.append(inner);
      this.#put('}', nobody);
    });
    this.#rope.append(whole);
  }

  /** Whether something in a node waits, other functions in it aside. */
  #holdsWait(node: AnyNode): boolean {
    if (isFunction(node)) return false;
    if (this.#analysis.waitsAt(node)) return true;
    let holds = false;
    eachChild(node, (child) => {
      holds ||= this.#holdsWait(child);
    });
    return holds;
  }

  /** Writes a function under the name its place gives it; false: it is not one that pauses. */
  #named(node: AnyNode, name: string, owner: AnyNode): boolean {
    if (node.type !== 'FunctionExpression' && node.type !== 'ArrowFunctionExpression') return false;
    if ((node.type === 'FunctionExpression' && node.id) || !this.#pauses(node)) return false;
    this.#rope.copy(owner.start, node.start);
    this.#functionExpression(node, name);
    this.#rope.copy(node.end, owner.end);
    return true;
  }

  #functionExpression(
    node: FunctionExpression | ArrowFunctionExpression,
    name: string | undefined,
  ): void {
    if (!this.#pauses(node)) {
      this.#plainFunction(node);
      return;
    }
    if (node.type === 'ArrowFunctionExpression') {
      this.#arrow(node, name);
      return;
    }
    const { isAsync, isGenerator } = this.#analysis.codeOf(node);
    const maker = isGenerator ? 'generatorFunction' : isAsync ? 'asyncMethod' : 'ordinary';
    const own = node.id;
    const isReferred = own && this.#refersTo(node.body, own.name);
    const called = own?.name ?? name;
    if (isReferred) this.#put(`(() => { const ${own.name} = `, node.start);
    this.#put(`${this.#help(maker)}(`, nobody);
    this.#generator(node, called, this.#newFrame(this.#analysis.codeOf(node), true));
    this.#put(`, ${lengthOf(node)})`, nobody);
    if (isReferred) this.#put(`; return ${own.name}; })()`, nobody);
  }

  #refersTo(node: AnyNode, name: string): boolean {
    if (node.type === 'Identifier') return node.name === name;
    let refers = false;
    eachChild(node, (child) => {
      refers ||= this.#refersTo(child, name);
    });
    return refers;
  }

  /** The generator of a function, as an expression; a method lends it its name without binding that. */
  #generator(node: FunctionNode, name: string | undefined, frame: Frame): void {
    if (name === undefined) {
      this.#put('function* ', node.start);
      this.#rest(node, frame);
      return;
    }
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    this.#put(`({ *${key}`, node.start);
    this.#rest(node, frame);
    this.#put(key === name ? ` }).${key}` : ` })[${key}]`, nobody);
  }

  /** What arrow functions mean by `this`, `arguments` and `super` is handed to the generator. */
  #arrow(node: ArrowFunctionExpression, name: string | undefined): void {
    const code = this.#analysis.codeOf(node);
    const outer = this.#frame;
    const frame = this.#newFrame(code, true);
    inherit(frame, outer);
    const handed: [name: string, value: string][] = [];
    const hand = (short: string, value: string): string => {
      const full = `${this.#prefix}${short}${++this.#serial}`;
      handed.push([full, value]);
      return full;
    };
    let self = '';
    if (code.usesArguments && frame.argumentsName === undefined) {
      if (hasArguments(outer.code)) frame.argumentsName = hand('a', 'arguments');
    }
    if (code.usesSuper && frame.superName === undefined) {
      // With a second argument it assigns.
      const [key, value] = [`${this.#prefix}k`, `${this.#prefix}v`];
      frame.superName = hand(
        's',
        `(${key}, ...${value}) => ${value}.length > 0 ? super[${key}] = ${value}[0] : super[${key}]`,
      );
    }
    if (code.usesThis && frame.thisName === undefined) {
      // Before `super()` there is no `this` yet.
      if (this.#isEarly(outer.code)) frame.thisName = hand('t', '() => this');
      else self = ', this';
    }
    if (handed.length > 0) this.#put(`((${handed.map(([n]) => n).join(', ')}) => `, node.start);
    this.#put(`${this.#help(code.isAsync ? 'asyncArrow' : 'arrow')}(`, nobody);
    this.#generator(node, name, frame);
    this.#put(`, ${lengthOf(node)}${self})`, nobody);
    if (handed.length > 0) this.#put(`)(${handed.map(([, value]) => value).join(', ')})`, nobody);
  }

  /** Whether code stands in the constructor of a class that extends another, and was not taken out. */
  #isEarly(code: Code): boolean {
    if (this.#frame.constructs !== undefined) return false;
    let owner: Code | undefined = code;
    while (owner?.node.type === 'ArrowFunctionExpression') owner = owner.outer;
    return owner !== undefined && this.#derived.has(owner.node);
  }
  readonly #derived = new Set<AnyNode>();

  // -- calls -------------------------------------------------------------------------------------

  /** Runs what a call through an entry gave: `($r = …) instanceof Run ? yield* $r : $r`. */
  #run(make: () => void): void {
    const result = this.#temp('r');
    this.#put(`((${result} = `);
    make();
    this.#put(`) instanceof ${this.#help('Run')} ? yield* ${result} : ${result})`);
  }

  #call(node: CallExpression): void {
    const callee = calleeOf(node);
    if (callee.type === 'Super') {
      this.#superCall(node);
      return;
    }
    if (callee.type === 'Identifier') {
      const binding = this.#analysis.bindingOf(callee);
      const declared = binding?.declaration;
      // A function that is declared once, and never put elsewhere, is the one.
      if (declared?.type === 'FunctionDeclaration' && binding?.writes === 1) {
        const { isAsync, isGenerator } = this.#analysis.codeOf(declared);
        if (this.#pauses(declared) && !isGenerator) {
          const body = `${callee.name}${this.#prefix}`;
          if (isAsync) {
            this.#put(`(yield* ${this.#help('runAsync')}(${body}, void 0, `);
            this.#list(node.arguments);
            this.#put('))');
          } else {
            this.#put(`(yield* ${body}(`);
            this.#values(node.arguments);
            this.#put('))');
          }
          return;
        }
      }
    }
    if (callee.type === 'MemberExpression' && this.#privateCall(callee, node.arguments)) return;
    this.#dispatch(callee, () => this.#list(node.arguments), node.arguments);
  }

  /** Calls something through its entry, with its receiver. `args` writes an array. */
  #dispatch(callee: AnyNode, args: () => void, list?: readonly AnyNode[]): void {
    const apply = this.#help('apply');
    const entry = this.#help('entry');
    if (callee.type !== 'MemberExpression') {
      this.#run(() => {
        this.#put(`${entry}(`);
        this.#value(callee);
        if (list === undefined) {
          this.#put(')(...');
          args();
        } else {
          this.#put(')(');
          this.#values(list);
        }
        this.#put(')');
      });
      return;
    }
    const { object } = callee;
    this.#run(() => {
      this.#put(`${apply}(${entry}(`);
      if (object.type === 'Super') {
        this.#superMember(callee);
        this.#put(`), ${this.#self()}, `);
      } else if (object.type === 'ThisExpression' || object.type === 'Identifier') {
        this.#memberOf(callee, () => this.#visit(object));
        this.#put('), ');
        this.#visit(object);
        this.#put(', ');
      } else {
        const receiver = this.#temp('o');
        this.#memberOf(callee, () => {
          this.#put(`(${receiver} = `);
          this.#value(object);
          this.#put(')');
        });
        this.#put(`), ${receiver}, `);
      }
      args();
      this.#put(')');
    });
  }

  #self(): string {
    return this.#frame.thisName === undefined ? 'this' : `${this.#frame.thisName}()`;
  }

  /** A member of an object that is written by `object`; read through its getter, where that may wait. */
  #memberOf(node: MemberExpression, object: () => void): void {
    const { property } = node;
    const name = propertyName(property, node.computed);
    if (
      this.#frame.pauses &&
      this.#analysis.waitsAt(node) &&
      property.type !== 'PrivateIdentifier'
    ) {
      this.#run(() => {
        this.#put(`${this.#help('read')}(`);
        object();
        this.#put(`, ${JSON.stringify(name)})`);
      });
      return;
    }
    object();
    if (node.computed) {
      this.#put('[', property.start);
      this.#visit(property);
      this.#put(']', property.start);
      return;
    }
    this.#put('.', property.start);
    this.#rope.copy(property.start, property.end);
  }

  #superMember(node: MemberExpression): void {
    const { superName, home } = this.#frame;
    const { property } = node;
    const name = propertyName(property, node.computed);
    if (home !== undefined && this.#frame.pauses && this.#analysis.waitsAt(node)) {
      const above = (key: string): string =>
        superName === undefined ? `super.${key}` : `${superName}("${key}")`;
      const parent =
        home === 'class'
          ? `${above('prototype')}.constructor`
          : `${above('constructor')}.prototype`;
      this.#from(property, () => {
        this.#run(() => {
          this.#put(
            `${this.#help('readAbove')}(${parent}, ${JSON.stringify(name)}, ${this.#self()})`,
          );
        });
      });
      return;
    }
    if (superName === undefined) {
      this.#rope.copy(node.object.start, property.start);
      this.#visit(property);
      this.#rope.copy(property.end, node.end);
      return;
    }
    this.#put(`${superName}(`, property.start);
    if (node.computed) this.#visit(property);
    else this.#put(JSON.stringify(name), property.start);
    this.#put(')', property.start);
  }

  #member(node: MemberExpression): void {
    const { object, property } = node;
    if (this.#targets.has(node)) {
      this.#copy(node);
      return;
    }
    if (object.type === 'Super') {
      this.#superMember(node);
      return;
    }
    if (property.type === 'PrivateIdentifier') {
      const names = this.#privatesWith(property.name);
      if (names?.getters.has(property.name) && this.#frame.pauses) {
        this.#from(property, () => {
          this.#put('(yield* ');
          this.#operand(object);
          this.#put(`.#${property.name}${this.#prefix}())`);
        });
        return;
      }
      if (names?.methods.has(property.name) && !node.optional) {
        // Used as a value, it has to be known to have a generator.
        const owner = this.#freshTemp();
        this.#from(property, () => {
          this.#put(`${this.#help('linked')}((${owner} = `);
          this.#value(object);
          this.#put(`).#${property.name}, ${owner}.#${property.name}${this.#prefix})`);
        });
        return;
      }
    } else if (this.#frame.pauses && this.#analysis.waitsAt(node) && !node.optional) {
      this.#from(property, () => this.#memberOf(node, () => this.#value(object)));
      return;
    }
    this.#copy(node);
  }

  #privatesWith(name: string): PrivateNames | undefined {
    return this.#privates.findLast(({ all }) => all.has(name));
  }

  /** A call of a private method: there is no other function it could be. */
  #privateCall(callee: MemberExpression, args: readonly AnyNode[]): boolean {
    const { object, property } = callee;
    if (property.type !== 'PrivateIdentifier') return false;
    const code = this.#privatesWith(property.name)?.methods.get(property.name);
    if (code === undefined) return false;
    const body = `.#${property.name}${this.#prefix}`;
    if (code.isAsync) {
      const receiver = this.#temp('o');
      this.#put(`(yield* ${this.#help('runAsync')}((${receiver} = `);
      this.#value(object);
      this.#put(`)${body}, ${receiver}, `);
      this.#list(args);
      this.#put('))');
    } else {
      this.#put('(yield* ');
      this.#operand(object);
      this.#put(`${body}(`);
      this.#values(args);
      this.#put('))');
    }
    return true;
  }

  /** `super(…)` in the body of a constructor that was taken out. */
  #superCall(node: CallExpression): boolean {
    const { constructs } = this.#frame;
    if (node.callee.type !== 'Super' || constructs === undefined) return false;
    this.#from(node, () => {
      this.#put(`(${this.#help('above')}(yield* super[${this.#help('build')}](`);
      this.#values(node.arguments);
      this.#put(`)), yield* this.#${this.#prefix}fields(), this)`);
    });
    return true;
  }

  // -- optional chains ---------------------------------------------------------------------------

  #chainWaits(node: AnyNode): boolean {
    if (node.type === 'CallExpression') {
      return this.#analysis.waitsAt(node) || this.#chainWaits(node.callee);
    }
    if (node.type !== 'MemberExpression') return false;
    return this.#analysis.waitsAt(node) || this.#chainWaits(node.object);
  }

  /** `a?.b(c).d` as nested conditions: what follows a missing link is skipped. */
  #chain(node: AnyNode): void {
    const links: (CallExpression | MemberExpression)[] = [];
    let base = node;
    while (base.type === 'CallExpression' || base.type === 'MemberExpression') {
      links.unshift(base);
      base = base.type === 'CallExpression' ? base.callee : base.object;
    }
    this.#from(namedPart(node.type === 'CallExpression' ? calleeOf(node) : node), () =>
      this.#link(links, 0, () => this.#operand(base), undefined),
    );
  }

  /** Writes the rest of a chain. `value` writes what it hangs on, `receiver` what that was read from. */
  #link(
    links: readonly (CallExpression | MemberExpression)[],
    index: number,
    value: () => void,
    receiver: string | undefined,
  ): void {
    const link = links[index];
    if (link === undefined) {
      value();
      return;
    }
    if (link.optional) {
      const kept = this.#freshTemp();
      this.#put(`((${kept} = `);
      value();
      this.#put(') == null ? void 0 : ');
      this.#linkOn(links, index, link, () => this.#put(kept), receiver, kept);
      this.#put(')');
      return;
    }
    this.#linkOn(links, index, link, value, receiver, undefined);
  }

  #linkOn(
    links: readonly (CallExpression | MemberExpression)[],
    index: number,
    link: CallExpression | MemberExpression,
    value: () => void,
    receiver: string | undefined,
    kept: string | undefined,
  ): void {
    const next = links[index + 1];
    if (link.type === 'MemberExpression') {
      const isSuper = link.object.type === 'Super';
      if (next?.type === 'CallExpression' && !isSuper) {
        // The call that follows needs what the method was read from.
        const object = kept ?? this.#freshTemp();
        const read = (): void =>
          this.#memberOf(link, () => {
            if (kept !== undefined) this.#put(kept);
            else {
              this.#put(`(${object} = `);
              value();
              this.#put(')');
            }
          });
        this.#link(links, index + 1, read, object);
        return;
      }
      const read = (): void => {
        if (isSuper) this.#superMember(link);
        else this.#memberOf(link, value);
      };
      this.#link(links, index + 1, read, isSuper ? this.#self() : undefined);
      return;
    }
    const call = (): void => {
      if (this.#analysis.waitsAt(link)) {
        this.#run(() => {
          this.#put(`${this.#help('apply')}(${this.#help('entry')}(`);
          value();
          this.#put(`), ${receiver ?? 'void 0'}, `);
          this.#list(link.arguments);
          this.#put(')');
        });
      } else {
        this.#put(`${this.#help('apply')}(`);
        value();
        this.#put(`, ${receiver ?? 'void 0'}, `);
        this.#list(link.arguments);
        this.#put(')');
      }
    };
    this.#link(links, index + 1, call, undefined);
  }

  // -- assignments and declarations --------------------------------------------------------------

  /** Properties that are assigned to by a pattern, a loop or an operator: they are not read here. */
  readonly #targets = new Set<AnyNode>();
  #markTargets(pattern: AnyNode): void {
    switch (pattern.type) {
      case 'MemberExpression':
        this.#targets.add(pattern);
        break;
      case 'ArrayPattern':
        for (const part of pattern.elements) if (part) this.#markTargets(part);
        break;
      case 'ObjectPattern':
        for (const part of pattern.properties) {
          this.#markTargets(part.type === 'RestElement' ? part : part.value);
        }
        break;
      case 'RestElement':
        this.#markTargets(pattern.argument);
        break;
      case 'AssignmentPattern':
        this.#markTargets(pattern.left);
        break;
      default:
    }
  }

  /** Whether a property that is assigned to has accessors that may wait. */
  #accessorWaits(node: AnyNode): node is MemberExpression {
    return (
      node.type === 'MemberExpression' &&
      this.#frame.pauses &&
      node.object.type !== 'Super' &&
      node.property.type !== 'PrivateIdentifier' &&
      this.#analysis.waitsAt(node)
    );
  }

  /** Reads a property of what a variable holds. */
  #readOf(variable: string, node: MemberExpression): void {
    const name = propertyName(node.property, node.computed);
    this.#run(() => this.#put(`${this.#help('read')}(${variable}, ${JSON.stringify(name)})`));
  }

  /** `o.x++` where `x` has accessors that may wait. */
  #update(node: Extract<AnyNode, { type: 'UpdateExpression' }>): boolean {
    const { argument, operator, prefix } = node;
    if (!this.#accessorWaits(argument)) {
      this.#markTargets(argument);
      return false;
    }
    const [object, value, before] = [this.#freshTemp(), this.#freshTemp(), this.#freshTemp()];
    const name = JSON.stringify(propertyName(argument.property, argument.computed));
    this.#from(argument.property, () => {
      this.#put(`(${object} = `);
      this.#value(argument.object);
      this.#put(`, ${value} = `);
      this.#readOf(object, argument);
      this.#put(
        `, ${before} = ${prefix ? `${operator}${value}` : `${value}${operator}`}, yield* ${this.#help('write')}(${object}, ${name}, ${value}), ${before})`,
      );
    });
    return true;
  }

  #declarator(node: Extract<AnyNode, { type: 'VariableDeclarator' }>): void {
    const { id, init } = node;
    if (init && id.type === 'Identifier' && this.#named(init, id.name, node)) return;
    if (init && this.#takes(id)) {
      this.#visit(id);
      this.#from(init, () => {
        this.#put(' = ');
        this.#taken(id, init);
      });
      return;
    }
    this.#copy(node);
  }

  /** Whether a pattern takes from something whose steps may wait. */
  #takes(pattern: AnyNode): boolean {
    return (
      this.#frame.pauses &&
      pattern.type === 'ArrayPattern' &&
      this.#analysis.iterationWaits &&
      this.#analysis.waitsAt(pattern)
    );
  }

  #taken(pattern: AnyNode, value: AnyNode): void {
    const { elements } = pattern as Extract<AnyNode, { type: 'ArrayPattern' }>;
    this.#put(`(yield* ${this.#help('take')}(`);
    this.#value(value);
    this.#put(elements.at(-1)?.type === 'RestElement' ? '))' : `, ${elements.length}))`);
  }

  #assignment(node: Extract<AnyNode, { type: 'AssignmentExpression' }>): boolean {
    const { left, right, operator } = node;
    if (left.type === 'Identifier' && this.#named(right, left.name, node)) return true;
    if (this.#takes(left) && operator === '=') {
      this.#visit(left);
      this.#from(right, () => {
        this.#put(' = ');
        this.#taken(left, right);
      });
      return true;
    }
    if (left.type === 'MemberExpression' && left.object.type === 'Super' && operator === '=') {
      if (this.#frame.superName !== undefined) {
        this.#put(`${this.#frame.superName}(`, left.start);
        if (left.computed) this.#value(left.property);
        else this.#put(JSON.stringify(propertyName(left.property, false)), left.start);
        this.#put(', ', left.start);
        this.#value(right);
        this.#put(')', left.start);
        return true;
      }
    }
    if (!this.#accessorWaits(left)) {
      this.#markTargets(left);
      return false;
    }
    const name = JSON.stringify(propertyName(left.property, left.computed));
    const write = `yield* ${this.#help('write')}`;
    this.#from(left.property, () => {
      if (operator === '=') {
        this.#put(`(${write}(`);
        this.#value(left.object);
        this.#put(`, ${name}, `);
        this.#value(right);
        this.#put('))');
        return;
      }
      const object = this.#freshTemp();
      const plain = operator.slice(0, -1);
      const isLogical = ['&&', '||', '??'].includes(plain);
      this.#put(`(${object} = `);
      this.#value(left.object);
      this.#put(isLogical ? ', ' : `, ${write}(${object}, ${name}, `);
      this.#readOf(object, left);
      this.#put(isLogical ? ` ${plain} (${write}(${object}, ${name}, ` : ` ${plain} (`);
      this.#visit(right);
      this.#put(isLogical ? ')))' : ')))');
    });
    return true;
  }

  // -- loops -------------------------------------------------------------------------------------

  /** A loop over what may wait; also any whose head waits, which the engine cannot compile. */
  #forOf(node: ForOfStatement, labels: LabeledStatement | undefined): boolean {
    if (node.await) {
      this.#forAwait(node, labels);
      return true;
    }
    const steps = this.#analysis.iterationWaits && this.#analysis.waitsAt(node);
    if (!steps && !this.#holdsYield(node.right)) return false;
    const outer = labels ?? node;
    const kept = this.#freshTemp();
    this.#from(node.right, () => {
      this.#put(`{ ${kept} = ${steps ? `yield* ${this.#help('loop')}(` : ''}`);
      this.#value(node.right);
      this.#put(steps ? '); ' : '; ');
      if (steps) this.#put('try { ');
    });
    this.#rope.copy(outer.start, node.start);
    if (!steps) {
      this.#rope.copy(node.start, node.left.start);
      this.#visit(node.left);
      this.#put(` of ${kept}) `, node.left.start);
      this.#visit(node.body);
      this.#put(' }', nobody);
      return true;
    }
    this.#put(`while (yield* ${kept}.next()) { `, node.start);
    this.#loopHead(node, kept);
    this.#visit(node.body);
    const thrown = `${this.#prefix}e`;
    this.#put(
      ` } } catch (${thrown}) { ${kept}.threw(); throw ${thrown}; } finally { if (${kept}.isOpen) yield* ${kept}.close(); } }`,
      nobody,
    );
    return true;
  }

  /** `for await` in a function that became a generator. */
  #forAwait(node: ForOfStatement, labels: LabeledStatement | undefined): void {
    const kept = this.#freshTemp();
    const awaits = this.#help('awaits');
    this.#from(node.right, () => {
      this.#put(`{ ${kept} = new ${this.#help('AwaitLoop')}(`);
      this.#value(node.right);
      this.#put('); try { ');
    });
    this.#rope.copy((labels ?? node).start, node.start);
    this.#put(`while (${kept}.took(yield ${awaits}(${kept}.next()))) { `, node.start);
    this.#loopHead(node, kept);
    this.#visit(node.body);
    this.#put(` } } finally { if (${kept}.isOpen) yield ${awaits}(${kept}.close()); } }`, nobody);
  }

  /** What a loop's body begins with: its variable gets the value. */
  #loopHead({ left }: ForOfStatement, kept: string): void {
    const isDeclared = left.type === 'VariableDeclaration';
    if (!isDeclared) this.#put('(', left.start);
    this.#visit(left);
    this.#put(` = ${kept}.value${isDeclared ? '' : ')'}; `, left.start);
  }

  /** Whether a `yield` will be written for something in a node. */
  #holdsYield(node: AnyNode): boolean {
    if (isFunction(node)) return false;
    if (this.#analysis.waitsAt(node)) return true;
    if (node.type === 'AwaitExpression' || node.type === 'YieldExpression') return true;
    let holds = false;
    eachChild(node, (child) => {
      holds ||= this.#holdsYield(child);
    });
    return holds;
  }

  // -- objects -----------------------------------------------------------------------------------

  #object(node: ObjectExpression): void {
    const accessors = new Map<string, { get?: FunctionNode; set?: FunctionNode }>();
    for (const part of node.properties) {
      if (part.type !== 'Property' || part.kind === 'init') continue;
      const name = propertyName(part.key, part.computed);
      const value = part.value as FunctionNode;
      if (name === undefined || !this.#pausesAccessor(value)) continue;
      accessors.set(name, { ...accessors.get(name), [part.kind]: value });
    }
    for (const _ of accessors) this.#put(`${this.#help('accessor')}(`, node.start);
    if (accessors.size > 0 && this.#frame.pauses) this.#put('', node.start);
    this.#copy(node);
    for (const [name, { get, set }] of accessors) {
      const key = JSON.stringify(name);
      this.#put(`, ${key}, `, nobody);
      for (const [index, one] of [get, set].entries()) {
        if (index > 0) this.#put(', ', nobody);
        if (one === undefined) this.#put('void 0', nobody);
        else this.#generator(one, name, this.#newFrame(this.#analysis.codeOf(one), true));
      }
      this.#put(')', nobody);
    }
  }

  #pausesAccessor(node: FunctionNode): boolean {
    return this.#pauses(node) && !this.#analysis.codeOf(node).usesSuper;
  }

  /** A property of an object, or of a pattern. */
  #property(node: Property | Extract<AnyNode, { type: 'Property' }>): void {
    const { key, value } = node as { key: Key; value: AnyNode };
    if (isFunction(value) && (node.method || node.kind !== 'init')) {
      this.#objectMethod(node, value);
      return;
    }
    if (node.shorthand) {
      // Name and value are one; only a default has something to visit.
      if (value.type === 'AssignmentPattern') this.#visit(value);
      else if (value.type === 'Identifier' && value.name === 'arguments') {
        this.#put('arguments: ', value.start);
        this.#visit(value);
      } else this.#rope.copy(node.start, node.end);
      return;
    }
    const name = propertyName(key, node.computed);
    if (node.computed) {
      this.#rope.copy(node.start, key.start);
      this.#visit(key);
      this.#rope.copy(key.end, value.start);
    } else this.#rope.copy(node.start, value.start);
    const isNameless =
      value.type === 'ArrowFunctionExpression' || value.type === 'FunctionExpression';
    if (name !== undefined && isNameless && this.#named(value, name, value)) return;
    this.#visit(value);
  }

  #objectMethod(node: Property, value: FunctionNode): void {
    const { key, computed, kind } = node;
    const code = this.#analysis.codeOf(value);
    const name = propertyName(key, computed);
    if (kind !== 'init' && this.#pausesAccessor(value) && name !== undefined) {
      // A place for it; what it does is put in afterwards.
      this.#rope.copy(node.start, value.start);
      this.#put(kind === 'get' ? '() {}' : `(${this.#prefix}v) {}`, nobody);
      return;
    }
    if (kind !== 'init' || !this.#pauses(value) || code.usesSuper) {
      this.#rope.copy(node.start, key.start);
      if (computed) this.#visit(key);
      else this.#rope.copy(key.start, key.end);
      this.#rope.copy(key.end, value.start);
      this.#plainFunction(value, {
        what: 'a method of an object literal that uses super',
        instead: 'make it a method of a class',
      });
      return;
    }
    const maker = code.isGenerator ? 'generatorFunction' : code.isAsync ? 'asyncMethod' : 'method';
    if (name === undefined) {
      const kept = this.#freshTemp();
      this.#put(`[${kept} = `, key.start);
      this.#visit(key);
      this.#put(`]: ${this.#help(maker)}(({ *[${kept}]`, key.start);
      this.#rest(value, this.#newFrame(code, true));
      this.#put(` })[${kept}], ${lengthOf(value)})`, nobody);
      return;
    }
    this.#rope.copy(key.start, key.end);
    if (computed) this.#put('', nobody);
    this.#put(`: ${this.#help(maker)}(`, nobody);
    this.#generator(value, name, this.#newFrame(code, true));
    this.#put(`, ${lengthOf(value)})`, nobody);
  }

  // -- classes -----------------------------------------------------------------------------------

  readonly #bases = new Map<ClassNode, boolean>();
  /** Whether a class whose constructor waits extends this one. */
  #isBase(node: ClassNode): boolean {
    if (this.#bases.size === 0) {
      const mark = (one: ClassNode): void => {
        for (const parent of this.#analysis.parentsOf(one)) {
          if (this.#bases.get(parent)) continue;
          this.#bases.set(parent, true);
          mark(parent);
        }
      };
      for (const one of this.#analysis.classes) {
        if (!this.#bases.has(one)) this.#bases.set(one, false);
        if (this.#analysis.constructorWaits(one)) mark(one);
      }
    }
    return this.#bases.get(node) === true;
  }

  /** Whether what a class's constructor does can be taken out of it: all above it are of the program. */
  #buildsApart(node: ClassNode, seen = new Set<ClassNode>()): boolean {
    const { constructorCode } = this.#analysis.classOf(node);
    if (constructorCode?.usesNewTarget) return false;
    if (!node.superClass) return true;
    if (seen.has(node)) return true;
    seen.add(node);
    const parents = this.#analysis.parentsOf(node);
    return (
      parents.length > 0 &&
      this.#analysis.knowsParents(node) &&
      parents.every((parent) => this.#buildsApart(parent, seen))
    );
  }

  #class(node: ClassNode): void {
    const isApart =
      (this.#analysis.constructorWaits(node) || this.#isBase(node)) && this.#buildsApart(node);
    const names: PrivateNames = { methods: new Map(), getters: new Map(), all: new Set() };
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock' || member.key.type !== 'PrivateIdentifier') continue;
      names.all.add(member.key.name);
      if (member.type !== 'MethodDefinition' || !this.#pauses(member.value)) continue;
      const code = this.#analysis.codeOf(member.value);
      if (code.isGenerator) continue;
      if (member.kind === 'method') names.methods.set(member.key.name, code);
      if (member.kind === 'get') names.getters.set(member.key.name, code);
    }
    const isNeeded = names.methods.size + names.getters.size + this.#privates.length > 0;
    if (isNeeded) this.#privates.push(names);
    this.#rope.copy(node.start, node.superClass ? node.superClass.start : node.body.start);
    if (node.superClass) {
      this.#visit(node.superClass);
      this.#rope.copy(node.superClass.end, node.body.start);
    }
    this.#classBody(node.body, node, isApart);
    if (isNeeded) this.#privates.pop();
    this.#rope.copy(node.body.end, node.end);
  }

  #classBody(body: ClassBody, node: ClassNode, isApart: boolean): void {
    const members: string[] = [];
    const accessors: string[] = [];
    const fields: PropertyDefinition[] = [];
    const content = this.#rope.aside(() => {
      let at = body.start + 1;
      for (const member of body.body) {
        this.#rope.copy(at, member.start);
        at = member.end;
        if (member.type === 'StaticBlock') this.#staticBlock(member, node);
        else if (member.type === 'PropertyDefinition') {
          if (isApart && !member.static) {
            fields.push(member);
            // A private field has to be there; others come with their values.
            if (member.key.type === 'PrivateIdentifier') {
              this.#rope.copy(member.key.start, member.key.end);
              this.#put(';', nobody);
            }
          } else this.#fieldDefinition(member, node);
        } else if (member.kind === 'constructor') {
          if (!isApart) {
            if (node.superClass) this.#derived.add(member.value);
            this.#methodAsIs(member, {
              what: 'the constructor of a class that extends something outside of the script',
              instead: 'move the call into a method that is called after the object is made',
            });
          }
        } else this.#method(member, members, accessors);
      }
      this.#rope.copy(at, body.end - 1);
    });
    this.#rope.copy(body.start, body.start + 1);
    if (members.length > 0 || accessors.length > 0) {
      const calls = [
        ...(members.length > 0 ? [`${this.#help('methods')}(this, ${members.join(', ')});`] : []),
        ...accessors,
      ];
      this.#put(` static { ${calls.join(' ')} }`, nobody);
    }
    if (isApart) this.#constructorApart(node, fields);
    this.#rope.append(content);
    this.#rope.copy(body.end - 1, body.end);
  }

  /** Initialisers of static fields and blocks run while the class is made: nothing there can wait. */
  #staticBlock(member: AnyNode, node: ClassNode): void {
    const { statics } = this.#analysis.classOf(node);
    const { body } = member as unknown as { body: AnyNode[] };
    const frame = this.#newFrame(statics, false);
    const first = body[0];
    for (const one of body) this.#refuse(one, initialiser.what, initialiser.instead);
    if (first === undefined) {
      this.#rope.copy(member.start, member.end);
      return;
    }
    const inner = this.#inside(frame, () => {
      let at = first.start;
      this.#links(body);
      for (const one of body) {
        this.#rope.copy(at, one.start);
        this.#visit(one);
        at = one.end;
      }
      this.#rope.copy(at, member.end);
    });
    this.#rope.copy(member.start, first.start);
    this.#put(declarationOf(frame), nobody);
    this.#rope.append(inner);
  }

  #key(member: MethodDefinition | PropertyDefinition): void {
    if (!member.computed) {
      this.#rope.copy(member.key.start, member.key.end);
      return;
    }
    this.#put('[', member.key.start);
    this.#visit(member.key);
    this.#put(']', member.key.start);
  }

  #fieldDefinition(member: PropertyDefinition, node: ClassNode): void {
    const { key, value } = member;
    const { fields, statics } = this.#analysis.classOf(node);
    this.#rope.copy(member.start, key.start);
    if (member.computed) this.#visit(key);
    else this.#rope.copy(key.start, key.end);
    if (!value) {
      this.#rope.copy(key.end, member.end);
      return;
    }
    if (member.static) this.#refuse(value, initialiser.what, initialiser.instead);
    this.#rope.copy(key.end, value.start);
    this.#initialiser(member, value, this.#newFrame(member.static ? statics : fields, false));
    this.#rope.copy(value.end, member.end);
  }

  /** The value of a field; variables it needs are put into a function around it. */
  #initialiser(member: PropertyDefinition, value: AnyNode, frame: Frame): void {
    const inner = this.#inside(frame, () => {
      const name = propertyName(member.key, member.computed);
      if (name === undefined || !this.#named(value, name, value)) this.#visit(value);
    });
    const declaration = declarationOf(frame);
    if (declaration !== '') this.#put(`(() => { ${declaration}return `, value.start);
    this.#rope.append(inner);
    if (declaration !== '') this.#put('; })()', nobody);
  }

  /** A member that stays one, with whatever is in it. */
  #methodAsIs(member: MethodDefinition, reason?: Reason): void {
    this.#rope.copy(member.start, member.key.start);
    if (member.computed) this.#visit(member.key);
    else this.#rope.copy(member.key.start, member.key.end);
    this.#rope.copy(member.key.end, member.value.start);
    this.#plainFunction(member.value, reason);
    this.#rope.copy(member.value.end, member.end);
  }

  /** A method or accessor. `members` and `accessors` take what is to be put in place afterwards. */
  #method(member: MethodDefinition, members: string[], accessors: string[]): void {
    const { key, kind, value } = member;
    const code = this.#analysis.codeOf(value);
    if (!this.#pauses(value)) {
      this.#methodAsIs(member);
      return;
    }
    const isStatic = member.static ? 'static ' : '';
    const frame = this.#newFrame(code, true);
    frame.home = member.static ? 'class' : 'instance';
    if (key.type === 'PrivateIdentifier') {
      this.#privateMethod(member, frame, isStatic);
      return;
    }
    const owner = member.static ? 'this' : 'this.prototype';
    if (kind === 'method') {
      let keyText = JSON.stringify(propertyName(key, member.computed));
      this.#put(`${isStatic}*`, member.start);
      if (keyText === undefined) {
        keyText = this.#freshTemp();
        this.#put(`[${keyText} = `, key.start);
        this.#visit(key);
        this.#put(']', key.start);
      } else this.#key(member);
      this.#rest(value, frame);
      const target = member.static ? 'static' : 'prototype';
      const how = code.isGenerator ? 'generator' : code.isAsync ? 'async' : 'method';
      members.push(`["${target}", ${keyText}, "${how}", ${lengthOf(value)}]`);
      return;
    }
    const name = propertyName(key, member.computed);
    if (name === undefined) {
      this.#methodAsIs(member);
      return;
    }
    // The generator is a method of the class, so that `super` means the same in it.
    const slot = JSON.stringify(`${this.#prefix} ${kind} ${name}`);
    this.#rope.copy(member.start, value.start);
    this.#put(kind === 'get' ? '() {}' : `(${this.#prefix}v) {}`, nobody);
    this.#put(` ${isStatic}*[${slot}]`, member.start);
    this.#rest(value, frame);
    const at = `${owner}[${slot}]`;
    const both = kind === 'get' ? `${at}, void 0` : `void 0, ${at}`;
    accessors.push(
      `${this.#help('accessor')}(${owner}, ${JSON.stringify(name)}, ${both}); delete ${at};`,
    );
  }

  /** A private method cannot be replaced: its generator stands beside it under a name of its own. */
  #privateMethod(member: MethodDefinition, frame: Frame, isStatic: string): void {
    const { kind, value } = member;
    const { name } = member.key as PrivateIdentifier;
    const { isAsync, isGenerator } = frame.code;
    if (isGenerator || kind === 'set') {
      this.#methodAsIs(member, {
        what: isGenerator ? 'a private generator' : 'a private setter',
        instead: 'make it a method, or give it a name without #',
      });
      return;
    }
    const body = `#${name}${this.#prefix}`;
    const given = isAsync ? `${this.#help('asyncEntry')}(this.${body})` : `this.${body}`;
    const params = Array.from({ length: lengthOf(value) }, (_, n) => `${this.#prefix}p${n}`);
    this.#put(`${isStatic}*${body}`, member.start);
    this.#rest(value, frame);
    this.#put(
      ` ${isStatic}${kind === 'get' ? 'get ' : ''}#${name}(${params.join(', ')}) { return ${this.#help('finish')}(${given}, this, arguments); }`,
      nobody,
    );
  }

  /** A constructor that makes an object, and beside it the generator that does the rest. */
  #constructorApart(node: ClassNode, fields: readonly PropertyDefinition[]): void {
    const facts = this.#analysis.classOf(node);
    const p = this.#prefix;
    const member = node.body.body.find(
      (one) => one.type === 'MethodDefinition' && one.kind === 'constructor',
    ) as MethodDefinition | undefined;
    const isDerived = Boolean(node.superClass);
    const bare = this.#help('bare');
    this.#put(
      ` constructor(...${p}x) { ${isDerived ? `super(${bare}); ` : ''}if (${p}x[0] !== ${bare}) return ${this.#help('built')}(this.#${p}build, this, ${p}x); }`,
      nobody,
    );
    this.#put(
      ` *[${this.#help('build')}](...${p}x) { return yield* this.#${p}build(...${p}x); }`,
      nobody,
    );
    this.#put(` *#${p}build`, member?.start ?? node.start);
    if (member === undefined) {
      const super_ = isDerived
        ? `${this.#help('above')}(yield* super[${this.#help('build')}](...${p}x)); `
        : '';
      this.#put(`(...${p}x) { ${super_}yield* this.#${p}fields(); }`, nobody);
    } else {
      const frame = this.#newFrame(facts.constructorCode as Code, true);
      frame.constructs = node;
      this.#rest(member.value, frame, isDerived ? '' : ` yield* this.#${p}fields();`);
    }
    const frame = this.#newFrame(facts.fields, true);
    const inner = this.#inside(frame, () => {
      for (const one of fields) {
        this.#put(' ', nobody);
        if (one.key.type === 'PrivateIdentifier') {
          this.#put(`this.#${one.key.name} = `, one.key.start);
        } else {
          const name = propertyName(one.key, one.computed);
          this.#put(`${this.#help('field')}(this, `, one.key.start);
          if (name === undefined) this.#visit(one.key);
          else this.#put(JSON.stringify(name), one.key.start);
          this.#put(', ', one.key.start);
        }
        if (one.value) {
          const name = propertyName(one.key, one.computed);
          if (name === undefined || !this.#named(one.value, name, one.value))
            this.#value(one.value);
        } else this.#put('void 0', nobody);
        this.#put(one.key.type === 'PrivateIdentifier' ? ';' : ');', nobody);
      }
    });
    this.#put(` *#${p}fields() {${declarationOf(frame)}`, nobody);
    this.#rope.append(inner);
    this.#put(' }', nobody);
  }
}

interface Reason {
  what: string;
  instead: string;
}
const initialiser: Reason = {
  what: 'the initialisation of a class',
  instead: 'do it in setup() or in a function that is called later',
};
const otherReason: Reason = {
  what: 'an accessor under a computed name',
  instead: 'make it a method',
};

/** The part of a callee whose place the engine shows: of `a.b.c` it is `c`. */
function namedPart(callee: AnyNode): AnyNode {
  return callee.type === 'MemberExpression' ? callee.property : callee;
}

function declarationOf({ temps }: Frame): string {
  return temps.size === 0 ? '' : ` var ${[...temps].join(', ')};`;
}

/** An arrow function means by `this` and `arguments` what the one around it does. */
function inherit(frame: Frame, outer: Frame): void {
  frame.argumentsName = outer.argumentsName;
  frame.superName = outer.superName;
  frame.thisName = outer.thisName;
  frame.home = outer.home;
}

function calleeOf(node: CallExpression): AnyNode {
  let { callee } = node as { callee: AnyNode };
  while (callee.type === 'ParenthesizedExpression') callee = callee.expression;
  return callee;
}

/** The `length` of a function: parameters before the first that may be left out. */
function lengthOf({ params }: FunctionNode): number {
  const first = params.findIndex(
    ({ type }) => type === 'AssignmentPattern' || type === 'RestElement',
  );
  return first < 0 ? params.length : first;
}

/** Whether there are `arguments` around code: not in a module, nor in a field. */
function hasArguments(code: Code): boolean {
  let owner: Code | undefined = code;
  while (owner?.node.type === 'ArrowFunctionExpression') owner = owner.outer;
  return owner?.kind === 'function';
}
