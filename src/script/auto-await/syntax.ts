/** The syntax tree the pass works on: acorn's, and what there is to ask of it. */
import {
  type AnonymousClassDeclaration,
  type AnonymousFunctionDeclaration,
  type AnyNode,
  type ArrowFunctionExpression,
  type ClassDeclaration,
  type ClassExpression,
  type FunctionDeclaration,
  type FunctionExpression,
  type Identifier,
  type Program,
  parse,
} from 'acorn';

export type { AnyNode, Identifier, Program } from 'acorn';
export type FunctionNode =
  | FunctionDeclaration
  | AnonymousFunctionDeclaration
  | FunctionExpression
  | ArrowFunctionExpression;
export type ClassNode = ClassDeclaration | AnonymousClassDeclaration | ClassExpression;

/** The tree of a module. The bundler made its text, so it can be parsed. */
export function parseModule(code: string): Program {
  return parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

export function isClass(node: AnyNode): node is ClassNode {
  return node.type === 'ClassDeclaration' || node.type === 'ClassExpression';
}

function isNode(value: unknown): value is AnyNode {
  return typeof (value as { type?: unknown } | null)?.type === 'string';
}

/** Calls `visit` for each node right below, in no certain order; one that stands for two comes once. */
export function eachChild(node: AnyNode, visit: (child: AnyNode) => void): void {
  let before: unknown;
  for (const key in node) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item);
    } else if (isNode(value) && value !== before) {
      before = value;
      visit(value);
    }
  }
}

/** The nodes right below in the order of the text. */
export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  eachChild(node, (child) => {
    children.push(child);
  });
  return children.sort((a, b) => a.start - b.start);
}

/** The name of a property that is written out: `o.name`, `o['name']`, `{ name }`; private ones with #. */
export function propertyName(key: AnyNode, computed: boolean): string | undefined {
  if (key.type === 'PrivateIdentifier') return `#${key.name}`;
  if (key.type === 'Identifier' && !computed) return key.name;
  if (key.type === 'Literal' && typeof key.value === 'string') return key.value;
  if (key.type === 'Literal' && typeof key.value === 'number') return String(key.value);
  return undefined;
}

/** The identifiers a pattern binds or assigns to. */
export function eachTarget(pattern: AnyNode, visit: (target: Identifier) => void): void {
  switch (pattern.type) {
    case 'Identifier':
      visit(pattern);
      break;
    case 'ObjectPattern':
      for (const part of pattern.properties) {
        eachTarget(part.type === 'RestElement' ? part.argument : part.value, visit);
      }
      break;
    case 'ArrayPattern':
      for (const part of pattern.elements) if (part !== null) eachTarget(part, visit);
      break;
    case 'AssignmentPattern':
      eachTarget(pattern.left, visit);
      break;
    case 'RestElement':
      eachTarget(pattern.argument, visit);
      break;
    default:
  }
}
