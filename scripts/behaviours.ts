// Writes docs/behaviours.md: what Pawl does in each special case, and the tests that show it, by the ids in their titles.
//   node scripts/behaviours.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const sections: readonly { readonly title: string; readonly rows: readonly (readonly [string, string, string])[] }[] = [
  {
    title: 'The response',
    rows: [
      ['A1', 'text, no calls, `stop`', 'completed'],
      ['A2', 'text beside calls', 'the calls run; text ends no run that still has calls'],
      [
        'A3',
        'calls with a finish reason that says nothing else: `stop`, none, an unknown word',
        'the calls run; reported as `response.repaired`',
      ],
      [
        'A4',
        '`length`, or a vendor’s word for it, with calls',
        'none runs, also not a complete one; asked again once, then `truncated`',
      ],
      ['A5', '`length`, or a vendor’s word for it, with text', '`truncated`, the text kept'],
      [
        'A6',
        '`content_filter`, a vendor’s word for it, or an error that says so; a refusal',
        '`filtered`; `refused` with the words',
      ],
      ['A7', 'no text and no calls', 'asked again once, then `failed` with `EmptyResponseError`'],
      [
        'A8',
        'no choices; 200 with an error; garbage; a finish reason that says that the server failed',
        'a failed attempt, retried; then `failed` with the server’s words',
      ],
      ['A9', 'JSON to a streamed request, or the reverse', 'read as what it is'],
      ['A10', 'a stream that ends too early', 'a failed attempt, retried; nothing of it runs; `attempt.discarded`'],
      ['A11', 'a stream that stalls', 'the deadline between pieces, then as above'],
      ['A12', '`n` > 1', 'refused for an agent, allowed on a bare model'],
      ['A13', 'unknown fields', 'kept on the message and sent back'],
    ],
  },
  {
    title: 'The calls',
    rows: [
      ['B1', 'arguments that are no JSON', 'to the model, with the position; counts as a correction'],
      ['B2', 'arguments empty, missing or `null`', 'read as `{}` and checked'],
      ['B3', 'arguments as an object', 'accepted, repaired'],
      ['B4', 'arguments that fail the schema', 'to the model: one line an issue'],
      ['B5', '`null` for a field that may be left out', 'removed where the schema allows no null; defaults apply'],
      ['B6', 'an unknown tool', 'to the model: the closest name, then all names'],
      ['B7', 'corrections spent', '`failed` with `InvalidToolInputError`'],
      [
        'B8',
        'the same failing call again and again',
        '`tool.repeated_failure` at the third, reported to the model; one more and the run fails',
      ],
      ['B9', 'ids missing or there twice', 'made unique, repaired'],
      ['B10', 'a tool throws', '`{"error": …}` to the model; siblings go on; `tool.failed` has the error'],
      ['B11', 'a tool throws `ToolError`', 'its message to the model, word for word'],
      ['B12', 'a tool throws `AbortRun`', '`aborted`, after the siblings are closed'],
      [
        'B13',
        'a tool outlives its deadline',
        'timed out, to the model; what comes late is `tool.late_result`, not used',
      ],
      ['B14', 'a tool that never settles, and an abort', '`aborted` within 50 ms, open calls closed'],
      ['B15', 'several calls', 'side by side, 8 at most; `exclusive` alone; results in the order of the calls'],
      ['B16', 'one of several needs approval', 'the others run, then the run suspends'],
      ['B17', 'denied', 'to the model, with the reason; nothing else changes'],
      ['B18', 'an answer for something else, expired or used', '`ApprovalError`; nothing runs'],
      [
        'B19',
        'the user writes while a call is pending',
        'the call is closed as cancelled, then the message is appended',
      ],
      [
        'B20',
        'results that are no JSON',
        'serialized safely, reported where lossy; a promise, a stream, bytes and the like fail the call, with the path',
      ],
      ['B21', 'a result over the cap', 'head and tail for the model; the whole stays on the event'],
      [
        'B22',
        'images and files in a result',
        'text in the tool message, the parts in a user message after the last result',
      ],
    ],
  },
  {
    title: 'The request',
    rows: [
      [
        'C1',
        '408, 409, 429, 5xx, connection trouble',
        'three attempts, full jitter, `Retry-After`, a wait in the body and `x-should-retry` obeyed; a model that loads is waited for',
      ],
      ['C2', 'no quota, 400, 401, 403, 404, 413, 422, a 5xx that names the request', 'not retried; a typed error'],
      ['C3', 'context too long', '`ContextLengthError`; middleware may shorten and try again'],
      ['C4', 'retries used up', '`failed`, with all attempts'],
      ['C5', 'a fallback', 'asked when the first one’s retries are spent'],
      ['C6', 'the key', 'in no error, event or log'],
      ['C7', 'a kept-alive socket that went stale', 'sent again once: reported, not counted'],
      ['C8', 'calls and no text', 'sent with `content: null`'],
      ['C9', 'an abort before, during, after', 'nothing starts any more; nothing is left behind'],
      [
        'C10',
        'output of the model that the server cannot read',
        'a failed attempt, retried; the next one tells the model, where the server gives the text',
      ],
    ],
  },
  {
    title: 'The run',
    rows: [
      ['D1', '`turns`', 'a last request without tools; a text completes it as `limited` with output'],
      [
        'D2',
        'tokens, cost, time, tool calls',
        'checked before each request and each batch; what would pass does not start',
      ],
      ['D3', 'a listener throws or rejects', 'the run goes on; `listener.failed` once'],
      ['D4', 'nobody awaits a failing run', 'no unhandled rejection'],
      ['D5', 'two runs of one agent', 'share nothing but the definition'],
      ['D6', 'an output that does not fit', 'to the model, two corrections, then `failed` with `InvalidOutputError`'],
      [
        'D7',
        'a host that stops between steps',
        'resumes to the same result (in memory; crashes of the process come with the hosts on disk)',
      ],
      ['D8', 'mistakes in a definition', '`ConfigError` where it is written, naming tool, path and fix'],
    ],
  },
];

/** Reads the test titles by the id that they begin with, each with its file. */
function readTitles(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const folder = join(root, 'test', 'behaviours');
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.test.ts')) continue;
    for (const [, id = '', title = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
      /['"`]([A-D]\d+): ([^\n]*?)['"`],/g,
    )) {
      found.set(id, [...(found.get(id) ?? []), `${title} (\`${file}\`)`]);
    }
  }
  return found;
}

/** Builds the page. Throws for a row without a test, and for a test without a row. */
export function buildBehavioursPage(): string {
  const tests = readTitles();
  const ids = sections.flatMap(({ rows }) => rows.map(([id]) => id));
  const untested = ids.filter((id) => !tests.has(id));
  const unknown = [...tests.keys()].filter((id) => !ids.includes(id));
  if (untested.length + unknown.length > 0) {
    throw new Error(
      `Rows without a test: ${untested.join(', ') || 'none'}. Tests without a row: ${unknown.join(', ') || 'none'}.`,
    );
  }
  const parts = sections.map(({ title, rows }) => {
    const lines = rows.map(([id, odd, what]) => {
      const shown = (tests.get(id) ?? []).map((test) => test.replaceAll('|', '\\|')).join('<br>');
      return `| ${id} | ${odd} | ${what} | ${shown} |`;
    });
    return `## ${title}\n\n| | case | what Pawl does | tests, in \`test/behaviours\` |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `# What happens when\n\nMade by \`node scripts/behaviours.ts\` from the titles of the tests; \`npm test\` checks that it is.\n\n${parts.join('\n')}`;
}

if (import.meta.main) writeFileSync(join(root, 'docs', 'behaviours.md'), buildBehavioursPage());
