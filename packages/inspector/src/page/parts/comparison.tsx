import type { PendingCall } from '@pawl/core';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { RunFollower, type RunSource } from '../data/run-follower.ts';
import { compareRuns } from '../view/compare-runs.ts';
import { explainStatus } from '../view/describe-run.ts';
import { formatCost, formatCount, formatDuration } from '../view/format-value.ts';
import { formatRoute } from '../view/route.ts';
import { PendingCallCard } from './pending-call.tsx';
import { Badge, Status } from './status.tsx';
import { LongText, Text } from './text.tsx';

interface ComparisonProps {
  readonly source: RunSource;
  readonly beside: string;
}

/** Two runs side by side, step by step. */
export function Comparison({ source, beside }: ComparisonProps): JSX.Element {
  const other = useMemo(() => new RunFollower(beside), [beside]);
  useEffect(() => () => other.close(), [other]);
  const steps = compareRuns(source.events.value, other.events.value);
  const first = steps.find(({ isEqual }) => !isEqual);
  return (
    <section class="comparison" aria-label="Both runs">
      <h2>Side by side</h2>
      <p>
        {first === undefined ? (
          <Badge kind="good">✓ Every step is equal</Badge>
        ) : (
          <Badge kind="warn">{`The first difference is in ${first.step}`}</Badge>
        )}
      </p>
      <PendingCalls source={other} />
      <table>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <SideHead source={source} />
            <SideHead source={other} />
          </tr>
        </thead>
        <tbody>
          {steps.map(({ step, one, other: second, isEqual }) => (
            <tr key={step} class={isEqual ? 'equal' : 'different'}>
              <th scope="row">
                <code>
                  <Text value={step} />
                </code>
                <span class="dim"> {isEqual ? '= equal' : '≠ different'}</span>
              </th>
              <Side text={one} />
              <Side text={second} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A live replay asks before each call that is not idempotent. */
function PendingCalls({ source }: { readonly source: RunSource }): JSX.Element {
  const state = source.state.value;
  const calls = (state?.pending ?? []) as unknown as readonly PendingCall[]; // JSON of pending calls.
  return (
    <>
      {calls.map((pending, index) => (
        <PendingCallCard
          key={pending.id}
          runId={source.runId}
          agent={state?.agent ?? ''}
          pending={pending}
          since={undefined}
          onAnswered={() => undefined}
          hasKeys={index === 0}
        />
      ))}
    </>
  );
}

function SideHead({ source }: { readonly source: RunSource }): JSX.Element {
  const state = source.state.value;
  const { durationMs } = (state?.outcome ?? {}) as { readonly durationMs?: number };
  return (
    <th scope="col">
      <a href={formatRoute({ screen: 'run', runId: source.runId })}>
        <Text value={source.runId} />
      </a>{' '}
      {state !== undefined && <Status status={state.status} />}
      <p class="dim">
        {state?.usage != null && `${formatCount(state.usage.totalTokens)} tokens, ${formatCost(state.usage.cost)}`}
        {durationMs !== undefined && `, ${formatDuration(durationMs)}`}
      </p>
      {state !== undefined && (
        <p class="dim">
          <Text value={explainStatus(state).slice(0, 200)} />
        </p>
      )}
      {source.problem.value !== undefined && <p class="problem">{source.problem.value}</p>}
    </th>
  );
}

function Side({ text }: { readonly text: string | undefined }): JSX.Element {
  return (
    <td>
      {text === undefined ? <span class="dim">no such step</span> : <LongText label="What the step did" value={text} />}
    </td>
  );
}
