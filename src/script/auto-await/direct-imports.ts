/**
 * `import http from 'k6/http'` and `http.get(…)` made into `import { get }` and `get(…)` where that is the
 * same. A module's default export holds on to all of its functions, some 9 KB in every VU, and a call
 * through it takes longer.
 */
import { Rope } from './rope.ts';
import { resolveNames } from './scopes.ts';
import type { SourceMapText } from './source-map.ts';
import { type AnyNode, eachChild, type Identifier, type Program, propertyName } from './syntax.ts';

/** Members of default exports that are exports themselves, by module, and need no `this`. */
const members: Readonly<Record<string, RegExp>> = {
  'k6/http':
    /^(?:asyncRequest|batch|cookieJar|CookieJar|del|expectedStatuses|file|get|head|options|patch|post|put|request|setResponseCallback|url|(?:TLS|OCSP)_[A-Z0-9_]+)$/,
};

interface DefaultImport {
  /** What stands between `import` and `from`. */
  specifier: AnyNode;
  module: string;
  known: RegExp;
  local: string;
  uses: { node: AnyNode; property: AnyNode; name: string }[];
  /** It is also used in a way that needs the object. */
  isWhole: boolean;
}

/** The module with such imports and calls replaced. */
export function directImports(
  program: Program,
  code: string,
  map: SourceMapText,
  unseen: string,
): { code: string; map: SourceMapText } {
  const imports = defaultImports(program);
  if (imports.size === 0) return { code, map };
  findUses(program, imports);
  const all = [...imports.values()];
  // Who has the object may give it other members, for all who use it.
  const kept = new Set(all.filter(({ isWhole }) => isWhole).map(({ module }) => module));
  for (const module of otherwiseImported(program)) kept.add(module);
  const edits: { from: number; to: number; text: string; at: number }[] = [];
  for (const { specifier, module, local, uses } of all) {
    const names = [...new Set(uses.map(({ name }) => name))];
    if (kept.has(module) || names.some((name) => code.includes(`${local}$${name}`))) continue;
    const text = `{ ${names.map((name) => `${name} as ${local}$${name}`).join(', ')} }`;
    edits.push({ from: specifier.start, to: specifier.end, text, at: specifier.start });
    for (const { node, property, name } of uses) {
      // A call of a member stands where the member's name does.
      const at = property.start;
      edits.push({ from: node.start, to: node.end, text: `${local}$${name}`, at });
    }
  }
  const rope = new Rope();
  let at = 0;
  for (const { from, to, text, at: place } of edits.sort((a, b) => a.from - b.from)) {
    rope.copy(at, from);
    rope.write(text, place);
    at = to;
  }
  rope.copy(at, code.length);
  return rope.finish(code, map, unseen);
}

/** Imports of nothing but a default export, by the variable's declaration. */
function defaultImports(program: Program): Map<Identifier, DefaultImport> {
  const imports = new Map<Identifier, DefaultImport>();
  for (const node of program.body) {
    if (node.type !== 'ImportDeclaration' || node.specifiers.length !== 1) continue;
    const [specifier] = node.specifiers;
    const module = String(node.source.value);
    const known = Object.hasOwn(members, module) ? members[module] : undefined;
    if (known === undefined || specifier?.type !== 'ImportDefaultSpecifier') continue;
    const { local } = specifier;
    imports.set(local, { specifier, module, known, local: local.name, uses: [], isWhole: false });
  }
  return imports;
}

/** Modules whose default export somebody may get in another way. */
function otherwiseImported(program: Program): string[] {
  return program.body.flatMap((node) => {
    if (node.type !== 'ImportDeclaration') return [];
    const { specifiers } = node;
    const isPlain =
      (specifiers.length === 1 && specifiers[0]?.type === 'ImportDefaultSpecifier') ||
      specifiers.every(
        (one) => one.type === 'ImportSpecifier' && propertyName(one.imported, false) !== 'default',
      );
    return isPlain ? [] : [String(node.source.value)];
  });
}

function findUses(program: Program, imports: ReadonlyMap<Identifier, DefaultImport>): void {
  const bindings = resolveNames(program);
  const byBinding = new Map(
    [...imports].map(([local, one]) => [bindings.get(local), one] as const),
  );
  const importOf = (node: AnyNode): DefaultImport | undefined =>
    node.type === 'Identifier' ? byBinding.get(bindings.get(node)) : undefined;

  (function visit(node: AnyNode): void {
    if (node.type === 'ImportDeclaration') return;
    const whole = importOf(node);
    if (whole !== undefined) whole.isWhole = true;
    const isChanged =
      node.type === 'AssignmentExpression'
        ? node.left
        : node.type === 'UpdateExpression' ||
            (node.type === 'UnaryExpression' && node.operator === 'delete')
          ? node.argument
          : undefined;
    eachChild(node, (child) => {
      const used = child.type === 'MemberExpression' ? importOf(child.object) : undefined;
      if (child.type !== 'MemberExpression' || used === undefined) {
        visit(child);
        return;
      }
      const { property, computed, optional } = child;
      const isMember =
        child !== isChanged &&
        !computed &&
        !optional &&
        property.type === 'Identifier' &&
        used.known.test(property.name) &&
        !isTarget(node, child);
      if (isMember) used.uses.push({ node: child, property, name: property.name });
      else {
        used.isWhole = true;
        visit(property);
      }
    });
  })(program);
}

/** Whether a pattern or a loop gives the child a value. */
function isTarget(parent: AnyNode, child: AnyNode): boolean {
  switch (parent.type) {
    case 'ArrayPattern':
    case 'RestElement':
      return true;
    case 'AssignmentPattern':
    case 'ForInStatement':
    case 'ForOfStatement':
      return parent.left === child;
    case 'Property':
      // Whether it stands in a pattern is not known here; nobody loses much.
      return parent.value === child && parent.kind === 'init' && !parent.method;
    default:
      return false;
  }
}
