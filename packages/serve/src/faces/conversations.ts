import { hasEnded } from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import { HttpProblem } from '../protocol/problem.ts';
import { describeSummary } from '../protocol/runs/describe-run.ts';
import { readUiMessages } from './ui-chat.ts';

/**
 * Answers `GET /v1/conversations/{id}`: the messages, the open run and its pending calls, for a page that is loaded again. With `?format=ui` the
 * messages are those of `useChat`, and a new chat has none.
 */
export async function handleConversation(context: RequestContext): Promise<Response> {
  const { principal, runs, control, segments, query } = context;
  const isUi = query.get('format') === 'ui';
  const id = segments[2] ?? '';
  const stored = runs.getConversation(principal, id);
  const [messages, newest] = await Promise.all([
    isUi ? readUiMessages(context, id) : stored.getMessages(),
    control.listOwned(principal, { conversation: stored.id, order: 'desc', limit: 10 }),
  ]);
  const open = newest.find(({ status }) => !hasEnded(status));
  if (messages.length === 0 && newest.length === 0 && !isUi) {
    throw new HttpProblem(`There is no conversation ${JSON.stringify(id.slice(0, 200))}.`, {
      status: 404,
      code: 'conversation.unknown',
    });
  }
  const pending = open?.outcome?.status === 'suspended' ? open.outcome.pending : [];
  return Response.json({ id, messages, run: open === undefined ? null : describeSummary(open), pending });
}
