// Writes docs/reference/usage.md: what each vendor counts, under which names, and how Pawl reads it.
//   node scripts/usage.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadCounts, USAGE_ROWS, type UsageRow } from './usage-rows.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'usage.md');

/** Writes the text of the page. */
export function writeUsagePage(): string {
  const rows = USAGE_ROWS.map((row) => {
    const { vendor, source, read } = row;
    return `| [${vendor}](${source}) | ${describeFields(row)} | ${formatExample(row)} | ${formatCounts(read)} |`;
  });
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}

function describeFields({ fields }: UsageRow): string {
  const lines = Object.entries(fields).map(([name, meaning]) => `\`${name}\`: ${meaning}`);
  return lines.length === 0 ? 'as OpenAI' : lines.join('<br>');
}

function formatExample({ usage, beside = {} }: UsageRow): string {
  return `\`${JSON.stringify(usage === undefined ? beside : { usage, ...beside })}\``;
}

function formatCounts({ prompt, cached = 0, completion, reasoning = 0 }: ReadCounts): string {
  const counts = {
    inputTokens: prompt,
    cachedInputTokens: cached,
    outputTokens: completion,
    reasoningTokens: reasoning,
  };
  return Object.entries(counts)
    .map(([name, count]) => `\`${name}\` ${count}`)
    .join('<br>');
}

const INTRODUCTION = `# Usage: what servers count, and how Pawl reads it

Generated from \`scripts/usage-rows.ts\` by \`node scripts/usage.ts\`; a test reads each example. The \`usage\` of a response has
OpenAI's form for every server, and keeps the server's own fields. \`outcome.usage\` and \`limits\` use it:

1. \`prompt_tokens\` has all input, including tokens that the server read from its cache (\`cachedInputTokens\`, never more than the prompt), wrote to
   its cache, or read for citations.
2. \`completion_tokens\` has all output, including reasoning. If the total is more than its parts, the rest is output, unless it is cached input. If
   there is more reasoning than output, the server counts the two separately.
3. \`total_tokens\` is the sum of both.
4. A count that is missing, negative or not a whole number is computed from the other counts. If counts come in several chunks, the greater of each is used. If a
   server counts nothing, Pawl estimates, and \`estimated\` is true.

Changed counts are reported as \`response.repaired\`. \`usage.cost\` is computed from \`price\`: cached input at \`cachedInput\`, other input at \`input\`, output at
\`output\`. A vendor's own \`cost\` stays in the response and is not used. Pawl has no price for searches, nor for the surcharge on input that is written to
a cache (a quarter of \`input\` with several vendors).

| vendor | its fields | an example | read as |
|---|---|---|---|
`;

if (import.meta.main) writeFileSync(PAGE, writeUsagePage());
