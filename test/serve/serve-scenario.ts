import { memoryHost } from '@pawl/core';
import { type ServeOptions, serve } from '@pawl/serve';
import { manualClock, scriptedModel } from '@pawl/testing';
import { onTestFinished } from 'vitest';
import { createResponder, createScenarioAgent, type Scenario } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';

/** The scenarios that one request can begin. `serve` has no flows. */
export const servedScenarios: readonly Scenario[] = scenarios.filter(
  ({ steering, input, flow }) => steering === undefined && typeof (input ?? '') === 'string' && flow === undefined,
);

/** Serves the agent of a scenario as "played", until the test ends. Returns a function that sends a request. */
export function serveScenario(
  scenario: Scenario,
  options: Omit<ServeOptions, 'agents' | 'host' | 'resumeEveryMs'>,
): (path: string, body?: object) => Promise<Response> {
  const model = scriptedModel(createResponder(scenario));
  const agent = createScenarioAgent(scenario, { started: [], model, clock: manualClock() }, { name: 'played' });
  const server = serve({ ...options, agents: [agent], host: memoryHost(), resumeEveryMs: 0 });
  onTestFinished(server.close);
  return (path, body) => {
    const init = {
      headers: { 'content-type': 'application/json', 'pawl-events': '1' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    };
    return server.fetch(new Request(`http://localhost${path}`, init));
  };
}
