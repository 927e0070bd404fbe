import type { Message } from '@pawl/core/chat';
import { type OfflineServer, offlineServer, respond, type ScriptedResponse } from '@pawl/testing';

/** Starts the model of the demo: rules, and no language model. It writes as slowly as one. */
export function startStandIn(): Promise<OfflineServer> {
  return offlineServer({ chunkDelayMs: 20, script: ({ messages }) => chooseResponse(messages) });
}

function chooseResponse(messages: readonly Message[]): ScriptedResponse {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const question = readText(messages[asked]);
  const results = messages.slice(asked + 1).filter(({ role }) => role === 'tool');
  const order = /\b(\d+)\b/.exec(question)?.[1];
  const isRefund = /refund|money|back|broken/i.test(question);
  const last = readText(results.at(-1));
  if (order === undefined) return respond.text('Which order is it about? Please tell me its number.');
  if (results.length === 0) return respond.call('find_order', { order });
  const found = /"what":"(?<what>[^"]+)","euros":(?<euros>\d+)/.exec(readText(results[0]))?.groups;
  if (found === undefined) return respond.text(`I find no order ${order} of yours.`);
  if (!isRefund)
    return respond.text(`Order ${order} is ${found['what']}, for ${found['euros']} EUR. It is on its way.`);
  if (results.length === 1) return respond.call('refund', { order, euros: Number(found['euros']) });
  if (/"paid"/.test(last))
    return respond.text(`I am sorry about your order. Your ${found['euros']} EUR are on their way.`);
  return respond.text('I am sorry: my team lead has not approved the refund.');
}

function readText(message: Message | undefined): string {
  return typeof message?.content === 'string' ? message.content : '';
}
