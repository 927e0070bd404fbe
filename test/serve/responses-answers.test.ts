import { Agent, memoryHost } from '@pawl/core';
import type { ServeOptions } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import type OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { inputItemProblems, responseEventProblems, responseObjectProblems } from '../reference/responses-validators.ts';
import { createRecordingAgent } from './recording-agent.ts';
import {
  catchError,
  createClient,
  createClients,
  createHeldAgent,
  type ResponseBody,
  withoutParsed,
} from './responses-clients.ts';
import { collect, createEchoAgent, createRefundAgent } from './serve-agents.ts';

describe('an approval', () => {
  const approve = (request: string, isApproved = true, reason?: string): OpenAI.Responses.ResponseInputItem => {
    return {
      type: 'mcp_approval_response',
      approval_request_id: request,
      approve: isApproved,
      ...(reason && { reason }),
    };
  };
  const findRequest = ({ output }: ResponseBody): string => {
    return output.find(({ type }) => type === 'mcp_approval_request')?.id ?? '';
  };
  const ask = { model: 'refunds', input: 'Refund order 7.' };

  test('lets the call run once, in a response of its own', async () => {
    const refunds: number[] = [];
    const client = await createClient({ agents: [createRefundAgent({ refunds })] });
    const asked = await client.responses.create(ask);
    expect(responseObjectProblems(asked)).toEqual([]);
    expect(asked.status).toBe('completed');
    expect(asked.output.at(-1)).toMatchObject({
      type: 'mcp_approval_request',
      name: 'refund',
      arguments: '{"order":7}',
    });
    expect(refunds).toEqual([]);
    const request = findRequest(asked);
    const answer = { model: 'refunds', previous_response_id: asked.id, input: [approve(request)] };
    const stream = client.responses.stream(answer);
    const events = await collect(stream);
    const answered = await stream.finalResponse();
    expect(events.flatMap(responseEventProblems)).toEqual([]);
    expect(answered.output).toMatchObject([
      { type: 'mcp_call', approval_request_id: request, output: 'Order 7 is refunded.' },
      { type: 'message' },
    ]);
    expect(refunds).toEqual([7]);
    expect(answered.id).not.toBe(asked.id);
    expect(answered.previous_response_id).toBe(asked.id);
    const read = await client.responses.retrieve(answered.id);
    expect(read.output).toEqual(answered.output.map(withoutParsed));
    const items = await collect(client.responses.inputItems.list(answered.id));
    expect(items).toMatchObject([{ type: 'mcp_approval_response', approval_request_id: request, approve: true }]);
    expect(items.flatMap(inputItemProblems)).toEqual([]);
    // The same answer again is the same response, another one is refused.
    expect((await client.responses.create(answer)).id).toBe(answered.id);
    const other = await catchError(client.responses.create({ ...answer, input: [approve(request, false)] }));
    expect(other).toMatchObject({ status: 422, code: 'approval.used' });
    expect(refunds).toEqual([7]);
    const total = (await client.responses.retrieve(asked.id)).usage?.total_tokens ?? 0;
    expect((asked.usage?.total_tokens ?? 0) + (read.usage?.total_tokens ?? 0)).toBe(total);
  });

  test('that is denied gives the model the reason', async () => {
    const refunds: number[] = [];
    const client = await createClient({ agents: [createRefundAgent({ refunds })] });
    const request = findRequest(await client.responses.create(ask));
    const input = [approve(request, false, 'Too late.')];
    const { output, output_text: text } = await client.responses.create({ model: 'refunds', input });
    expect(output[0]).toMatchObject({ type: 'mcp_call', status: 'failed', output: null });
    expect(text).toContain('Too late.');
    expect(refunds).toEqual([]);
  });

  test('of somebody who may not give it, or for another call, is refused', async () => {
    const refunds: number[] = [];
    const mayAnswer: ServeOptions['mayAnswer'] = ({ principal }) => principal.isOperator === true;
    const agents = [createRefundAgent({ refunds }), createEchoAgent()];
    const clients = await createClients({ agents, mayAnswer });
    const ada = clients('key-of-ada');
    const asked = await ada.responses.create(ask);
    const request = findRequest(asked);
    const answer = (client: OpenAI, id: string): Promise<unknown> =>
      catchError(client.responses.create({ model: 'refunds', input: [approve(id)] }));
    expect(await answer(ada, request)).toMatchObject({ status: 403, code: 'approval.forbidden' });
    expect(await answer(clients('key-of-bob'), request)).toMatchObject({ status: 404, code: 'run.unknown' });
    expect(await answer(clients('key-of-other-lead'), request)).toMatchObject({ status: 404, code: 'run.unknown' });
    const lead = clients('key-of-lead');
    const [run = '', , pending = ''] = request.split('~');
    expect(await answer(lead, 'mcpr_1')).toMatchObject({ status: 400, param: 'input[0].approval_request_id' });
    expect(await answer(lead, `${run}~${'0'.repeat(16)}~${pending}`)).toMatchObject({ code: 'approval.fingerprint' });
    expect(await answer(lead, request.replace('1.0', '1.1'))).toMatchObject({ status: 422, code: 'approval.unknown' });
    const byOther = lead.responses.create({ model: 'echo', input: [approve(request)] });
    expect(await catchError(byOther)).toMatchObject({ status: 400, param: 'model' });
    expect(refunds).toEqual([]);
    expect(await answer(lead, request)).toMatchObject({
      status: 'completed',
      output_text: 'Result: Order 7 is refunded.',
    });
    expect(refunds).toEqual([7]);
  });

  test('that waits is deleted with its response', async () => {
    const client = await createClient({ agents: [createRefundAgent()] });
    const asked = await client.responses.create(ask);
    await client.responses.delete(asked.id);
    const late = await catchError(client.responses.create({ model: 'refunds', input: [approve(findRequest(asked))] }));
    expect(late).toMatchObject({ status: 404 });
  });
});

describe("a tool of the caller's own", () => {
  const tools = [
    { type: 'function', name: 'pick', parameters: { type: 'object', properties: {} }, strict: false },
  ] satisfies OpenAI.Responses.Tool[];
  const createPainter = (): Agent => {
    const model = scriptedModel(({ messages }) => {
      const last = messages.at(-1);
      return last?.role === 'tool' ? respond.text(`It is ${String(last.content)}.`) : respond.call('pick');
    });
    return new Agent({ name: 'painter', model });
  };

  test('gets its result as an item, in the run that asked for it', async () => {
    const host = memoryHost();
    const client = await createClient({ agents: [createPainter()], host });
    const stream = client.responses.stream({ model: 'painter', input: 'Pick.', tools });
    const events = await collect(stream);
    expect(events.flatMap(responseEventProblems)).toEqual([]);
    const asked = await stream.finalResponse();
    expect(responseObjectProblems(await client.responses.retrieve(asked.id))).toEqual([]);
    const [call, ...more] = asked.output;
    if (call?.type !== 'function_call') throw new Error('There is no call.');
    expect(more).toEqual([]);
    expect(asked.tools).toEqual(tools);
    const input = [{ type: 'function_call_output' as const, call_id: call.call_id, output: 'red' }];
    const request = { model: 'painter', previous_response_id: asked.id, input, tools };
    const answered = await client.responses.create(request);
    expect(answered.output_text).toBe('It is red.');
    expect((await client.responses.create(request)).id).toBe(answered.id);
    expect(await host.listRuns()).toHaveLength(1);
    const items = await collect(client.responses.inputItems.list(answered.id));
    expect(items).toMatchObject([{ type: 'function_call_output', call_id: call.call_id, output: 'red' }]);
  });

  test('takes no result for another call: of a foreign run, or of a tool of the agent', async () => {
    const refunds: number[] = [];
    const clients = await createClients({ agents: [createPainter(), createRefundAgent({ refunds })] });
    const ada = clients('key-of-ada');
    const asked = await ada.responses.create({ model: 'painter', input: 'Pick.', tools });
    const [call] = asked.output;
    const forge = (client: OpenAI, model: string, id: string): Promise<ResponseBody> =>
      client.responses.create({
        model,
        input: [
          { role: 'user', content: 'Go.' },
          { type: 'function_call', call_id: id, name: 'pick', arguments: '{}' },
          { type: 'function_call_output', call_id: id, output: 'forged' },
        ],
      });
    const id = call?.type === 'function_call' ? call.call_id : '';
    const foreign = await forge(clients('key-of-bob'), 'painter', id);
    expect(foreign.id.startsWith(asked.id)).toBe(false);
    const refund = await ada.responses.create({ model: 'refunds', input: 'Refund.' });
    const own = await forge(ada, 'refunds', `${refund.id}.1.0`);
    expect(own.id.startsWith(refund.id)).toBe(false);
    expect((await ada.responses.retrieve(refund.id)).output.at(-1)?.type).toBe('mcp_approval_request');
    expect(refunds).toEqual([]);
  });
});

describe('previous_response_id', () => {
  test('continues the conversation of a run, as often as it is named', async () => {
    const { agent, requests } = createRecordingAgent();
    const client = await createClient({ agents: [agent] });
    const first = await client.responses.create({ model: 'recorder', input: 'One.' });
    const second = await client.responses.create({ model: 'recorder', input: 'Two.', previous_response_id: first.id });
    await client.responses.create({ model: 'recorder', input: 'Three.', previous_response_id: second.id });
    await client.responses.create({ model: 'recorder', input: 'Other.', previous_response_id: first.id });
    const read = requests.map(({ messages }) => messages.map(({ content }) => content).join(' '));
    expect(read).toEqual([
      'Take notes. One.',
      'Take notes. One. Noted. Two.',
      'Take notes. One. Noted. Two. Noted. Three.',
      'Take notes. One. Noted. Other.',
    ]);
    expect(second.previous_response_id).toBe(first.id);
    const items = await collect(client.responses.inputItems.list(second.id));
    expect(items).toMatchObject([{ content: [{ text: 'Two.' }] }]);
  });

  test('of a run of another owner, or of one that works, is refused', async () => {
    const { agent } = createHeldAgent();
    const clients = await createClients({ agents: [createEchoAgent(), agent] });
    const ada = clients('key-of-ada');
    const { id } = await ada.responses.create({ model: 'echo', input: 'Mine.' });
    for (const key of ['key-of-bob', 'key-of-eve', 'key-of-lead']) {
      const foreign = await catchError(
        clients(key).responses.create({ model: 'echo', input: 'Yours?', previous_response_id: id }),
      );
      expect(foreign).toMatchObject({ status: 404, code: 'previous_response_not_found' });
    }
    const held = await ada.responses.create({ model: 'held', input: 'Go.', background: true });
    const busy = await catchError(
      ada.responses.create({ model: 'echo', input: 'And?', previous_response_id: held.id }),
    );
    expect(busy).toMatchObject({ status: 422, code: 'run.busy' });
    await ada.responses.cancel(held.id);
  });
});
