// Reads declarations of interfaces and type aliases, with their doc comments, for the generated pages. TypeScript 7 has no API for
// that. Biome keeps the source in the one form that is read here.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type EntryPoint, readEntryPoints } from './code-blocks/site-link.ts';

const root = join(import.meta.dirname, '..');

/** A member of an interface. */
export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  readonly type: string;
  readonly doc: Doc;
}

/** A doc comment: its text, and what its tags say. */
export interface Doc {
  readonly text: string;
  readonly defaultValue?: string;
}

/** An interface or a type alias. */
export interface Declaration {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly doc: Doc;
  /** What an interface extends, and the right side of a type alias. */
  readonly from: readonly string[];
  /** The text between the braces of an interface. */
  readonly body: string;
}

/** An entry point, and the declarations that it exports. */
export interface ExportedTypes {
  readonly entry: EntryPoint;
  readonly names: readonly string[];
}

const files = globSync('packages/*/src/**/*.ts', { cwd: root })
  .filter((file) => !/\.(test|fixture|test-d)\.ts$/.test(file))
  .sort();

const declarations = new Map<string, readonly Declaration[]>();
for (const file of files) {
  for (const declaration of readDeclarations(file)) {
    declarations.set(declaration.name, [...(declarations.get(declaration.name) ?? []), declaration]);
  }
}

/** The names of all types and values that each entry point exports, sorted. */
export function readExports(): readonly ExportedTypes[] {
  return readEntryPoints().map((entry) => ({ entry, names: [...new Set(listNamesIn(entry.file))].sort() }));
}

function listNamesIn(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').flatMap((each) => /(\w+)\s*$/.exec(each.trim())?.[1] ?? []),
  );
  const own = [...text.matchAll(/^export (?:abstract |async )?(?:interface|type|class|function|const) (\w+)/gm)];
  const wildcards = [...text.matchAll(/^export (?:type )?\* from '(\.[^']+)'/gm)];
  const others = wildcards.flatMap(([, path = '']) => listNamesIn(join(dirname(file), path)));
  return [...listed, ...own.map(([, name = '']) => name), ...others];
}

/** The declaration of a name; of several with that name, the one in the same package as `near`, and the exported one first. */
export function findDeclaration(name: string, near: string): Declaration | undefined {
  const all = declarations.get(name) ?? [];
  const folder = near.split('/').slice(0, 2).join('/');
  return all.find(({ file }) => file === near) ?? all.find(({ file }) => file.startsWith(folder)) ?? all[0];
}

/** The members of a declaration, those that it takes over included; the order is that of the source. */
export function listMembers(declaration: Declaration): readonly Member[] {
  const inherited = declaration.from.flatMap((type) => readMembersOfType(type, declaration.file));
  const own = readMembers(declaration.body);
  const all = new Map<string, Member>();
  for (const member of [...inherited, ...own]) {
    const before = all.get(member.name);
    const isSame = before === undefined || before.doc.text === '' || member.doc.text !== '';
    all.set(member.name, isSame ? member : { ...member, doc: before.doc });
  }
  return [...all.values()];
}

/** The members of a type expression: a name, `Pick`, `Omit`, `Partial`, an object, or a combination of these. */
function readMembersOfType(type: string, file: string): readonly Member[] {
  const text = type.trim().replace(/^[|&]\s*/, '');
  for (const operator of ['&', '|'] as const) {
    const parts = splitAt(text, operator);
    if (parts.length > 1) return parts.flatMap((part) => readMembersOfType(part, file));
  }
  if (text.startsWith('(')) return readMembersOfType(text.slice(1, -1), file);
  if (text.startsWith('{')) return readMembers(text.slice(1, -1));
  const [, name = '', given = ''] = /^(\w+)(?:<([\s\S]*)>)?$/.exec(text) ?? [];
  const [first = '', second = ''] = splitAt(given, ',');
  const keys = [...second.matchAll(/'([^']+)'/g)].map(([, key]) => key);
  switch (name) {
    case 'Pick':
      return readMembersOfType(first, file).filter((member) => keys.includes(member.name));
    case 'Omit':
      return readMembersOfType(first, file).filter((member) => !keys.includes(member.name));
    case 'Partial':
    case 'Required':
    case 'Readonly':
      return readMembersOfType(first, file);
  }
  const declaration = findDeclaration(name, file);
  return declaration === undefined ? [] : listMembers(declaration);
}

function readDeclarations(file: string): readonly Declaration[] {
  const text = readFileSync(join(root, file), 'utf8');
  const interfaces = [...text.matchAll(/^(?:export )?interface (\w+)([^{]*?)\{(\n[\s\S]*?^)?\}/gm)].map((match) => {
    const [, name = '', head = '', body = ''] = match;
    const [, extended = ''] = /\bextends ([\s\S]*)$/.exec(removeParameters(head)) ?? [];
    return { name, file, doc: readDocBefore(text, match.index), from: splitAt(extended, ',').filter(Boolean), body };
  });
  const aliases = [...text.matchAll(/^(?:export )?type (\w+)(?:<[^=]*>)? =([\s\S]*?);$/gm)].map((match) => {
    const [, name = '', right = ''] = match;
    return { name, file, doc: readDocBefore(text, match.index), from: [right.trim()], body: '' };
  });
  return [...interfaces, ...aliases];
}

/** `<Input, Context extends object>` in front of `extends`. */
function removeParameters(head: string): string {
  const text = head.trim();
  if (!text.startsWith('<')) return text;
  let depth = 0;
  for (const [index, sign] of [...text].entries()) {
    if (sign === '<') depth++;
    if (sign === '>') depth--;
    if (depth === 0) return text.slice(index + 1).trim();
  }
  return '';
}

function readDocBefore(text: string, index: number): Doc {
  const [, comment = ''] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n$/.exec(text.slice(0, index)) ?? [];
  return readDoc(comment);
}

function readDoc(comment: string): Doc {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
  const text = lines.join('\n').trim();
  const [words = '', ...tags] = text.split(/(?:^|\s)@(?=[a-z]\w*\b)/);
  const defaultValue = tags.find((tag) => tag.startsWith('defaultValue'))?.slice('defaultValue'.length);
  return {
    text: toLine(words),
    ...(defaultValue !== undefined && { defaultValue: toLine(defaultValue) }),
  };
}

/** One line; list items are separated by semicolons. */
function toLine(text: string): string {
  return text
    .replaceAll(/\n\s*(?:-|\d+\.) /g, ' · ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\{@link (\S+?)\}/g, '`$1`')
    .trim();
}

function readMembers(body: string): readonly Member[] {
  const members: Member[] = [];
  let rest = body;
  for (;;) {
    rest = rest.trimStart();
    if (rest === '') return members;
    let comment = '';
    const doc = /^\/\*\*((?:(?!\*\/)[\s\S])*)\*\//.exec(rest);
    if (doc !== null) {
      comment = doc[1] ?? '';
      rest = rest.slice(doc[0].length).trimStart();
    }
    if (rest.startsWith('//')) {
      rest = rest.slice(rest.indexOf('\n') + 1);
      continue;
    }
    const end = findMemberEnd(rest);
    const text = rest.slice(0, end);
    rest = rest.slice(end + 1);
    const [, name, optional, type = ''] = /^(?:readonly )?'?([\w.~]+)'?(\??)\s*([:(<][\s\S]*)$/.exec(text) ?? [];
    if (name === undefined) continue;
    members.push({ name, isOptional: optional === '?', type: formatType(type), doc: readDoc(comment) });
  }
}

/** Where the member ends that the text begins with: the first `;` outside of all brackets, or the end. */
function findMemberEnd(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    if (text.startsWith('/**', index)) index = text.indexOf('*/', index) + 1;
    const sign = text[index] ?? '';
    if ('{(['.includes(sign)) depth++;
    if ('})]'.includes(sign)) depth--;
    if (sign === ';' && depth === 0) return index;
  }
  return text.length;
}

/** A method is shown as the function that it is. */
function formatType(declared: string): string {
  const text = declared.replaceAll(/\/\*\*[\s\S]*?\*\//g, '').replaceAll(/\s+/g, ' ');
  const method = /^(?:<[^(]*>)?(\([\s\S]*\)): ?([^:]*)$/.exec(text);
  const type = text.startsWith(':') ? text.slice(1) : method === null ? text : `${method[1]} => ${method[2]}`;
  return type
    .replaceAll(/\breadonly /g, '')
    .replaceAll(/NoInfer<(\w+)>/g, '$1')
    .replaceAll(/; \}/g, ' }')
    .replaceAll(/,? \)/g, ')')
    .replaceAll(/\( /g, '(')
    .replace(/^ ?\| /, '')
    .trim();
}

/** The parts between the operators that stand outside of all brackets and texts. */
export function splitAt(text: string, operator: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  let quote = '';
  for (const [index, sign] of [...text].entries()) {
    const isArrow = sign === '>' && text[index - 1] === '=';
    if (quote === '' && '<{(['.includes(sign)) depth++;
    if (quote === '' && '>})]'.includes(sign) && !isArrow) depth--;
    if (sign === "'") quote = quote === '' ? sign : '';
    if (sign === operator && depth === 0 && quote === '') {
      parts.push(part.trim());
      part = '';
    } else part += sign;
  }
  parts.push(part.trim());
  return parts.filter((each) => each !== '');
}
