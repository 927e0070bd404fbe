import type { RequestContext } from '../context.ts';
import { createJsonResponse } from '../protocol/json-response.ts';
import { HttpProblem } from '../protocol/problem.ts';
import type { ServedAgent } from '../runs/agent-directory.ts';

/** Answers `GET /v1/models` and `/v1/models/{id}`: https://platform.openai.com/docs/api-reference/models */
export async function handleModels({ segments, agents }: RequestContext): Promise<Response> {
  const id = segments.slice(2).join('/');
  if (id === '') return createJsonResponse({ object: 'list', data: agents.list().map(describeModel) });
  const found = agents.find(id);
  if (found === undefined) throw createUnknownModelError(id);
  return createJsonResponse(describeModel(found));
}

function describeModel({ agent, created }: ServedAgent): object {
  return { id: agent.name, object: 'model', created, owned_by: 'pawl' };
}

/** OpenAI's error for a model that does not exist or that the key may not use. */
export function createUnknownModelError(name: string, param = 'model'): HttpProblem {
  return new HttpProblem(
    `There is no model ${JSON.stringify(name.slice(0, 200))}. GET /v1/models lists the agents of this server.`,
    {
      status: 404,
      code: 'model_not_found',
      param,
    },
  );
}
