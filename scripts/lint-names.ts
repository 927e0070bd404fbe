// Checks names: functions begin with a verb, types are nouns, exported names are unique in their package.
//   node scripts/lint-names.ts [FOLDER…]
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['packages/*/src', 'scripts', 'examples', 'bench', 'mutation', 'runtimes', 'docs'];

/** A name and the reason why it may stand: `NAME  # reason`. */
function readList(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n');
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [name = '', reason = ''] = line.split('#', 2).map((part) => part.trim());
      return name === '' ? [] : [[name, reason]];
    }),
  );
}

interface Lists {
  readonly verbs: ReadonlyMap<string, string>;
  /** Functions and types that may stand although a rule says otherwise. */
  readonly exceptions: ReadonlyMap<string, string>;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

export interface Declaration {
  readonly kind: 'function' | 'type';
  readonly name: string;
  readonly start: number;
  readonly isExported: boolean;
}

/** Lists the functions, methods and types that a source declares. */
export function listDeclarations(source: string): readonly Declaration[] {
  const found: Declaration[] = [];
  const exported = new Set<unknown>();
  visit(parseAst(source, { lang: 'ts' }) as unknown as Node, (node) => {
    if (node.type === 'ExportNamedDeclaration') exported.add(node['declaration']);
    for (const [name, kind] of readNames(node)) {
      found.push({ kind, name, start: node.start, isExported: exported.has(node) });
    }
  });
  return found;
}

function readNames(node: Node): readonly (readonly [name: string, kind: Declaration['kind']])[] {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
      return readName(node['id'], 'function');
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return readName(node['id'], 'type');
    case 'VariableDeclaration':
      return (node['declarations'] as readonly Node[]).flatMap(({ id, init }) =>
        isFunction(init) ? readName(id, 'function') : [],
      );
    case 'MethodDefinition':
      return node['kind'] === 'method' && node['computed'] !== true ? readName(node['key'], 'function') : [];
    case 'TSMethodSignature':
      return node['kind'] === 'method' && node['computed'] !== true ? readName(node['key'], 'function') : [];
    case 'PropertyDefinition':
      return node['computed'] !== true && isFunction(node['value']) ? readName(node['key'], 'function') : [];
    default:
      return [];
  }
}

function readName(id: unknown, kind: Declaration['kind']): readonly (readonly [string, Declaration['kind']])[] {
  const { name } = (id ?? {}) as { readonly name?: string };
  return name === undefined ? [] : [[name, kind]];
}

function isFunction(value: unknown): boolean {
  const { type } = (value ?? {}) as Partial<Node>;
  return type === 'ArrowFunctionExpression' || type === 'FunctionExpression';
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each === 'object' && each !== null && 'type' in each) visit(each as Node, see);
    }
  }
}

/** Says what is wrong with a name; `undefined` if nothing is. */
export function checkName({ kind, name }: Pick<Declaration, 'kind' | 'name'>, lists: Lists): string | undefined {
  if (lists.exceptions.has(name)) return undefined;
  if (kind === 'type') return checkType(name);
  const [first = ''] = /^[a-z]+/.exec(name) ?? [];
  return lists.verbs.has(first) || /^[A-Z]/.test(name)
    ? undefined
    : `function ${name}: "${first}" is no verb of scripts/verbs.txt`;
}

function checkType(name: string): string | undefined {
  return /(ing|ed)$/.test(name) && !name.endsWith('Event') ? `type ${name}: name it by a noun` : undefined;
}

/** Lists the problems of all files in these folders. @defaultValue all sources */
export function checkNames(folders: readonly string[] = FOLDERS): readonly string[] {
  const lists: Lists = { verbs: readList('verbs.txt'), exceptions: readList('names.txt') };
  const files = folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }))
    .filter((file) => !/\.test\.ts$|node_modules|\/dist\/|-child-text\.ts$/.test(file))
    .sort();
  const exported = new Map<string, string[]>();
  const problems = files.flatMap((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    return listDeclarations(source).flatMap((declared) => {
      const [unit] = /^packages\/\w+/.exec(file) ?? [];
      if (declared.isExported && unit !== undefined) {
        const key = `${unit} ${declared.name}`;
        exported.set(key, [...new Set([...(exported.get(key) ?? []), file])]);
      }
      const problem = checkName(declared, lists);
      return problem === undefined ? [] : [`${file}:${countLines(source, declared.start)} ${problem}`];
    });
  });
  const repeated = [...exported].flatMap(([key, places]) => {
    const [, name = ''] = key.split(' ');
    return places.length < 2 || lists.exceptions.has(name) ? [] : [`${places.join(' and ')}: both export ${name}`];
  });
  return [...problems, ...repeated];
}

function countLines(source: string, start: number): number {
  return source.slice(0, start).split('\n').length;
}

if (import.meta.main) {
  const folders = process.argv.slice(2);
  const problems = checkNames(folders.length === 0 ? undefined : folders);
  if (problems.length > 0) console.error(problems.join('\n'));
  console.log(`${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
