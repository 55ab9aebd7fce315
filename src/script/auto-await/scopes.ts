/** Which variable a name means. Names are never trusted by their spelling: everything goes by binding. */
import {
  type AnyNode,
  type ClassNode,
  eachChild,
  eachTarget,
  type FunctionNode,
  type Identifier,
  isClass,
  isFunction,
  type Program,
} from './syntax.ts';

export interface Binding {
  readonly name: string;
  readonly kind: 'var' | 'let' | 'function' | 'class' | 'param' | 'import';
  /** How often it is given a value, its declaration included. */
  writes: number;
  /** What declares it, when that is a function, a class or an import. */
  readonly declaration: AnyNode | undefined;
}

/** The variable an identifier means; undefined for a global one, and for what is no variable. */
export type Bindings = ReadonlyMap<Identifier, Binding>;

class Scope {
  readonly #parent: Scope | undefined;
  readonly #names = new Map<string, Binding>();

  constructor(parent: Scope | undefined) {
    this.#parent = parent;
  }

  declare(name: string, kind: Binding['kind'], declaration?: AnyNode): Binding {
    const before = this.#names.get(name);
    // `var` may repeat; so may functions, and the last one counts.
    if (before !== undefined && kind !== 'function') return before;
    const binding: Binding = { name, kind, writes: before?.writes ?? 0, declaration };
    this.#names.set(name, binding);
    return binding;
  }

  find(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.#parent?.find(name);
  }
}

/** Finds the variable of every identifier in a module. */
export function resolveNames(program: Program): Bindings {
  const bindings = new Map<Identifier, Binding>();
  const top = new Scope(undefined);
  for (const node of program.body) {
    if (node.type !== 'ImportDeclaration') continue;
    for (const { local } of node.specifiers) {
      bindings.set(local, top.declare(local.name, 'import', node));
    }
  }
  hoist(program, top);
  declareLexical(program.body, top);
  for (const node of program.body) if (node.type !== 'ImportDeclaration') visit(node, top);
  return bindings;

  function written(target: Identifier, scope: Scope): void {
    const binding = scope.find(target.name);
    if (binding === undefined) return;
    binding.writes++;
    bindings.set(target, binding);
  }

  function visitAll(nodes: readonly (AnyNode | null)[], scope: Scope): void {
    for (const node of nodes) if (node !== null) visit(node, scope);
  }

  function visit(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'Identifier': {
        const binding = scope.find(node.name);
        if (binding !== undefined) bindings.set(node, binding);
        return;
      }
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        visitFunction(node, scope);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        visitClass(node, scope);
        return;
      case 'BlockStatement':
      case 'StaticBlock': {
        const inner = new Scope(scope);
        if (node.type === 'StaticBlock') hoist(node, inner);
        declareLexical(node.body, inner);
        visitAll(node.body, inner);
        return;
      }
      case 'SwitchStatement': {
        visit(node.discriminant, scope);
        const inner = new Scope(scope);
        for (const { consequent } of node.cases) declareLexical(consequent, inner);
        for (const { test, consequent } of node.cases) {
          if (test) visit(test, inner);
          visitAll(consequent, inner);
        }
        return;
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement': {
        const inner = new Scope(scope);
        const head = node.type === 'ForStatement' ? node.init : node.left;
        if (head?.type === 'VariableDeclaration') declareLexical([head], inner);
        if (node.type !== 'ForStatement' && head) writeTargets(head, inner);
        eachChild(node, (child) => visit(child, inner));
        return;
      }
      case 'CatchClause': {
        const inner = new Scope(scope);
        if (node.param) {
          eachTarget(node.param, ({ name }) => {
            inner.declare(name, 'let').writes++;
          });
          visit(node.param, inner);
        }
        visit(node.body, inner);
        return;
      }
      case 'VariableDeclarator':
        if (node.init) {
          writeTargets(node.id, scope);
          visit(node.init, scope);
        }
        visit(node.id, scope);
        return;
      case 'AssignmentExpression':
        writeTargets(node.left, scope);
        visit(node.left, scope);
        visit(node.right, scope);
        return;
      case 'UpdateExpression':
        writeTargets(node.argument, scope);
        visit(node.argument, scope);
        return;
      case 'MemberExpression':
        visit(node.object, scope);
        if (node.computed) visit(node.property, scope);
        return;
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        if (node.computed) visit(node.key, scope);
        if (node.value) visit(node.value, scope);
        return;
      case 'LabeledStatement':
        visit(node.body, scope);
        return;
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return;
      case 'ExportNamedDeclaration':
        if (node.declaration) visit(node.declaration, scope);
        if (node.source) return;
        for (const { local } of node.specifiers) visit(local, scope);
        return;
      default:
        eachChild(node, (child) => visit(child, scope));
    }
  }

  function writeTargets(pattern: AnyNode, scope: Scope): void {
    if (pattern.type === 'VariableDeclaration') {
      for (const { id } of pattern.declarations) writeTargets(id, scope);
      return;
    }
    eachTarget(pattern, (target) => written(target, scope));
  }

  function visitFunction(node: FunctionNode, outer: Scope): void {
    let scope = outer;
    if (node.type === 'FunctionExpression' && node.id) {
      scope = new Scope(outer);
      scope.declare(node.id.name, 'function', node).writes++;
    }
    if (node.id) visit(node.id, scope);
    const inner = new Scope(scope);
    for (const param of node.params) {
      eachTarget(param, ({ name }) => {
        inner.declare(name, 'param').writes++;
      });
    }
    visitAll(node.params, inner);
    const { body } = node;
    if (body.type !== 'BlockStatement') {
      visit(body, inner);
      return;
    }
    // A `var` of the body is the parameter of that name; anything else would hide it.
    hoist(body, inner);
    const block = new Scope(inner);
    declareLexical(
      body.body.filter(({ type }) => type !== 'FunctionDeclaration'),
      block,
    );
    visitAll(body.body, block);
  }

  function visitClass(node: ClassNode, outer: Scope): void {
    const scope = new Scope(outer);
    if (node.id) {
      if (node.type === 'ClassExpression') scope.declare(node.id.name, 'class', node).writes++;
      visit(node.id, scope);
    }
    if (node.superClass) visit(node.superClass, scope);
    visitAll(node.body.body, scope);
  }
}

/** Declares what a function's (or the module's) statements hoist to its top. */
function hoist(owner: AnyNode, scope: Scope): void {
  const { body } = owner as { body: readonly AnyNode[] };
  for (const node of body) {
    const declaration =
      node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration'
        ? node.declaration
        : node;
    if (declaration?.type === 'FunctionDeclaration' && declaration.id) {
      scope.declare(declaration.id.name, 'function', declaration).writes++;
    }
  }
  const look = (node: AnyNode): void => {
    if (isFunction(node) || isClass(node)) return;
    if (node.type === 'VariableDeclaration') {
      if (node.kind !== 'var') return;
      for (const { id } of node.declarations) {
        eachTarget(id, ({ name }) => {
          scope.declare(name, 'var');
        });
      }
    } else if (mayHoldStatements.has(node.type)) eachChild(node, look);
  };
  for (const node of body) look(node);
}

const mayHoldStatements = new Set<AnyNode['type']>([
  'ExportNamedDeclaration',
  'BlockStatement',
  'IfStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'TryStatement',
  'CatchClause',
  'SwitchStatement',
  'SwitchCase',
  'LabeledStatement',
]);

/** Declares what a block's own statements declare in it. */
function declareLexical(nodes: readonly AnyNode[], scope: Scope): void {
  for (const outer of nodes) {
    const node =
      outer.type === 'ExportNamedDeclaration' || outer.type === 'ExportDefaultDeclaration'
        ? outer.declaration
        : outer;
    if (node?.type === 'VariableDeclaration' && node.kind !== 'var') {
      for (const { id } of node.declarations) {
        eachTarget(id, ({ name }) => {
          scope.declare(name, 'let');
        });
      }
    } else if (node?.type === 'ClassDeclaration' && node.id) {
      scope.declare(node.id.name, 'class', node).writes++;
    } else if (node?.type === 'FunctionDeclaration' && node.id && outer === node) {
      // At the top of a function it is hoisted already.
      if (scope.find(node.id.name)?.declaration === node) continue;
      scope.declare(node.id.name, 'function', node).writes++;
    }
  }
}
