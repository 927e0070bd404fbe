// The tools of an MCP server: the filesystem server, whose definitions are pinned, and whose writes need approval because it says so.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, memoryHost } from '@pawl/core';
import { createMcpClient } from '@pawl/mcp';
import { respond, scriptedModel } from '@pawl/testing';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pawl-example-')));
const root = join(folder, 'notes');
mkdirSync(root);
writeFileSync(join(root, 'todo.txt'), 'Buy milk.\n');

await using files = await createMcpClient({
  name: 'files',
  // Without this repository: command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', root].
  command: join(import.meta.dirname, '..', 'node_modules', '.bin', 'mcp-server-filesystem'),
  args: [root],
  lockFile: join(folder, 'mcp.lock.json'),
  ci: false, // A lock file is committed. In CI, a missing one is an error.
  annotations: 'trust',
});
for (const { name, effect, needsApproval } of files.tools.slice(0, 4)) {
  console.log(`${name}: ${effect}${needsApproval === true ? ', needs approval' : ''}`);
}
const { servers } = JSON.parse(readFileSync(join(folder, 'mcp.lock.json'), 'utf8'));
console.log(`${Object.keys(servers.files.tools).length} tools are pinned`);

const path = join(root, 'todo.txt');
const model = scriptedModel([
  respond.call('files__read_text_file', { path }),
  respond.call('files__write_file', { path, content: 'Buy milk and bread.\n' }),
  respond.text('I added the bread.'),
]);
const host = memoryHost();
const agent = new Agent({ model, tools: files.tools });
const outcome = await agent.run('Add bread to my list.', { host, runId: 'list' }).outcome();
if (outcome.status !== 'suspended') throw new Error(`The run is ${outcome.status}.`);
for (const { id, fingerprint, call } of outcome.pending) {
  console.log(`approving ${call.type === 'function' ? call.function.name : ''}`);
  await host.answer('list', id, { type: 'approve', fingerprint });
}
console.log((await agent.resume('list', { host })).output);
console.log(readFileSync(path, 'utf8').trim());
rmSync(folder, { recursive: true });
