// Writes docs/behaviours.md: how Pawl behaves in each unusual case, with the tests of it, by the ids in their titles.
//   node scripts/behaviours.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

interface Section {
  readonly title: string;
  /** Where its tests are. @defaultValue 'test/behaviours' */
  readonly folder?: string;
  readonly rows: readonly (readonly [id: string, condition: string, behaviour: string])[];
}

const sections: readonly Section[] = [
  {
    title: 'The response',
    rows: [
      ['A1', 'text, no calls, `stop`', 'completed'],
      ['A2', 'text with calls', 'the calls run; text does not end a run that still has calls'],
      [
        'A3',
        'calls with a finish reason that contradicts or names none: `stop`, none, an unknown value',
        'the calls run; reported as `response.repaired`',
      ],
      [
        'A4',
        '`length`, or a vendor’s value for it, with calls',
        'no call runs, not even a complete one; reprompted once, then `truncated`',
      ],
      ['A5', '`length`, or a vendor’s value for it, with text', '`truncated`, the text kept'],
      [
        'A6',
        '`content_filter`, a vendor’s value for it, or an error with that meaning; a refusal',
        '`filtered`; `refused` with the text',
      ],
      ['A7', 'no text and no calls', 'reprompted once, then `failed` with `EmptyResponseError`'],
      [
        'A8',
        'no choices; 200 with an error; invalid data; a finish reason for a failure of the server',
        'a failed attempt, retried; then `failed` with the message of the server',
      ],
      ['A9', 'JSON to a streamed request, or the reverse', 'read in the form that was sent'],
      ['A10', 'a stream that ends too early', 'a failed attempt, retried; no call of it runs; `attempt.discarded`'],
      ['A11', 'a stream that stalls', 'the deadline between deltas, then as above'],
      ['A12', '`n` > 1', 'rejected for an agent, allowed on a model without an agent'],
      ['A13', 'unknown fields', 'kept on the message and sent back'],
    ],
  },
  {
    title: 'The calls',
    rows: [
      ['B1', 'arguments that are not JSON', 'to the model, with the position; uses a retry'],
      ['B2', 'arguments empty, missing or `null`', 'read as `{}` and validated'],
      ['B3', 'arguments as an object', 'accepted and repaired'],
      ['B4', 'arguments that fail the schema', 'to the model: one line per issue'],
      ['B5', '`null` for an optional field', 'removed if the schema does not allow null; defaults apply'],
      ['B6', 'an unknown tool', 'to the model: the closest name, then all names'],
      ['B7', 'input retries used', '`failed` with `InvalidToolInputError`'],
      [
        'B8',
        'the same failing call again and again',
        '`tool.repeated_failure` at the third failure, reported to the model; the fourth fails the run',
      ],
      ['B9', 'missing or duplicate ids', 'made unique and repaired'],
      ['B10', 'a tool throws', '`{"error": …}` to the model; the other calls continue; `tool.failed` has the error'],
      ['B11', 'a tool throws `ToolError`', 'its message to the model, word for word'],
      ['B12', 'a tool throws `AbortRun`', '`aborted`, after the other calls have results'],
      [
        'B13',
        'a tool exceeds its deadline',
        'timed out, reported to the model; a late result is `tool.late_result` and not used',
      ],
      ['B14', 'a tool that never settles, and an abort', '`aborted` within 50 ms, open calls get results'],
      ['B15', 'several calls', 'in parallel, 8 at most; `exclusive` alone; results in the order of the calls'],
      ['B16', 'one of several calls needs approval', 'the others run, then the run suspends'],
      ['B17', 'denied', 'to the model, with the reason; nothing else changes'],
      ['B18', 'an answer that does not match, is late or was used', '`ApprovalError`; nothing runs'],
      [
        'B19',
        'the user writes while a call is pending',
        'the call gets a cancelled result, then the message is appended',
      ],
      [
        'B20',
        'results that are not JSON',
        'serialized safely, lossy paths reported; a promise, a stream, bytes and similar values fail the call, with the path',
      ],
      ['B21', 'a result over the limit', 'head and tail for the model; the event has the whole'],
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
        '408, 409, 429, 5xx, connection errors',
        'three attempts, full jitter; `Retry-After`, a pause in the body and `x-should-retry` obeyed; a loading model is waited for',
      ],
      ['C2', 'quota spent, 400, 401, 403, 404, 413, 422, a 5xx that names the request', 'not retried; a typed error'],
      ['C3', 'context too long', '`ContextLengthError`; middleware may shorten it and try again'],
      ['C4', 'all retries failed', '`failed`, with all attempts'],
      ['C5', 'a fallback', 'gets the request when the retries of the first model are used'],
      ['C6', 'the key', 'in no error, event or log'],
      ['C7', 'a stale kept-alive socket', 'sent again once: reported, not counted'],
      ['C8', 'calls and no text', 'sent with `content: null`'],
      ['C9', 'an abort before, during, after', 'nothing starts any more; nothing is left open'],
      [
        'C10',
        'output of the model that the server cannot parse',
        'a failed attempt, retried; the next attempt sends the text to the model if the server returns it',
      ],
    ],
  },
  {
    title: 'The run',
    rows: [
      ['D1', '`turns`', 'a last request without tools; a text ends it as `limited` with output'],
      [
        'D2',
        'tokens, cost, time, tool calls',
        'checked before each request and each batch; work that would exceed a limit does not start',
      ],
      ['D3', 'a listener throws or rejects', 'the run continues; `listener.failed` once'],
      ['D4', 'a failing run is not awaited', 'no unhandled rejection'],
      ['D5', 'two runs of one agent', 'share only the definition'],
      ['D6', 'invalid output', 'to the model, two retries, then `failed` with `InvalidOutputError`'],
      [
        'D7',
        'a host that stops between steps',
        'resumes to the same result (in memory; the hosts on disk also survive crashes of the process)',
      ],
      ['D8', 'mistakes in a definition', '`ConfigError` where it is written, with tool, path and fix'],
    ],
  },
  {
    title: 'The inspector',
    folder: 'test/inspector',
    rows: [
      ['E1', 'two pages approve one call', 'the call runs once; the second page shows that it is answered'],
      ['E2', 'arguments are edited to something invalid', 'the form says what is wrong, and sends nothing'],
      [
        'E3',
        'texts that look like HTML, scripts or links, and characters that cannot be seen',
        'only ever text; escapes',
      ],
      ['E4', 'a line of a megabyte', 'shown in part, and whole on request'],
      ['E5', 'an attempt is discarded while its text is shown', 'the text is taken back'],
      ['E6', 'another process works on the run', 'shown as such, step by step'],
      ['E7', 'the server is killed and begins again', 'the page says so, goes on by itself, and shows what came since'],
      ['E8', 'a list of thousands of runs, a run of 10,000 events', 'only what can be seen is in the page'],
      ['E9', 'a read-only inspector', 'no button, no key and no request changes a run'],
      ['E10', 'a dump without a host; a damaged dump', 'opens in the page alone; the line that is wrong is named'],
      ['E11', 'tools that change between two requests', 'the page says that the cached prefix breaks, and where'],
      ['E12', 'a recorded replay', 'tools answer from the journal; no tool runs'],
      ['E13', 'a live replay', 'asks before each call that is not idempotent'],
      ['E14', 'a call that has expired', 'cannot be approved; the run is continued, and the call counts as denied'],
      [
        'E15',
        'an inspector that began again has another token',
        'its address lets a page of the old one in, at the same run',
      ],
    ],
  },
  {
    title: 'The command `pawl`',
    folder: 'test/cli',
    rows: [
      [
        'K1',
        'a process is killed with `-9`',
        'the run is `interrupted` in `pawl runs`; `pawl runs resume` repeats nothing that finished',
      ],
      ['K2', 'two commands on one file', 'both work'],
      ['K3', 'stdout cannot be written', 'its reader has gone: 141, and the run can be resumed; a full disk: 1'],
      ['K4', 'stdin is closed', 'no context, the question as it is'],
      [
        'K5',
        'a folder that cannot be written, or does not exist',
        'named, with the options that help; 3, or 70 for a file that was named',
      ],
      ['K6', 'a damaged file, or none of Pawl', 'named; 70'],
      ['K7', 'a run of another `schemaVersion`', 'listed; every change of it is refused'],
      [
        'K8',
        'an agent file that throws, exports no agent or several',
        'what it threw and where, or the exports to choose from; no stack',
      ],
      ['K9', 'an agent without a key', '`failed`, with the name of the variable'],
      ['K10', 'syntax that Node cannot remove, such as `enum`', 'a hint; 3'],
      ['K11', 'a server that ends while a run is watched', '70; the run is still there'],
      ['K12', 'control characters from a model, a tool or an error', 'never reach a terminal; escaped in JSON'],
      ['K13', 'Ctrl-C, once and twice', 'the run is interrupted and can be resumed; then aborted for good'],
      ['K14', 'an answer to a call that was answered, or changed', 'refused; 1'],
      ['K15', 'text that was shown and is discarded', 'a line on stderr; in a pipe only the final text'],
      ['K16', 'a slow reader of stdout', 'the run waits, nothing is lost'],
      ['K17', 'a token for a server without https', 'not sent, unless it is this machine'],
    ],
  },
];

const FOLDER = 'test/behaviours';

/** Reads the titles of tests by their ids, each with its file. */
function readTitles(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const folders = new Set(sections.map(({ folder = FOLDER }) => folder));
  for (const folder of folders) {
    for (const file of readdirSync(join(root, folder)).sort()) {
      if (!file.endsWith('.test.ts')) continue;
      const text = readFileSync(join(root, folder, file), 'utf8');
      for (const [, id = '', title = ''] of text.matchAll(/['"`]([A-EK]\d+): ([^\n]*?)['"`],/g)) {
        found.set(id, [...(found.get(id) ?? []), `${title} (\`${file}\`)`]);
      }
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
      `Rows without a test: ${untested.join(', ') || 'none'}. Tests without a row: ${unknown.join(', ') || 'none'}. Add the missing ones.`,
    );
  }
  const parts = sections.map(({ title, rows, folder = FOLDER }) => {
    const lines = rows.map(([id, condition, behaviour]) => {
      const listed = (tests.get(id) ?? []).map((test) => test.replaceAll('|', '\\|')).join('<br>');
      return `| ${id} | ${condition} | ${behaviour} | ${listed} |`;
    });
    return `## ${title}\n\n| | case | what Pawl does | tests, in \`${folder}\` |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `# What happens when\n\nGenerated by \`node scripts/behaviours.ts\` from the titles of the tests; \`npm test\` checks it.\n\n${parts.join('\n')}`;
}

if (import.meta.main) writeFileSync(join(root, 'docs', 'behaviours.md'), buildBehavioursPage());
