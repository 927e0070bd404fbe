// Writes docs/reference/options.md: every options object that users pass, from its type and doc comments.
//   node scripts/options.ts
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Declaration, findDeclaration, listMembers, type Member, readExports } from './read-types.ts';

const PAGE = join('docs', 'reference', 'options.md');

/** Types of options whose names do not say so. */
const FURTHER = ['Limits', 'Price', 'RateLimit', 'ResponseLimits', 'RetryPolicy', 'RunFilter', 'ToolRetry'];
/** A type that is not exported by name: the type of `timeouts`. */
const NESTED = ['Timeouts'];
/** Options of error classes, which Pawl constructs. */
const INTERNAL = /ErrorOptions$/;

export interface OptionsType {
  readonly entry: string;
  readonly declaration: Declaration;
  readonly members: readonly Member[];
}

/** Every exported type of options with its members, each at the first entry point that exports it. */
export function readOptions(): readonly OptionsType[] {
  const seen = new Set<string>();
  return readExports().flatMap(({ entry, names }) =>
    [...names, ...(entry.name === '@pawl/core' ? NESTED : [])].sort().flatMap((name) => {
      if (seen.has(`${entry.file.split('/')[1]} ${name}`) || INTERNAL.test(name)) return [];
      if (!name.endsWith('Options') && ![...FURTHER, ...NESTED].includes(name)) return [];
      const declaration = findDeclaration(name, entry.file);
      if (declaration === undefined) return [];
      seen.add(`${entry.file.split('/')[1]} ${name}`);
      return [{ entry: entry.name, declaration, members: listMembers(declaration) }];
    }),
  );
}

/** The page as it has to be. */
export function buildOptionsPage(): string {
  const all = readOptions();
  const known = new Set(all.map(({ declaration }) => declaration.name));
  const sections = [...Map.groupBy(all, ({ entry }) => entry)].map(
    ([entry, types]) => `## ${entry}\n\n${types.map((each) => formatSection(each, known)).join('\n')}`,
  );
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

const INTRODUCTION = `# Options

Every options object of the packages, generated from the types by \`node scripts/options.ts\`. An unknown option, or a value of a wrong type, is refused with a
\`ConfigError\` that names the nearest option. Options in **bold** are required. Wire fields that an agent sends are in [Request fields](request-fields.md).
`;

function formatSection({ declaration, members }: OptionsType, known: ReadonlySet<string>): string {
  const { name, doc, file } = declaration;
  const source = `[Source](${relative(join('docs', 'reference'), file)}).`;
  const rows = members.map((member) => [
    member.isOptional ? `\`${member.name}\`` : `**\`${member.name}\`**`,
    known.has(member.type) ? `[\`${member.type}\`](#${member.type.toLowerCase()})` : formatCode(member.type),
    formatText(member.doc.defaultValue ?? ''),
    formatText(member.doc.text),
  ]);
  const table = [
    '| option | type | default | meaning |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
  return [`### ${name}`, '', formatText(`${doc.text} ${source}`.trim()), '', ...table, ''].join('\n');
}

/** A type as code in a cell. */
export function formatCode(type: string): string {
  return `\`${type.replaceAll('|', '\\|')}\``;
}

/** Text in a cell: no bar divides it, and `<` outside of code begins no tag. */
export function formatText(text: string): string {
  const parts = text.replaceAll('|', '\\|').split('`');
  return parts.map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;') : part)).join('`');
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '..', PAGE), buildOptionsPage());
