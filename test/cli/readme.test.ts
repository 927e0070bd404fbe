import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFolder, startCommand } from './run-command.ts';

const root = join(import.meta.dirname, '../..');

test('the README and the start page show what pawl prints of a real run', async () => {
  const agent = join(root, 'examples/command/agent.ts');
  const argv = ['run', agent, 'Refund order 7.', '--id', 'r7', '--approve', 'refund_order'];
  const command = startCommand(argv, { cwd: createFolder(), isTerminal: true, env: { NO_COLOR: '1' } });
  // As on a terminal, in the order in which it is written.
  let shown = 'pawl run agent.ts "Refund order 7." --id r7 --approve refund_order\n';
  for (const stream of [command.stdout, command.stderr]) {
    stream.onText = (text) => {
      shown += text;
    };
  }
  expect(await command.ended).toMatchObject({ code: 0 });
  const printed = shown.replaceAll(/\b\d+ ms\b/g, '9 ms').replaceAll(/\b\d+ tokens\b/g, '420 tokens');
  for (const page of ['README.md', 'docs/start.md']) {
    expect(readFileSync(join(root, page), 'utf8')).toContain(`\`\`\`sh\n${printed}\`\`\`\n`);
  }
});
