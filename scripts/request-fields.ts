// Writes docs/reference/request-fields.md: every field of a request, from its type and doc comment.
//   node scripts/request-fields.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const PAGE = join(root, 'docs', 'reference', 'request-fields.md');

/** One field of a request, from its type. */
export interface RequestField {
  readonly name: string;
  /** The interface that it is declared in. */
  readonly owner: 'ChatSettings' | 'ChatRequest';
  readonly type: string;
  readonly text: string;
  readonly defaultValue: string | undefined;
  readonly deprecated: string | undefined;
}

/** Lists the fields in the order of their declaration. */
export function listRequestFields(): readonly RequestField[] {
  const source = readFileSync(join(root, 'packages', 'core', 'src', 'chat', 'request.ts'), 'utf8');
  return (['ChatRequest', 'ChatSettings'] as const).flatMap((owner) => parseFields(extractBody(source, owner), owner));
}

/** Extracts the text between the braces of an interface. Relies on the formatting that Biome enforces. */
function extractBody(source: string, name: string): string {
  const body = new RegExp(`^export interface ${name} [^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source)?.[1];
  if (body === undefined) throw new Error(`request.ts has no interface ${name}.`);
  return body;
}

/** Matches one declaration from its comment on. Comments of nested fields have a deeper indentation. */
const FIELD = /^\/\*\*([\s\S]*?)\*\/\s+readonly (\w+)\??:([\s\S]*);\s*$/;

function parseFields(body: string, owner: RequestField['owner']): readonly RequestField[] {
  return body.split(/^ {2}(?=\/\*\*)/m).flatMap((declaration) => {
    const [, comment, name = '', type = ''] = FIELD.exec(declaration) ?? [];
    if (comment === undefined) return [];
    const words = comment
      .replace(/^\s*\*/gm, '')
      .replace(/\s+/g, ' ')
      .trim();
    const [text = '', ...tags] = words.split(/ ?@(?=defaultValue|deprecated)/);
    return {
      name,
      owner,
      type: formatType(type),
      text: text.trim(),
      defaultValue: extractTag(tags, 'defaultValue'),
      deprecated: extractTag(tags, 'deprecated'),
    };
  });
}

function extractTag(tags: readonly string[], name: string): string | undefined {
  return tags
    .find((tag) => tag.startsWith(name))
    ?.slice(name.length)
    .trim();
}

/** Formats a type in one line, without comments and `readonly`, and with `other text` for an open enum. */
function formatType(type: string): string {
  return type
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll('readonly ', '')
    .replaceAll('(string & {})', 'other text')
    .replace(/Readonly<(Record<[^>]*>)>/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/^ \| | \| null$/g, '')
    .replace(/; }/g, ' }')
    .trim();
}

/** Builds the page. */
export function buildRequestFieldsPage(): string {
  const rows = listRequestFields().map(({ name, owner, type, text, defaultValue, deprecated }) => {
    const setBy = owner === 'ChatSettings' ? 'settings' : 'request';
    const meaning = deprecated === undefined ? text : `${text} **Deprecated.** ${deprecated}`;
    const cells = [`\`${name}\``, `\`${type}\``, meaning, defaultValue ?? '', setBy];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `${HEAD}${rows.join('\n')}\n`;
}

const HEAD = `# The fields of a request

Generated from the types of \`packages/core/src/chat/request.ts\` by \`node scripts/request-fields.ts\`; a test holds it complete
against the official schema. Fields under *settings* can be set for an agent (\`modelSettings\`) and for a run; those under
*request* are set by each request: by the loop, or by the caller of a bare \`ChatModel\`. \`null\` stands for the default
and is not sent. What a server adds beyond these goes into \`extraBody\`, \`headers\` and \`query\` of \`openai()\`.

| field | type | meaning | default | set by |
|---|---|---|---|---|
`;

if (import.meta.main) writeFileSync(PAGE, buildRequestFieldsPage());
