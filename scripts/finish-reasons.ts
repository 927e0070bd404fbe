// Writes docs/reference/finish-reasons.md: the words with which servers say how a response ended, and their meanings.
//   node scripts/finish-reasons.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FinishKind, readFinishKind, readFinishReason } from '../packages/core/src/chat/finish-reason.ts';
import { VENDORS } from './finish-reason-sources.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'finish-reasons.md');

const KINDS: Readonly<Record<FinishKind, readonly [title: string, meaning: string]>> = {
  stop: ['The response is complete', 'Read as `stop`.'],
  calls: [
    'The model calls tools',
    'Read as `tool_calls`. The tools of all calls in the response run, for any of these words.',
  ],
  cut: [
    'The response was cut',
    'Read as `length`. No call runs, and the model is called once more. A text that was cut ends the run as `truncated`.',
  ],
  filtered: ['A filter stopped the response', 'Read as `content_filter`. The run ends as `filtered`.'],
  failed: [
    'The server failed',
    'A failed attempt with a `ProtocolError` that quotes the word. It is retried by the retry policy. The response is not used. Any other word that begins or ends with `error` is read in the same way.',
  ],
};

/** Writes the text of the page. */
export function writeFinishReasonsPage(): string {
  const sections = (Object.keys(KINDS) as FinishKind[]).map(writeSection); // The keys of KINDS.
  return `${INTRODUCTION}${sections.join('\n')}`;
}

function writeSection(kind: FinishKind): string {
  const [title, meaning] = KINDS[kind];
  const servers = new Map<string, string[]>();
  for (const { server, source, words } of VENDORS) {
    const shown = source === undefined ? server : `[${server}](${source})`;
    for (const reason of words) {
      if (readFinishKind(reason) === kind) servers.set(reason, [...(servers.get(reason) ?? []), shown]);
    }
  }
  const rows = [...servers].map(
    ([word, names]) => `| \`${word}\` | ${isDocumented(word) ? `${names[0]} and most servers` : names.join(', ')} |`,
  );
  return `## ${title}\n\n${meaning}\n\n| word | vendors |\n|---|---|\n${rows.join('\n')}\n`;
}

function isDocumented(word: string): boolean {
  return readFinishReason(word)?.reason === word;
}

const INTRODUCTION = `# Finish reasons: how a response ended

Generated from \`packages/core/src/chat/finish-reason.ts\` and the sources in \`scripts/finish-reason-sources.ts\` by
\`node scripts/finish-reasons.ts\`. Servers and gateways have their own words for how a response ended. Pawl reads them in any
case, with \`_\`, \`-\`, a blank or nothing between the words, after the name of their enum (\`FinishReason.MAX_TOKENS\`), and with
a detail after a colon (\`content_filter: RECITATION\`). The response has the documented word; the vendor's own is reported as
\`response.repaired\`. An unknown word stays and is reported, and the content of the response decides what follows.

If several words come, the most specific one counts: a failure, then a filter, a cut, calls, an unknown word, \`stop\`. Only
the first of several choices is used: the failure of a later one is reported and is not an error.

Some servers send \`stop\` or \`tool_calls\` at the token limit. If the response used as many tokens as the request allowed, and
the arguments of a call or the requested JSON are incomplete, or there is no text at all, the word is read as \`length\`. If the
profile says that the server does not report cuts (\`reportsCuts\`, \`reportsCutCalls\`), this holds for any response at the limit.

`;

if (import.meta.main) writeFileSync(PAGE, writeFinishReasonsPage());
