// Writes docs/reference/finish-reasons.md: the words with which servers say how a response ended, and what each means.
//   node scripts/finish-reasons.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FinishKind, finishKind, readFinishReason } from '../packages/core/src/chat/finish-reason.ts';
import { VENDORS } from './finish-reason-sources.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'finish-reasons.md');

const KINDS: Readonly<Record<FinishKind, readonly [title: string, meaning: string]>> = {
  stop: ['The response is whole', 'Read as `stop`.'],
  calls: ['The model calls tools', 'Read as `tool_calls`. Tools run for the calls that are there, whatever the word.'],
  cut: [
    'The response was cut',
    'Read as `length`. No call runs: the model is asked once more. A text that was cut ends the run as `truncated`.',
  ],
  filtered: ['A filter stopped the response', 'Read as `content_filter`. The run ends as `filtered`.'],
  failed: [
    'The server failed',
    'A failed attempt: a `ProtocolError` that names the word, tried again as the retry policy says. Nothing of the response is used. So is any other word that begins or ends with `error`.',
  ],
};

/** The page as it has to be. */
export function finishReasonsPage(): string {
  const sections = (Object.keys(KINDS) as FinishKind[]).map(section); // The keys of KINDS.
  return `${INTRODUCTION}${sections.join('\n')}`;
}

function section(kind: FinishKind): string {
  const [title, meaning] = KINDS[kind];
  const servers = new Map<string, string[]>();
  for (const { server, source, words } of VENDORS) {
    const shown = source === undefined ? server : `[${server}](${source})`;
    for (const word of words) {
      if (finishKind(word) === kind) servers.set(word, [...(servers.get(word) ?? []), shown]);
    }
  }
  const rows = [...servers].map(
    ([word, names]) => `| \`${word}\` | ${isDocumented(word) ? `${names[0]} and most servers` : names.join(', ')} |`,
  );
  return `## ${title}\n\n${meaning}\n\n| word | of |\n|---|---|\n${rows.join('\n')}\n`;
}

function isDocumented(word: string): boolean {
  return readFinishReason(word)?.reason === word;
}

const INTRODUCTION = `# Finish reasons: how a response ended

Generated from \`packages/core/src/chat/finish-reason.ts\` and the sources in \`scripts/finish-reason-sources.ts\` by
\`node scripts/finish-reasons.ts\`. Servers and gateways have words of their own for how a response ended.

- Pawl reads them in any case, with \`_\`, \`-\`, a blank or nothing between the words, after the name of their enum (\`FinishReason.MAX_TOKENS\`), and with
  a detail after a colon (\`content_filter: RECITATION\`).
- A response keeps the documented word. The vendor's own is reported as \`response.repaired\`.
- An unknown word is kept and reported, and the response is judged by its content.
- If several words come, the most serious one counts: a failure, then a filter, a cut, calls, an unknown word, \`stop\`.
- Of several choices, the first one is the answer. A failed one after it is kept and reported.
- Some servers say \`stop\` or \`tool_calls\` at the token limit. If the response used as many tokens as the request allowed, and the arguments of a call or
  the requested JSON end early, or there is no text at all, it is read as \`length\`. If the profile says that the server does not report cuts
  (\`reportsCuts\`, \`reportsCutCalls\`), any response at the token limit is.

`;

if (import.meta.main) writeFileSync(PAGE, finishReasonsPage());
