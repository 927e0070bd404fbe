import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const examples = join(import.meta.dirname, '..', 'examples');

/** Runs an example and normalizes times and process ids in its output. Removes the variables that name a real server. */
async function runExample(path: string, ...args: readonly string[]): Promise<string> {
  const { OPENAI_API_KEY: _, OPENAI_BASE_URL: __, OPENAI_MODEL: ___, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [join(examples, path), ...args], { env });
  return stdout.replaceAll(/\b\d+ ms\b/g, 'N ms').replaceAll(/\bkill -9 \d+/g, 'kill -9 4711');
}

const numbered = readdirSync(examples).filter((name) => name.endsWith('.ts'));

test('has an example for each idea, in order', () => {
  expect(numbered).toEqual([
    '01-hello.ts',
    '02-streaming.ts',
    '03-parallel-calls.ts',
    '04-errors-and-retries.ts',
    '05-approval.ts',
    '06-limits.ts',
    '07-structured-output.ts',
    '08-middleware.ts',
    '09-http-service.ts',
    '10-your-own-model.ts',
    '11-custom-tool.ts',
    '12-resume-after-kill.ts',
    '13-approve-tomorrow.ts',
    '14-many-workers.ts',
    '15-handoffs.ts',
    '16-research.ts',
    '17-guards.ts',
    '18-long-conversation.ts',
    '19-fallback.ts',
    '20-fix-a-test.ts',
    '21-trace-tree.ts',
    '22-serve.ts',
    '23-research-flow.ts',
    '24-plan-and-execute.ts',
    '25-other-providers.ts',
    '26-mcp-files.ts',
    '27-mcp-question-tomorrow.ts',
    '28-mcp-server.ts',
    '29-judge-loop.ts',
    '30-triage-desk.ts',
    '31-responses.ts',
  ]);
});

test.each([...numbered, 'quick-start/main.ts'])('%s prints the recorded output', async (path) => {
  const name = path.replace(/(\/main)?\.ts$/, '.txt');
  await expect(await runExample(path)).toMatchFileSnapshot(join(import.meta.dirname, 'examples', name));
});

test('the README shows the output of the example that is killed and resumed', async () => {
  const readme = readFileSync(join(examples, '..', 'README.md'), 'utf8');
  const path = '12-resume-after-kill.ts';
  expect(readme).toContain(`\`\`\`text\nnode examples/${path}\n${await runExample(path)}\`\`\``);
});

test('the README shows the story of the demo, as it is played against the real server', async () => {
  const readme = readFileSync(join(examples, '..', 'README.md'), 'utf8');
  const story = await runExample('support-desk/main.ts', '--story');
  expect(readme).toContain(`\`\`\`text\nnpm run demo -- --story\n${story}\`\`\``);
});
