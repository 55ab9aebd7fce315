/** Finds the functions that may have to wait, and the places in them where they do. */
import type {
  CallExpression,
  ImportDeclaration,
  NewExpression,
  ObjectExpression,
  TaggedTemplateExpression,
} from 'acorn';
import { Flow, nowhere, type Place, type Site, type Value } from './flow.ts';
import { type Binding, resolveNames } from './scopes.ts';
import {
  type AnyNode,
  type ClassNode,
  eachChild,
  type FunctionNode,
  type Identifier,
  isFunction,
  type Program,
  propertyName,
} from './syntax.ts';
import { pausable, type Role, socketMethods, waiting, waitingMethods } from './waiting.ts';

/** What is known of one function; also of a class's field initialisers, and of the module itself. */
export interface Code {
  readonly kind: 'module' | 'function' | 'fields' | 'static';
  readonly node: AnyNode;
  /** The function it stands in. */
  readonly outer: Code | undefined;
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  /** May have to wait while it runs. */
  waits: boolean;
  usesThis: boolean;
  usesArguments: boolean;
  usesSuper: boolean;
  usesNewTarget: boolean;
  readonly sites: Site[];
  readonly params: Place[];
  /** What it is called with, in any position. */
  readonly given: Place;
  readonly result: Place;
  /** What `this` is, where that is a class. */
  self: Place;
  isSmeared: boolean;
}

export interface ClassFacts {
  readonly node: ClassNode;
  readonly constructorCode: Code | undefined;
  readonly fields: Code;
  readonly statics: Code;
  readonly parent: Place;
}

export interface Analysis {
  codeOf(node: AnyNode): Code;
  classOf(node: ClassNode): ClassFacts;
  bindingOf(node: Identifier): Binding | undefined;
  /** Whether something may have to wait at this node. */
  waitsAt(node: AnyNode): boolean;
  /** The name of the k6 function that is surely called at this node, when it is one that waits. */
  waitsSurelyAt(node: AnyNode): string | undefined;
  /** Whether constructing this class may have to wait. */
  constructorWaits(node: ClassNode): boolean;
  /** Classes of the program that this one may extend. */
  parentsOf(node: ClassNode): readonly ClassNode[];
  /** Whether it extends nothing but classes of the program. */
  knowsParents(node: ClassNode): boolean;
  /** Whether iterating over something may have to wait. */
  readonly iterationWaits: boolean;
  /** Every name of a property or a global in the program. */
  readonly names: ReadonlySet<string>;
  readonly classes: Iterable<ClassNode>;
  readonly module: Code;
}

type Meaning =
  | { kind: 'any' }
  /** A function of the engine's. */
  | { kind: 'native' }
  | { kind: 'function'; code: Code }
  | { kind: 'class'; facts: ClassFacts }
  | { kind: 'role'; role: Role; name: string }
  | { kind: 'module'; fields: Map<string, Value> };

interface CallSite {
  callee: Place;
  args: Place[];
  argNodes: readonly AnyNode[];
  result: Place;
  receiver: Place;
  name: string | undefined;
  isNative: boolean;
}

/** Methods of built-in objects: a call by such a name may be one of them. */
const builtinMethods = new Set(
  [
    Array.prototype,
    String.prototype,
    Map.prototype,
    Set.prototype,
    WeakMap.prototype,
    WeakSet.prototype,
    Promise.prototype,
    RegExp.prototype,
    Uint8Array.prototype,
    Object.getPrototypeOf(Uint8Array.prototype) as object,
    Object.prototype,
    Array,
    Object,
    Promise,
    Reflect,
    JSON,
    Object.getPrototypeOf(function* () {}).prototype as object,
  ].flatMap((owner) => Object.getOwnPropertyNames(owner)),
);
for (const name of pausable['selections'] as string[]) builtinMethods.add(name);
const pausableNames = new Set(Object.values(pausable).flat());
const iteratorMethods = new Set(['next', 'return', 'throw']);
/** Names the bundler gives to its own helpers; a script's own variables of that name are renamed by it. */
const helperPattern =
  /^__(create|defProp|defProps|getOwnPropDesc|getOwnPropDescs|getOwnPropNames|getOwnPropSymbols|getProtoOf|hasOwnProp|propIsEnum|require|commonJS|esm|export|copyProps|toESM|toCommonJS|reExport)$/;

const nativeValue: Value = 1;

/** Analyses a module that the bundler made of a script. */
export function analyse(program: Program): Analysis {
  return new Analyser(program);
}

class Analyser implements Analysis {
  readonly module: Code;
  readonly iterationWaits: boolean;
  readonly #bindings: ReadonlyMap<Identifier, Binding>;
  readonly #flow = new Flow();
  readonly #meanings: Meaning[] = [{ kind: 'any' }, { kind: 'native' }];
  readonly #all: Code[] = [];
  readonly #codes = new Map<AnyNode, Code>();
  readonly #classes = new Map<ClassNode, ClassFacts>();
  readonly #variables = new Map<Binding, Place>();
  readonly #properties = new Map<string, Place>();
  readonly #globals = new Map<string, Place>();
  readonly #getters = new Map<string, Code[]>();
  readonly #setters = new Map<string, Code[]>();
  readonly #calls: CallSite[] = [];
  readonly #callAt = new Map<AnyNode, CallSite>();
  readonly #escapedModules: Map<string, Value>[] = [];
  /** What is read from places that hold `anyValue`. */
  readonly #anyLoads: [name: string | undefined, into: Place][] = [];
  /** Stands for the functions in the bundler's helpers, which are left alone. */
  readonly #helper: Code;
  readonly #waitsAt = new Set<AnyNode>();
  #hasGenerators = false;
  /** What lies in any collection, what was stored under a name unknown here, what any name may hold. */
  readonly #elements = this.#flow.place();
  readonly #unnamed = this.#flow.place();
  readonly #anything = this.#flow.place();
  /** What functions among `anyValue` are given and give. */
  readonly #anyGiven = this.#flow.place();
  readonly #anyResult = this.#flow.place();

  constructor(program: Program) {
    const flow = this.#flow;
    this.#bindings = resolveNames(program);
    flow.edge(this.#elements, this.#anything);
    flow.edge(this.#unnamed, this.#anything);
    flow.onEscape = (value) => this.#escape(value);
    this.#helper = this.#newCode('module', program, undefined);
    this.module = this.#newCode('module', program, undefined);
    for (const node of program.body) {
      if (node.type === 'ImportDeclaration') this.#import(node);
    }
    for (const node of program.body) {
      if (node.type !== 'ImportDeclaration') this.#statement(node, this.module);
    }
    flow.solve();
    // A callee of which nothing is known is taken for a built-in function, which may call what it is given.
    for (let changed = true; changed; ) {
      changed = false;
      for (const call of this.#calls) {
        if (call.isNative || !flow.isEmpty(call.callee)) continue;
        this.#native(call);
        changed = true;
      }
      flow.solve();
    }
    this.iterationWaits = this.#spreadWaiting();
    for (const code of this.#all) {
      for (const site of code.sites) if (site.mayWait()) this.#waitsAt.add(site.node);
    }
  }

  codeOf(node: AnyNode): Code {
    return this.#codes.get(node) ?? this.#helper;
  }
  classOf(node: ClassNode): ClassFacts {
    return this.#classes.get(node) as ClassFacts;
  }
  bindingOf(node: Identifier): Binding | undefined {
    return this.#bindings.get(node);
  }
  waitsAt(node: AnyNode): boolean {
    return this.#waitsAt.has(node);
  }
  waitsSurelyAt(node: AnyNode): string | undefined {
    const call = this.#callAt.get(node);
    if (call === undefined) return undefined;
    let name: string | undefined;
    for (const value of this.#flow.valuesIn(call.callee)) {
      const meaning = this.#meanings[value] as Meaning;
      if (meaning.kind === 'native') continue;
      if (meaning.kind !== 'role' || meaning.role !== 'waits') return undefined;
      name = meaning.name;
    }
    for (const value of this.#flow.valuesIn(call.receiver)) {
      if ((this.#meanings[value] as Meaning).kind !== 'module') return undefined;
    }
    return name;
  }
  constructorWaits(node: ClassNode): boolean {
    return constructionWaits(this.classOf(node));
  }
  parentsOf(node: ClassNode): ClassNode[] {
    const parents: ClassNode[] = [];
    for (const value of this.#flow.valuesIn(this.classOf(node).parent)) {
      const meaning = this.#meanings[value] as Meaning;
      if (meaning.kind === 'class') parents.push(meaning.facts.node);
    }
    return parents;
  }
  knowsParents(node: ClassNode): boolean {
    for (const value of this.#flow.valuesIn(this.classOf(node).parent)) {
      if ((this.#meanings[value] as Meaning).kind !== 'class') return false;
    }
    return true;
  }
  get names(): ReadonlySet<string> {
    return new Set([...this.#properties.keys(), ...this.#globals.keys()]);
  }
  get classes(): Iterable<ClassNode> {
    return this.#classes.keys();
  }

  // -- values and places -------------------------------------------------------------------------

  #value(meaning: Meaning): Value {
    this.#meanings.push(meaning);
    return this.#meanings.length - 1;
  }

  #newCode(kind: Code['kind'], node: AnyNode, outer: Code | undefined): Code {
    const code: Code = {
      kind,
      node,
      outer,
      isAsync: isFunction(node) && node.async,
      isGenerator: isFunction(node) && node.generator,
      waits: false,
      usesThis: false,
      usesArguments: false,
      usesSuper: false,
      usesNewTarget: false,
      sites: [],
      params: [],
      given: this.#flow.place(),
      result: this.#flow.place(),
      self: nowhere,
      isSmeared: false,
    };
    this.#all.push(code);
    // Fields and statics of a class are found through its facts.
    if (kind === 'module' || kind === 'function') this.#codes.set(node, code);
    return code;
  }

  #variable(binding: Binding): Place {
    let place = this.#variables.get(binding);
    if (place === undefined) {
      place = this.#flow.place();
      this.#variables.set(binding, place);
    }
    return place;
  }

  /** What is stored in properties of this name, of whatever object; also in the global of that name. */
  #stored(name: string): Place {
    let place = this.#globals.get(name);
    if (place === undefined) {
      place = this.#flow.place();
      this.#globals.set(name, place);
    }
    return place;
  }

  /** A global: the engine's, or one the script made. */
  #global(name: string): Place {
    const place = this.#stored(name);
    this.#flow.add(place, nativeValue);
    return place;
  }

  /** What reading a property of this name may give: also what was stored under a name unknown here. */
  #property(name: string): Place {
    let place = this.#properties.get(name);
    if (place === undefined) {
      place = this.#flow.place();
      this.#properties.set(name, place);
      this.#flow.edge(this.#stored(name), place);
      if (!name.startsWith('#')) {
        this.#flow.edge(place, this.#anything);
        this.#flow.edge(this.#unnamed, place);
      }
    }
    return place;
  }

  #escape(value: Value): void {
    const meaning = this.#meanings[value] as Meaning;
    if (meaning.kind === 'function') {
      this.#flow.edge(this.#anyGiven, meaning.code.given);
      this.#smear(meaning.code);
      this.#flow.edge(meaning.code.result, this.#anyResult);
    } else if (meaning.kind === 'class') {
      const { constructorCode } = meaning.facts;
      if (constructorCode === undefined) return;
      this.#flow.edge(this.#anyGiven, constructorCode.given);
      this.#smear(constructorCode);
    } else if (meaning.kind === 'role') {
      // Whoever calls it unseen may hand it a function unseen.
      if (meaning.role === 'connects') this.#flow.edge(this.#socket(), this.#anyGiven);
    } else if (meaning.kind === 'module') {
      this.#escapedModules.push(meaning.fields);
      for (const [name, place] of this.#anyLoads) this.#loadField(meaning.fields, name, place);
    }
  }

  /** Any parameter may be what is given in any position: after `bind`, `apply` or a spread. */
  #smear(code: Code): void {
    if (code.isSmeared) return;
    code.isSmeared = true;
    for (const param of code.params) this.#flow.edge(code.given, param);
  }

  #loadField(fields: Map<string, Value>, name: string | undefined, into: Place): void {
    if (name === undefined) for (const value of fields.values()) this.#flow.add(into, value);
    const value = name === undefined ? undefined : fields.get(name);
    if (value !== undefined) this.#flow.add(into, value);
  }

  /** What a property of something holds; `name` undefined: of any name. */
  #load(object: Place, name: string | undefined): Place {
    const flow = this.#flow;
    const into = flow.place();
    if (name === undefined) flow.edge(this.#anything, into);
    else {
      flow.edge(this.#property(name), into);
      if (builtinMethods.has(name)) flow.add(into, nativeValue);
      if (/^\d+$/.test(name)) flow.edge(this.#elements, into);
    }
    flow.each(object, (value) => {
      const meaning = this.#meanings[value] as Meaning;
      if (meaning.kind === 'module') this.#loadField(meaning.fields, name, into);
      else if (meaning.kind === 'any') {
        this.#anyLoads.push([name, into]);
        for (const fields of this.#escapedModules) this.#loadField(fields, name, into);
      }
    });
    return into;
  }

  #store(name: string | undefined, value: Place): void {
    if (name === undefined) this.#flow.edge(value, this.#unnamed);
    else if (/^\d+$/.test(name)) this.#flow.edge(value, this.#elements);
    else {
      this.#property(name);
      this.#flow.edge(value, this.#stored(name));
    }
  }

  // -- imports -----------------------------------------------------------------------------------

  readonly #modules = new Map<string, { all: Value; fields: Map<string, Value> }>();

  #module(source: string): { all: Value; fields: Map<string, Value> } | undefined {
    const roles = Object.hasOwn(waiting, source) ? waiting[source] : undefined;
    if (roles === undefined) return undefined;
    const before = this.#modules.get(source);
    if (before !== undefined) return before;
    const prefix = source === 'k6' ? '' : `${source.replace(/^k6\//, '')}.`;
    const fields = this.#fields(roles, prefix);
    fields.set('default', this.#value({ kind: 'module', fields }));
    const all = this.#value({ kind: 'module', fields });
    const made = { all, fields };
    this.#modules.set(source, made);
    for (const name of waitingMethods[source] ?? []) {
      this.#flow.add(this.#property(name), this.#value({ kind: 'role', role: 'waits', name }));
    }
    return made;
  }

  /** `prefix` stands before the names that messages use. */
  #fields(roles: Readonly<Record<string, Role>>, prefix: string): Map<string, Value> {
    const fields = new Map<string, Value>();
    for (const [name, role] of Object.entries(roles)) {
      fields.set(name, this.#value({ kind: 'role', role, name: `${prefix}${name}` }));
    }
    return fields;
  }

  #socketPlace: Place | undefined;
  /** Holds the object that `connect` of `k6/ws` gives to its callback. */
  #socket(): Place {
    if (this.#socketPlace === undefined) {
      const fields = this.#fields(socketMethods, 'socket.');
      this.#socketPlace = this.#flow.holding(this.#value({ kind: 'module', fields }));
    }
    return this.#socketPlace;
  }

  #import(node: ImportDeclaration): void {
    const made = this.#module(String(node.source.value));
    if (made === undefined) return;
    for (const specifier of node.specifiers) {
      const binding = this.#bindings.get(specifier.local);
      if (binding === undefined) continue;
      const place = this.#variable(binding);
      if (specifier.type === 'ImportNamespaceSpecifier') {
        this.#flow.add(place, made.all);
        continue;
      }
      const name =
        specifier.type === 'ImportDefaultSpecifier'
          ? 'default'
          : propertyName(specifier.imported, false);
      this.#loadField(made.fields, name ?? '', place);
    }
  }

  // -- statements --------------------------------------------------------------------------------

  #statement(node: AnyNode, code: Code): void {
    switch (node.type) {
      case 'FunctionDeclaration':
        this.#function(node, code);
        return;
      case 'ClassDeclaration':
        this.#class(node, code);
        return;
      case 'VariableDeclaration':
        for (const { id, init } of node.declarations) {
          if (id.type === 'Identifier' && helperPattern.test(id.name)) continue;
          if (init) this.#bind(id, this.#expression(init, code), code);
          else this.#bind(id, nowhere, code);
        }
        return;
      case 'ReturnStatement':
        if (node.argument) {
          this.#flow.edge(this.#expression(node.argument, code), code.result);
        }
        return;
      case 'ThrowStatement':
        // What is thrown may be caught anywhere.
        this.#flow.edge(this.#expression(node.argument, code), this.#property('(thrown)'));
        return;
      case 'CatchClause':
        if (node.param) this.#bind(node.param, this.#property('(thrown)'), code);
        this.#statement(node.body, code);
        return;
      case 'ForOfStatement':
      case 'ForInStatement': {
        this.#expression(node.right, code);
        const value = node.type === 'ForOfStatement' ? this.#elements : nowhere;
        if (node.left.type === 'VariableDeclaration') {
          for (const { id } of node.left.declarations) this.#bind(id, value, code);
        } else this.#bind(node.left, value, code);
        if (node.type === 'ForOfStatement') this.#iterates(node, code);
        this.#statement(node.body, code);
        return;
      }
      case 'ExportNamedDeclaration':
        if (node.declaration) this.#statement(node.declaration, code);
        return;
      case 'ExportDefaultDeclaration':
        this.#statement(node.declaration, code);
        return;
      case 'ExportAllDeclaration':
      case 'BreakStatement':
      case 'ContinueStatement':
        return;
      case 'LabeledStatement':
        this.#statement(node.body, code);
        return;
      default:
        if (isStatement(node)) eachChild(node, (child) => this.#statement(child, code));
        else this.#expression(node, code);
    }
  }

  /** A site where iterating may wait. */
  #iterates(node: AnyNode, code: Code): void {
    code.sites.push({ node, mayWait: () => this.#iterationMayWait() });
  }

  /** Binds a pattern to what flows into it, or assigns. */
  #bind(pattern: AnyNode, value: Place, code: Code): void {
    switch (pattern.type) {
      case 'Identifier': {
        const binding = this.#bindings.get(pattern);
        if (binding === undefined) this.#store(pattern.name, value);
        else this.#flow.edge(value, this.#variable(binding));
        return;
      }
      case 'MemberExpression': {
        this.#expression(pattern.object, code);
        if (pattern.computed) this.#expression(pattern.property, code);
        const name = propertyName(pattern.property, pattern.computed);
        this.#store(name, value);
        this.#accesses(pattern, name, this.#setters, code);
        return;
      }
      case 'ObjectPattern':
        for (const part of pattern.properties) {
          if (part.type === 'RestElement') {
            this.#bind(part.argument, value, code);
            continue;
          }
          if (part.computed) this.#expression(part.key, code);
          const name = propertyName(part.key, part.computed);
          this.#bind(part.value, this.#load(value, name), code);
          this.#accesses(part, name, this.#getters, code);
        }
        return;
      case 'ArrayPattern':
        this.#iterates(pattern, code);
        for (const part of pattern.elements) {
          if (part !== null) this.#bind(part, this.#elements, code);
        }
        return;
      case 'AssignmentPattern': {
        const both = this.#flow.place();
        this.#flow.edge(value, both);
        this.#flow.edge(this.#expression(pattern.right, code), both);
        this.#bind(pattern.left, both, code);
        return;
      }
      case 'RestElement':
        this.#bind(pattern.argument, this.#elements, code);
        return;
      default:
    }
  }

  /** A site where a getter or setter may wait. */
  #accesses(
    node: AnyNode,
    name: string | undefined,
    accessors: ReadonlyMap<string, readonly Code[]>,
    code: Code,
  ): void {
    if (name === undefined) return;
    code.sites.push({
      node,
      mayWait: () => accessors.get(name)?.some((accessor) => accessor.waits) === true,
    });
  }

  // -- functions and classes ---------------------------------------------------------------------

  #function(node: FunctionNode, outer: Code, self = nowhere): Place {
    const code = this.#newCode('function', node, outer);
    code.self = self;
    if (code.isGenerator) this.#hasGenerators = true;
    const flow = this.#flow;
    const { params } = node;
    params.forEach((param, index) => {
      const place = flow.place();
      code.params[index] = place;
      if (param.type === 'RestElement') {
        flow.edge(code.given, this.#elements);
        this.#bind(param, this.#elements, code);
      } else this.#bind(param, place, code);
    });
    const { body } = node;
    if (body.type === 'BlockStatement') this.#statement(body, code);
    else flow.edge(this.#expression(body, code), code.result);
    if (code.usesArguments) flow.edge(code.given, this.#elements);
    const place = flow.holding(this.#value({ kind: 'function', code }));
    if (node.id) {
      const binding = this.#bindings.get(node.id);
      if (binding !== undefined) flow.edge(place, this.#variable(binding));
    }
    return place;
  }

  #class(node: ClassNode, outer: Code): Place {
    const flow = this.#flow;
    const fields = this.#newCode('fields', node, outer);
    const statics = this.#newCode('static', node, outer);
    const parent = node.superClass ? this.#expression(node.superClass, outer) : nowhere;
    let constructorCode: Code | undefined;
    for (const member of node.body.body) {
      if (member.type === 'MethodDefinition' && member.kind === 'constructor') {
        this.#function(member.value, outer);
        constructorCode = this.codeOf(member.value);
      }
    }
    const facts: ClassFacts = { node, constructorCode, fields, statics, parent };
    this.#classes.set(node, facts);
    const place = flow.holding(this.#value({ kind: 'class', facts }));
    statics.self = place;
    this.#store('constructor', place);
    if (node.id) {
      const binding = this.#bindings.get(node.id);
      if (binding !== undefined) flow.edge(place, this.#variable(binding));
    }
    // The parent's constructor is run by `super()`, written out or not.
    if (node.superClass) {
      (constructorCode ?? fields).sites.push({
        node: node.superClass,
        mayWait: () => this.#construction(parent),
      });
    }
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock') {
        for (const inner of member.body) this.#statement(inner, statics);
        continue;
      }
      if (member.computed) this.#expression(member.key, outer);
      const name = propertyName(member.key, member.computed);
      if (member.type === 'PropertyDefinition') {
        const owner = member.static ? statics : fields;
        if (member.value) this.#store(name, this.#expression(member.value, owner));
      } else if (member.kind !== 'constructor') {
        const self = member.static ? place : nowhere;
        this.#member(member.kind, name, this.#function(member.value, outer, self), member.value);
      }
    }
    return place;
  }

  /** A method, getter or setter of a class or an object. */
  #member(kind: string, name: string | undefined, place: Place, node: AnyNode): void {
    const code = this.codeOf(node);
    if (kind === 'get') {
      this.#store(name, code.result);
      if (name !== undefined) addTo(this.#getters, name, code);
    } else if (kind === 'set') {
      if (name !== undefined) {
        const [param] = code.params;
        if (param !== undefined) this.#flow.edge(this.#property(name), param);
        addTo(this.#setters, name, code);
      }
    } else this.#store(name, place);
  }

  // -- expressions -------------------------------------------------------------------------------

  /** What an expression gives, as far as it may be a function. */
  #expression(node: AnyNode, code: Code): Place {
    const flow = this.#flow;
    switch (node.type) {
      case 'Literal':
      case 'TemplateElement':
        return nowhere;
      case 'Identifier': {
        const binding = this.#bindings.get(node);
        if (binding !== undefined) return this.#variable(binding);
        if (node.name === 'arguments') markArrows(code, (one) => (one.usesArguments = true));
        return this.#global(node.name);
      }
      case 'ThisExpression':
        markArrows(code, (one) => (one.usesThis = true));
        return ownerOf(code).self;
      case 'Super':
        markArrows(code, (one) => {
          one.usesSuper = true;
          one.usesThis = true;
        });
        return nowhere;
      case 'MetaProperty':
        if (node.meta.name === 'new') markArrows(code, (one) => (one.usesNewTarget = true));
        return nowhere;
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#function(node, code);
      case 'ClassExpression':
        return this.#class(node, code);
      case 'ParenthesizedExpression':
        return this.#expression(node.expression, code);
      case 'ChainExpression':
        return this.#expression(node.expression, code);
      case 'MemberExpression': {
        const object = this.#expression(node.object, code);
        if (node.computed) this.#expression(node.property, code);
        const name = propertyName(node.property, node.computed);
        this.#accesses(node, name, this.#getters, code);
        return this.#load(object, name);
      }
      case 'CallExpression':
        return this.#call(node, code);
      case 'NewExpression':
        return this.#new(node, code);
      case 'TaggedTemplateExpression':
        return this.#tagged(node, code);
      case 'AssignmentExpression': {
        const value = this.#expression(node.right, code);
        if (node.operator === '=') {
          this.#bind(node.left, value, code);
          return value;
        }
        const before = this.#expression(node.left, code);
        if (!['&&=', '||=', '??='].includes(node.operator)) {
          this.#bind(node.left, nowhere, code);
          return nowhere;
        }
        const both = flow.place();
        flow.edge(before, both);
        flow.edge(value, both);
        this.#bind(node.left, value, code);
        return both;
      }
      case 'UpdateExpression':
        this.#expression(node.argument, code);
        this.#bind(node.argument, nowhere, code);
        return nowhere;
      case 'ConditionalExpression': {
        this.#expression(node.test, code);
        return this.#either(node.consequent, node.alternate, code);
      }
      case 'LogicalExpression':
        return this.#either(node.left, node.right, code);
      case 'SequenceExpression': {
        let last = nowhere;
        for (const one of node.expressions) last = this.#expression(one, code);
        return last;
      }
      case 'AwaitExpression':
        return this.#expression(node.argument, code);
      case 'YieldExpression': {
        const value = node.argument ? this.#expression(node.argument, code) : nowhere;
        if (node.delegate) {
          this.#iterates(node, code);
          return this.#property('(generator result)');
        }
        flow.edge(value, this.#elements);
        flow.edge(value, this.#property('value'));
        return this.#elements;
      }
      case 'SpreadElement':
        this.#iterates(node, code);
        return this.#expression(node.argument, code);
      case 'ArrayExpression':
        for (const one of node.elements) {
          if (one !== null) flow.edge(this.#expression(one, code), this.#elements);
        }
        return nowhere;
      case 'ObjectExpression':
        return this.#object(node, code);
      default:
        eachChild(node, (child) => {
          this.#expression(child, code);
        });
        return nowhere;
    }
  }

  #either(one: AnyNode, other: AnyNode, code: Code): Place {
    const both = this.#flow.place();
    this.#flow.edge(this.#expression(one, code), both);
    this.#flow.edge(this.#expression(other, code), both);
    return both;
  }

  #object(node: ObjectExpression, code: Code): Place {
    for (const part of node.properties) {
      if (part.type === 'SpreadElement') {
        // A module that is spread leaves its functions under their names.
        this.#flow.each(this.#expression(part.argument, code), (value) => {
          const meaning = this.#meanings[value] as Meaning;
          if (meaning.kind !== 'module') return;
          for (const [name, field] of meaning.fields) this.#flow.add(this.#property(name), field);
        });
        continue;
      }
      if (part.computed) this.#expression(part.key, code);
      const name = propertyName(part.key, part.computed);
      const value = this.#expression(part.value, code);
      if (part.kind === 'init') this.#store(name, value);
      else this.#member(part.kind, name, value, part.value);
    }
    return nowhere;
  }

  #arguments(nodes: readonly AnyNode[], code: Code): { args: Place[]; isSpread: boolean } {
    let isSpread = false;
    const args = nodes.map((node) => {
      if (node.type !== 'SpreadElement') return this.#expression(node, code);
      isSpread = true;
      this.#expression(node, code);
      return this.#elements;
    });
    return { args, isSpread };
  }

  #call(node: CallExpression, code: Code): Place {
    const helped = this.#helperCall(node, code);
    if (helped !== undefined) return helped;
    const flow = this.#flow;
    let { callee } = node as { callee: AnyNode };
    while (callee.type === 'ParenthesizedExpression' || callee.type === 'ChainExpression') {
      callee = callee.expression;
    }
    if (callee.type === 'Super') {
      this.#expression(callee, code);
      const { args, isSpread } = this.#arguments(node.arguments, code);
      const owner = this.#enclosingClass(code);
      if (owner !== undefined) {
        const { parent } = owner;
        flow.each(parent, (value) => this.#construct(value, args, isSpread));
        code.sites.push({ node, mayWait: () => this.#construction(parent) });
      }
      return nowhere;
    }
    let receiver = nowhere;
    let place: Place;
    let name: string | undefined;
    if (callee.type === 'MemberExpression') {
      receiver = this.#expression(callee.object, code);
      if (callee.computed) this.#expression(callee.property, code);
      name = propertyName(callee.property, callee.computed);
      this.#accesses(callee, name, this.#getters, code);
      place = this.#load(receiver, name);
    } else {
      place = this.#expression(callee, code);
    }
    const { args, isSpread } = this.#arguments(node.arguments, code);
    return this.#invoke(node, code, place, receiver, name, args, node.arguments, isSpread);
  }

  #tagged(node: TaggedTemplateExpression, code: Code): Place {
    const { tag } = node;
    let receiver = nowhere;
    let name: string | undefined;
    let place: Place;
    if (tag.type === 'MemberExpression') {
      receiver = this.#expression(tag.object, code);
      if (tag.computed) this.#expression(tag.property, code);
      name = propertyName(tag.property, tag.computed);
      place = this.#load(receiver, name);
    } else place = this.#expression(tag, code);
    const values = node.quasi.expressions;
    const { args } = this.#arguments(values, code);
    return this.#invoke(node, code, place, receiver, name, [nowhere, ...args], values, false);
  }

  #invoke(
    node: AnyNode,
    code: Code,
    callee: Place,
    receiver: Place,
    name: string | undefined,
    args: Place[],
    argNodes: readonly AnyNode[],
    isSpread: boolean,
  ): Place {
    const flow = this.#flow;
    const result = flow.place();
    const call: CallSite = { callee, args, argNodes, result, receiver, name, isNative: false };
    this.#calls.push(call);
    flow.each(callee, (value) => {
      if (value === nativeValue) this.#native(call);
      else this.#apply(value, args, result, isSpread);
    });
    if (name === 'call') {
      flow.each(receiver, (value) => this.#apply(value, args.slice(1), result, isSpread));
    } else if (name === 'apply') {
      const callees = [receiver, args[0] ?? nowhere];
      for (const one of callees) {
        flow.each(one, (value) => this.#apply(value, [this.#elements], result, true));
      }
    } else if (name === 'bind') {
      flow.edge(receiver, result);
      flow.each(receiver, (value) => this.#apply(value, args.slice(1), nowhere, true));
    }
    this.#callAt.set(node, call);
    code.sites.push({ node, mayWait: () => this.#callMayWait(call) });
    return result;
  }

  #apply(value: Value, args: readonly Place[], result: Place, isSpread: boolean): void {
    const flow = this.#flow;
    const meaning = this.#meanings[value] as Meaning;
    if (meaning.kind === 'any') {
      for (const arg of args) flow.edge(arg, this.#anyGiven);
      flow.edge(this.#anyResult, result);
    } else if (meaning.kind === 'function') {
      const { code } = meaning;
      this.#give(code, args, isSpread);
      if (code.isGenerator) flow.edge(code.result, this.#property('(generator result)'));
      else flow.edge(code.result, result);
      if (code.isGenerator) flow.edge(code.result, this.#property('value'));
    } else if (meaning.kind === 'role' && meaning.role === 'calls') {
      flow.each(args[1] ?? nowhere, (callback) => this.#apply(callback, [], result, false));
    } else if (meaning.kind === 'role' && meaning.role === 'connects') {
      // A spread may have put it anywhere.
      for (const arg of args) {
        flow.each(arg, (callback) => this.#apply(callback, [this.#socket()], nowhere, isSpread));
      }
    } else if (meaning.kind === 'role' && meaning.role === 'judges') {
      // Predicates lie in properties of any name; what is judged is given to functions of any.
      flow.edge(args[0] ?? nowhere, this.#anyGiven);
    }
  }

  #give(code: Code, args: readonly Place[], isSpread: boolean): void {
    args.forEach((arg, index) => {
      const param = code.params[index];
      if (param !== undefined) this.#flow.edge(arg, param);
      this.#flow.edge(arg, code.given);
    });
    if (isSpread) this.#smear(code);
  }

  /** A call of a built-in function: it may call what it is given, with what lies in collections. */
  #native(call: CallSite): void {
    if (call.isNative) return;
    call.isNative = true;
    const flow = this.#flow;
    const callsBack = call.name !== undefined && pausableNames.has(call.name);
    for (const arg of call.args) {
      flow.each(arg, (value) => {
        const meaning = this.#meanings[value] as Meaning;
        if (meaning.kind !== 'function') return;
        const { code } = meaning;
        flow.edge(this.#elements, code.given);
        flow.edge(call.receiver, code.given);
        this.#smear(code);
        flow.edge(code.result, this.#elements);
        flow.edge(code.result, call.result);
      });
      // Unless it is known only to call its arguments, it may keep them.
      if (!callsBack) flow.edge(arg, this.#elements);
    }
    flow.edge(this.#elements, call.result);
    flow.edge(call.receiver, call.result);
  }

  #new(node: NewExpression, code: Code): Place {
    const callee = this.#expression(node.callee, code);
    const { args, isSpread } = this.#arguments(node.arguments, code);
    const flow = this.#flow;
    const result = flow.place();
    const call: CallSite = {
      callee,
      args,
      argNodes: node.arguments,
      result,
      receiver: nowhere,
      name: undefined,
      isNative: false,
    };
    this.#calls.push(call);
    flow.each(callee, (value) => {
      if (value === nativeValue) this.#native(call);
      else this.#construct(value, args, isSpread);
    });
    code.sites.push({
      node,
      mayWait: () =>
        this.#construction(callee) ||
        (call.isNative && (this.#someCallable(args) || this.#iterationMayWait())),
    });
    return result;
  }

  /** `seen`: a class may flow into its own heritage. */
  #construct(
    value: Value,
    args: readonly Place[],
    isSpread: boolean,
    seen = new Set<Value>(),
  ): void {
    if (seen.has(value)) return;
    seen.add(value);
    const meaning = this.#meanings[value] as Meaning;
    if (meaning.kind === 'any') {
      for (const arg of args) this.#flow.edge(arg, this.#anyGiven);
    } else if (meaning.kind === 'function') {
      this.#give(meaning.code, args, isSpread);
    } else if (meaning.kind === 'class') {
      const { constructorCode, parent, node } = meaning.facts;
      if (constructorCode !== undefined) this.#give(constructorCode, args, isSpread);
      else if (node.superClass) {
        this.#flow.each(parent, (above) => this.#construct(above, args, isSpread, seen));
      }
    }
  }

  /** Calls of the bundler's own helpers mean more than their code says. */
  #helperCall(node: CallExpression, code: Code): Place | undefined {
    const { callee } = node;
    if (callee.type !== 'Identifier' || !helperPattern.test(callee.name)) return undefined;
    const [first, second] = node.arguments;
    const flow = this.#flow;
    switch (callee.name) {
      case '__toESM': {
        const module = first === undefined ? nowhere : this.#expression(first, code);
        flow.edge(module, this.#property('default'));
        return module;
      }
      case '__require':
        if (first?.type === 'Literal') {
          const made = this.#module(String(first.value));
          if (made !== undefined) return flow.holding(made.all);
        }
        return nowhere;
      case '__export':
        if (second?.type !== 'ObjectExpression') return undefined;
        for (const part of second.properties) {
          if (part.type === 'SpreadElement') continue;
          this.#expression(part.value, code);
          const getter = this.#codes.get(part.value);
          const name = propertyName(part.key, part.computed);
          if (getter !== undefined) this.#store(name, getter.result);
        }
        return nowhere;
      case '__commonJS':
      case '__esm': {
        const wrapper = first?.type === 'ObjectExpression' ? first.properties[0] : undefined;
        if (wrapper?.type !== 'Property') return undefined;
        const place = this.#expression(wrapper.value, code);
        const body = this.#codes.get(wrapper.value);
        if (body !== undefined) flow.edge(this.#property('exports'), body.result);
        return place;
      }
      default:
        return undefined;
    }
  }

  #enclosingClass(code: Code): ClassFacts | undefined {
    const owner = ownerOf(code);
    for (const facts of this.#classes.values()) {
      if (facts.constructorCode === owner || facts.fields === owner) return facts;
    }
    return undefined;
  }

  // -- who waits ---------------------------------------------------------------------------------

  #waits(value: Value): boolean {
    const meaning = this.#meanings[value] as Meaning;
    if (meaning.kind === 'any') return this.#anyWaits();
    if (meaning.kind === 'role') return meaning.role === 'waits' || meaning.role === 'connects';
    return meaning.kind === 'function' && meaning.code.waits && !meaning.code.isGenerator;
  }

  #anyWaitsKnown = false;
  #anyWaits(): boolean {
    if (this.#anyWaitsKnown) return true;
    for (const value of this.#flow.escaped) {
      if (!this.#waits(value)) continue;
      this.#anyWaitsKnown = true;
      return true;
    }
    return false;
  }

  #somethingWaits(place: Place): boolean {
    for (const value of this.#flow.valuesIn(place)) if (this.#waits(value)) return true;
    return false;
  }

  #someCallable(places: readonly Place[]): boolean {
    return places.some((place) => this.#somethingWaits(place));
  }

  #callMayWait(call: CallSite): boolean {
    const { callee, args, argNodes, name, receiver } = call;
    for (const value of this.#flow.valuesIn(callee)) {
      if (this.#waits(value)) return true;
      const meaning = this.#meanings[value] as Meaning;
      if (meaning.kind !== 'role') continue;
      if (meaning.role === 'calls' && this.#somethingWaits(args[1] ?? nowhere)) return true;
      if (meaning.role === 'judges' && this.#predicatesWait(argNodes[1])) return true;
    }
    if (name !== undefined && iteratorMethods.has(name) && this.#iterationMayWait()) return true;
    if (!call.isNative) return false;
    if (name === 'from') return this.#someCallable(args) || this.#iterationMayWait();
    if (name === 'call' || name === 'apply' || name === 'construct') {
      return this.#somethingWaits(receiver) || this.#someCallable(args);
    }
    // `bind` itself calls nothing; what it gives has the entry of what it was made from.
    if (name === 'bind') return this.#somethingWaits(receiver);
    if (name !== undefined && !pausableNames.has(name)) return false;
    return this.#someCallable(args);
  }

  /** Whether one of the predicates of a check may wait. */
  #predicatesWait(sets: AnyNode | undefined): boolean {
    if (sets?.type !== 'ObjectExpression') return this.#somethingWaits(this.#anything);
    return sets.properties.some((part) => {
      if (part.type === 'SpreadElement') return this.#somethingWaits(this.#anything);
      const code = this.#codes.get(part.value);
      if (code !== undefined) return code.waits;
      if (part.value.type === 'Literal') return false;
      const name = propertyName(part.key, part.computed);
      return this.#somethingWaits(name === undefined ? this.#anything : this.#property(name));
    });
  }

  #construction(callee: Place): boolean {
    for (const value of this.#flow.valuesIn(callee)) {
      const meaning = this.#meanings[value] as Meaning;
      if (meaning.kind === 'any') {
        for (const one of this.#flow.escaped) if (this.#constructorValueWaits(one)) return true;
      } else if (this.#constructorValueWaits(value)) return true;
    }
    return false;
  }

  #constructorValueWaits(value: Value): boolean {
    const meaning = this.#meanings[value] as Meaning;
    if (meaning.kind === 'class') return constructionWaits(meaning.facts);
    return meaning.kind === 'function' && meaning.code.waits && !meaning.code.isGenerator;
  }

  #iterationKnown = false;
  #iterationMayWait(): boolean {
    if (this.#iterationKnown) return true;
    let waits = false;
    if (this.#hasGenerators) {
      for (const code of this.#all) waits ||= code.isGenerator && code.waits;
    }
    for (const name of ['next', 'return', 'throw']) {
      const place = this.#properties.get(name);
      waits ||= place !== undefined && this.#somethingWaits(place);
    }
    waits ||= this.#symbolMethodWaits();
    this.#iterationKnown = waits;
    return waits;
  }

  /** A method under a computed name, such as `[Symbol.iterator]`. */
  #symbolMethodWaits(): boolean {
    return this.#somethingWaits(this.#unnamed);
  }

  /** Spreads waiting from the functions called to those that call, until no more are found. */
  #spreadWaiting(): boolean {
    for (let changed = true; changed; ) {
      changed = false;
      for (const code of this.#all) {
        if (code.waits || !code.sites.some((site) => site.mayWait())) continue;
        code.waits = true;
        changed = true;
      }
    }
    return this.#iterationMayWait();
  }
}

/** Why a function cannot be made a generator, and what to write instead; undefined when it can. */
export function cannotPause(code: Code): { what: string; instead: string } | undefined {
  if (code.isAsync && code.isGenerator) {
    return {
      what: 'an asynchronous generator',
      instead: 'make it a generator without async, or await http.asyncRequest() in it',
    };
  }
  if (code.usesNewTarget && code.node.type !== 'ArrowFunctionExpression') {
    return {
      what: 'a function that uses new.target',
      instead: 'move the call into a method that is called after the object is made',
    };
  }
  return undefined;
}

function constructionWaits({ constructorCode, fields }: ClassFacts): boolean {
  return constructorCode?.waits === true || fields.waits;
}

function addTo(map: Map<string, Code[]>, name: string, code: Code): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [code]);
  else list.push(code);
}

/** The function whose `this` code means. */
function ownerOf(code: Code): Code {
  let owner = code;
  while (owner.node.type === 'ArrowFunctionExpression' && owner.outer) owner = owner.outer;
  return owner;
}

/** Notes something about the function it is written in, and about the arrow functions in between. */
function markArrows(code: Code, note: (code: Code) => void): void {
  note(code);
  let inner = code;
  while (inner.node.type === 'ArrowFunctionExpression' && inner.outer) {
    inner = inner.outer;
    note(inner);
  }
}

function isStatement({ type }: AnyNode): boolean {
  return type.endsWith('Statement') || type === 'SwitchCase' || type === 'Program';
}
