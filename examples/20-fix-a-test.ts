// An agent with tools for files and commands finds a bug, fixes the code and runs the test again. The tools work on a real folder; the
// model is scripted. Commands in `allow` need no approval: here the test, which runs code that the model wrote.
import { mkdtemp, readFile as read, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Agent } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { editFile } from '@pawl/tools/edit-file';
import { readFile } from '@pawl/tools/read-file';
import { runCommand } from '@pawl/tools/run-command';

const folder = await mkdtemp(join(tmpdir(), 'pawl-example-'));
await writeFile(join(folder, 'sum.mjs'), 'export const sum = (numbers) => numbers.reduce((a, b) => a - b, 0);\n');
await writeFile(
  join(folder, 'sum.test.mjs'),
  "import { equal } from 'node:assert/strict';\nimport { sum } from './sum.mjs';\nequal(sum([1, 2]), 3);\n",
);

const test = { command: ['node', 'sum.test.mjs'] };
const model = scriptedModel([
  respond.call('run_command', test),
  respond.call('read_file', { path: 'sum.mjs' }),
  ({ messages }) => {
    const [, version = ''] = /\[version (\w+)\]/.exec(String(messages.at(-1)?.content)) ?? [];
    return respond.call('edit_file', { path: 'sum.mjs', version, edits: [{ find: 'a - b', replace: 'a + b' }] });
  },
  respond.call('run_command', test),
  respond.text('It subtracted. Now the test passes.'),
]);
const command = runCommand({ roots: folder, allow: [['node', 'sum.test.mjs']], path: [dirname(process.execPath)] });
const tools = [readFile({ roots: folder, versions: 'include' }), editFile({ roots: folder }), command];
const { output, messages } = await new Agent({ model, tools }).run('Make the test pass.');

for (const { role, content } of messages) {
  if (role === 'tool' && String(content).startsWith('[exit code')) console.log(String(content).split(';')[0]);
}
console.log(await read(join(folder, 'sum.mjs'), 'utf8'));
console.log(output);
await rm(folder, { recursive: true });
