// Writes docs/reference/zod-types.md: the schema of each zod type and the value that comes back, by running each.
//   node scripts/zod-types.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { renderStrictForm } from '../packages/core/src/schema/render-strict-form.ts';
import { compileSchema, type Schema } from '../packages/core/src/schema/schema.ts';
import { zod3 } from '../packages/core/src/schema/zod3.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'zod-types.md');

/** The code of a type, and what a model may send for it. */
type Row = readonly [source: string, sent: string];

const ZOD4: readonly Row[] = [
  ['z.string()', '"Oslo"'],
  ['z.string().min(2).max(5)', '"O"'],
  ['z.string().regex(/^a+$/)', '"aa"'],
  ['z.string().regex(/^(yes|no)$/i)', '"YES"'],
  ['z.string().regex(/^\\p{L}+$/u)', '"é"'],
  ['z.string().startsWith("a").endsWith("z")', '"az"'],
  ['z.email()', '"ada@example.test"'],
  ['z.iso.duration()', '"P1D"'],
  ['z.url()', '"https://example.test/"'],
  ['z.uuid()', '"no"'],
  ['z.iso.datetime()', '"2026-01-02T03:04:05Z"'],
  ['z.number().min(1).max(3)', '2'],
  ['z.int()', '1.5'],
  ['z.number().multipleOf(5)', '10'],
  ['z.boolean()', '"true"'],
  ['z.null()', 'null'],
  ["z.literal('a')", '"a"'],
  ["z.enum(['a', 'b'])", '"c"'],
  ['z.string().optional()', 'null'],
  ['z.string().nullable()', 'null'],
  ['z.string().nullish()', 'null'],
  ["z.string().default('x')", 'null'],
  ["z.string().prefault('x')", 'null'],
  ['z.string().nullable().default(null)', 'null'],
  ["z.string().catch('x')", '7'],
  ['z.uuid().default(() => crypto.randomUUID()).transform(() => "another each time")', 'null'],
  ['z.array(z.string()).default(() => [])', 'null'],
  ["z.string().describe('Where.')", '"Oslo"'],
  ['z.array(z.string()).min(1)', '[]'],
  ['z.tuple([z.string(), z.number()])', '["a", 1]'],
  ['z.array(z.object({ a: z.string(), b: z.number().optional() }))', '[{"a":"x","b":null}]'],
  ['z.never().optional()', 'null'],
  ['z.object({ a: z.string(), b: z.number().optional() })', '{"a":"x","b":null,"c":1}'],
  ['z.strictObject({ a: z.string() })', '{"a":"x","c":1}'],
  ['z.looseObject({ a: z.string() })', '{"a":"x","c":1}'],
  ['z.object({ a: z.string() }).catchall(z.number())', '{"a":"x","c":1}'],
  ['z.record(z.string(), z.number())', '{"x":1}'],
  ["z.partialRecord(z.enum(['a', 'b']), z.number())", '{"a":1}'],
  ['z.union([z.string(), z.number()])', 'true'],
  [
    "z.discriminatedUnion('k', [z.object({ k: z.literal('a'), n: z.string().optional() }), z.object({ k: z.literal('b') })])",
    '{"k":"a","n":null}',
  ],
  ['z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() }))', '{"a":"x","b":"y"}'],
  ['z.unknown()', '{"x":1}'],
  ['z.any()', '1'],
  ['z.json()', '{"x":[1]}'],
  ['z.coerce.number()', '"7"'],
  ['z.stringbool()', '"yes"'],
  ['z.string().transform((text) => text.length)', '"Oslo"'],
  ['z.string().pipe(z.transform(Number))', '"7"'],
  ['z.string().refine((text) => text !== "no", "Not that")', '"no"'],
  [
    'z.codec(z.iso.date(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString().slice(0, 10) })',
    '"2026-01-02"',
  ],
  ['z.string().readonly()', '"a"'],
  ["z.string().brand('City')", '"a"'],
  ['z.templateLiteral(["v", z.number()])', '"v1"'],
  ['z.date()', '""'],
  ['z.bigint()', '""'],
  ['z.map(z.string(), z.string())', '""'],
  ['z.set(z.string())', '""'],
  ['z.symbol()', '""'],
  ['z.function()', '""'],
  ['z.undefined()', '""'],
  ['z.instanceof(URL)', '""'],
  ['z.file()', '""'],
  ['z.nan()', '""'],
  ['z.void()', '""'],
  ['z.int64()', '""'],
  ['z.literal(1n)', '""'],
  ['z.never()', '""'],
];

const ZOD3: readonly Row[] = [
  ['z.string().min(2)', '"O"'],
  ['z.string().email()', '"ada@example.test"'],
  ['z.string().datetime()', '"2026-01-02T03:04:05Z"'],
  ['z.number().int()', '1.5'],
  ["z.enum(['a', 'b'])", '"a"'],
  ["z.literal('a')", '"a"'],
  ['z.string().optional()', 'null'],
  ['z.string().nullable()', 'null'],
  ["z.string().default('x')", 'null'],
  ['z.array(z.string())', '["a"]'],
  ['z.tuple([z.string(), z.number()])', '["a", 1]'],
  ['z.object({ a: z.string(), b: z.number().optional() })', '{"a":"x","b":null,"c":1}'],
  ['z.object({ a: z.string() }).strict()', '{"a":"x"}'],
  ['z.record(z.number())', '{"x":1}'],
  ['z.union([z.string(), z.number()])', '7'],
  ["z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })])", '{"k":"a"}'],
  ['z.string().transform((text) => text.length)', '"Oslo"'],
  ['z.coerce.date()', '"2026-01-02"'],
  ['z.string().regex(/^(yes|no)$/i)', '"YES"'],
  ['z.any()', '1'],
  ['z.date()', '""'],
  ['z.bigint()', '""'],
];

/** Builds the page. */
export async function buildZodTypesPage(): Promise<string> {
  const rows4 = await Promise.all(
    ZOD4.map((row) => formatLine(row, () => z.object({ a: evaluateRow(row, z) as z.ZodType }))),
  );
  const rows3 = await Promise.all(
    ZOD3.map((row) => formatLine(row, () => zod3(z3.object({ a: evaluateRow(row, z3) as z3.ZodType })))),
  );
  return `${INTRODUCTION}## Zod 4\n\n${HEAD}${rows4.join('\n')}\n\n## Zod 3, by \`zod3()\`\n\n${HEAD}${rows3.join('\n')}\n`;
}

function evaluateRow([source]: Row, library: unknown): unknown {
  // Runs the text that the table shows.
  return new Function('z', `return ${source}`)(library);
}

/** Formats a row. The type is the property `a` of an object, as in the input of a tool. */
async function formatLine([source, sent]: Row, schema: () => Schema): Promise<string> {
  try {
    const { jsonSchema, validate } = compileSchema(schema(), 'input');
    const form = renderStrictForm(jsonSchema);
    const strict = form.ok ? formatCode(getProperty(form.schema)) : form.reasons.map(({ reason }) => reason).join('; ');
    const back = await validate(JSON.parse(`{"a":${sent}}`));
    const value = back.ok ? formatCode(formatValue(back.value)) : back.issues;
    const optional = Array.isArray(jsonSchema['required']) ? '' : ', may be left out';
    return formatRow([
      formatCode(source),
      `${formatCode(getProperty(jsonSchema))}${optional}`,
      strict,
      formatCode(sent),
      value,
    ]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return formatRow([formatCode(source), `refused: ${message.replace(/^input(\.a)?:? ?/, '')}`, '', '', '']);
  }
}

function getProperty({ properties }: { readonly properties?: unknown }): string {
  return JSON.stringify((properties as { readonly a?: unknown } | undefined)?.a);
}

function formatValue(value: unknown): string {
  return inspect((value as { readonly a?: unknown }).a, { breakLength: Number.POSITIVE_INFINITY });
}

function formatCode(text: string): string {
  return `\`${text}\``;
}

function formatRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

const HEAD = '| type | lenient | strict | a model sends | `execute` gets |\n|---|---|---|---|---|\n';

const INTRODUCTION = `# zod types: what is sent, and what comes back

Generated by \`node scripts/zod-types.ts\`, which runs each of them as the property \`a\` of a tool's input. *Lenient* is plain JSON
Schema of the input side; *strict* is the form for servers that hold a model to it, or why there is none (then that
tool goes out lenient, and \`tool.strictReport\` says where). The model gets the text of the last column for a value that does not pass.

`;

if (import.meta.main) writeFileSync(PAGE, await buildZodTypesPage());
