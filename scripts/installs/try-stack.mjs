// Run by scripts/try-installs.ts with --enable-source-maps: prints the stack of an error of each package.
import { fromAiSdk } from '@pawl/ai-sdk';
import { tool } from '@pawl/core';
import { dbosClient } from '@pawl/dbos';
import { createMcpClient } from '@pawl/mcp';
import { telemetry } from '@pawl/otel';
import { openaiResponses } from '@pawl/responses';
import { serve } from '@pawl/serve';
import { scriptedModel } from '@pawl/testing';
import { readFile } from '@pawl/tools/read-file';

/** @type {readonly (() => unknown)[]} */
const works = [
  () => tool(/** @type {never} */ ({ name: 'a b' })),
  () => dbosClient({ url: 'postgresql://127.0.0.1:1/none' }),
  () => scriptedModel([]).send({ messages: [] }),
  () => readFile({ roots: [] }),
  () => fromAiSdk(/** @type {never} */ ('claude')),
  () => telemetry(/** @type {never} */ ({ tracing: true })),
  () => openaiResponses('gpt-5', { maxKeptBytes: -1 }),
  () => createMcpClient(/** @type {never} */ ({ name: '' })),
  () => serve({ agents: [], ui: 'chat' }),
];
for (const work of works) {
  try {
    await work();
  } catch (error) {
    console.log(/** @type {Error} */ (error).stack);
  }
}
