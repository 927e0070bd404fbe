// Middleware can change or refuse model requests and tool calls. The first in the list is the outermost.
import { Agent, ToolError, tool } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const timing: Middleware = {
  async wrapModelCall(request, next, { turn }) {
    const response = await next(request);
    console.log(`turn ${turn}: ${request.messages.length} messages, response by ${response.model}`);
    return response;
  },
};

const office: Middleware<{ readonly user: string }> = {
  wrapToolCall(call, next, { context }) {
    if (call.tool.name === 'delete_file' && context.user !== 'root') throw new ToolError('Only root may delete files.');
    return next(call);
  },
};

const deleteFile = tool({
  name: 'delete_file',
  description: 'Deletes a file.',
  input: z.object({ path: z.string() }),
  execute: ({ path }) => `${path} is gone`,
});

const createScript = () => [respond.call('delete_file', { path: 'notes.txt' }), respond.text('Done as far as I may.')];
for (const user of ['guest', 'root']) {
  const agent = new Agent({ model: scriptedModel(createScript()), tools: [deleteFile], middleware: [timing, office] });
  const { messages } = await agent.run('Delete notes.txt', { context: { user } });
  console.log(`${user}:`, messages.find(({ role }) => role === 'tool')?.content);
}
