import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AgentList, AgentView, ToolView } from '../../api.ts';
import { findAgentView } from '../data/agents.ts';
import { listAgents, toMessage } from '../data/server.ts';
import { session } from '../data/state.ts';
import { JsonView } from '../parts/json-view.tsx';
import { Badge } from '../parts/status.tsx';
import { LongText, Text } from '../parts/text.tsx';
import { formatDuration } from '../view/format-value.ts';
import { formatRoute } from '../view/route.ts';

/** The agents of this process. */
export function AgentsScreen(): JSX.Element {
  const [list, setList] = useState<AgentList | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  useEffect(() => {
    listAgents().then(setList, (error: unknown) => setProblem(toMessage(error)));
  }, []);
  if (problem !== undefined) {
    return (
      <p class="problem" role="alert">
        <Text value={problem} />
      </p>
    );
  }
  return (
    <main class="screen agent">
      <h1>Agents of this process</h1>
      <ul class="agents" aria-label="Agents">
        {list?.data.map(({ name, description, model, tools }) => (
          <li key={name}>
            <a href={formatRoute({ screen: 'agent', name })}>
              <Text value={name} />
            </a>{' '}
            <span class="dim">
              <Text value={`${model}, ${tools.length} tools`} />
            </span>
            {description !== undefined && (
              <p>
                <Text value={description} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </main>
  );
}

/** An agent: its tools with both forms of their schemas, its limits, guards and handoffs. */
export function AgentScreen({ name }: { readonly name: string }): JSX.Element {
  const agent = findAgentView(name);
  return (
    <main class="screen agent">
      <h1>
        Agent <Text value={name} />
      </h1>
      {agent === undefined ? (
        <p class="hint">
          {session.value?.hasAgents === true
            ? 'This process has no agent of this name.'
            : 'The agents are not known here: only a process that passes them to inspect() shows them.'}
        </p>
      ) : (
        <AgentDetails agent={agent} />
      )}
    </main>
  );
}

function AgentDetails({ agent }: { readonly agent: AgentView }): JSX.Element {
  const { description, model, models, version, instructions, limits, middleware, handoffs, output, toolViews } = agent;
  return (
    <>
      {description !== undefined && (
        <p>
          <Text value={description} />
        </p>
      )}
      <dl class="facts">
        <Entry name="Model">{[model, ...models.filter((other) => other !== model)].join(', ')}</Entry>
        {version !== undefined && <Entry name="Version">{version}</Entry>}
        <Entry name="Handoffs">{handoffs.length === 0 ? 'none' : handoffs.join(', ')}</Entry>
        <Entry name="Limits">
          {Object.entries(limits)
            .map(([limit, max]) => `${limit} ${max}`)
            .join(', ')}
        </Entry>
        <Entry name="Middleware">
          {middleware.length === 0
            ? 'none'
            : middleware.map((each) => `${each.name}${each.isTextGuard ? ' (text guard)' : ''}`).join(', ')}
        </Entry>
      </dl>
      <h2>Instructions</h2>
      {instructions === null ? (
        <p class="hint">A function makes them. The first turn of a run shows them.</p>
      ) : (
        <LongText value={instructions} label="Instructions" />
      )}
      {output !== null && (
        <>
          <h2>Output</h2>
          <JsonView label="Schema of the output" value={output} />
        </>
      )}
      <h2>Tools</h2>
      {toolViews.length === 0 && <p class="hint">It has no tools.</p>}
      {toolViews.map((tool) => (
        <Tool key={tool.name} tool={tool} />
      ))}
    </>
  );
}

function Entry({ name, children }: { readonly name: string; readonly children: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Text value={children} />
      </dd>
    </div>
  );
}

const APPROVALS = { always: 'needs an approval', never: 'no approval', sometimes: 'may need an approval' } as const;

function Tool({ tool }: { readonly tool: ToolView }): JSX.Element {
  const { name, description, effect, needsApproval, hasExternalResult, isAgent, exclusive, timeoutMs, schema } = tool;
  return (
    <article class="tool" aria-label={`Tool ${name}`}>
      <header>
        <h3>
          <Text value={name} />
        </h3>
        <Badge kind={effect === 'non-idempotent' ? 'warn' : 'plain'}>{effect}</Badge>
        <Badge kind={needsApproval === 'never' ? 'plain' : 'accent'}>{APPROVALS[needsApproval]}</Badge>
        {hasExternalResult && <Badge>result from outside</Badge>}
        {isAgent && <Badge>an agent</Badge>}
        {exclusive && <Badge>exclusive</Badge>}
        <span class="dim">timeout {formatDuration(timeoutMs)}</span>
      </header>
      {description !== undefined && <LongText value={description} label="Description" />}
      <div class="columns">
        <section aria-label="Plain schema">
          <h4>Schema for servers that do not enforce it</h4>
          <JsonView label="Plain schema" value={schema} open={1} />
        </section>
        <StrictSchema tool={tool} />
      </div>
    </article>
  );
}

function StrictSchema({ tool: { strictSchema, strictReport } }: { readonly tool: ToolView }): JSX.Element {
  return (
    <section aria-label="Strict schema">
      <h4>Strict schema</h4>
      {strictSchema === null ? (
        <p class="hint">It has no strict form.</p>
      ) : (
        <JsonView label="Strict schema" value={strictSchema} open={1} />
      )}
      {strictReport.length > 0 && <JsonView label="What strict mode changes" value={strictReport} open={3} />}
    </section>
  );
}
