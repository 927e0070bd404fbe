import type { Answer } from '@pawl/core';
import type { JSX } from 'preact';
import type { CallView, WaitView } from '../view/fold-turn.ts';
import { formatDuration } from '../view/format-value.ts';
import { JsonView } from './json-view.tsx';
import { Badge } from './status.tsx';
import { LongText, Text } from './text.tsx';

/** A call: its arguments raw and parsed, its waits, and its result as the model read it beside the value. */
export function CallDetails({ call }: { readonly call: CallView }): JSX.Element {
  const { call: made, result, waits, rawArguments, hasStarted, progress } = call;
  const [name, text] =
    made.type === 'custom' ? [made.custom.name, made.custom.input] : [made.function.name, made.function.arguments];
  return (
    <article class="call" aria-label={`Call ${name}`}>
      <header>
        <h3>
          <Text value={name} />
        </h3>
        <code class="dim">
          <Text value={made.id} />
        </code>
        <ResultBadge call={call} />
      </header>
      <Arguments text={text} raw={rawArguments} isText={made.type === 'custom'} />
      {waits.map((wait) => (
        <Wait key={`${wait.at} ${wait.pending.fingerprint}`} wait={wait} />
      ))}
      {progress !== undefined && <JsonView label="Progress" value={progress} />}
      {result === undefined ? (
        <p class="hint">{hasStarted ? 'It is at work.' : 'It has no result yet.'}</p>
      ) : (
        <Result result={result} />
      )}
    </article>
  );
}

function ResultBadge({ call: { result } }: { readonly call: CallView }): JSX.Element | null {
  switch (result?.type) {
    case undefined:
      return null;
    case 'tool.finished':
      return <Badge kind="good">{`✓ ${formatDuration(result.durationMs)}`}</Badge>;
    case 'tool.failed':
      return <Badge kind="bad">{`✗ ${result.reason}, ${formatDuration(result.durationMs)}`}</Badge>;
    case 'tool.skipped':
      return <Badge kind="warn">{`– ${result.reason}`}</Badge>;
  }
}

interface ArgumentsProps {
  readonly text: string;
  readonly raw: string | undefined;
  readonly isText: boolean;
}

function Arguments({ text, raw, isText }: ArgumentsProps): JSX.Element {
  const parsed = isText ? undefined : parseArguments(text);
  return (
    <section aria-label="Arguments">
      <h4>Arguments</h4>
      {parsed === undefined ? (
        <LongText value={text} label="Arguments" />
      ) : (
        <JsonView label="Arguments" value={parsed.value} />
      )}
      {raw !== undefined && (
        <>
          <h4>As the model wrote them: no JSON</h4>
          <LongText value={raw} label="Raw arguments" />
        </>
      )}
      {raw === undefined && parsed !== undefined && (
        <details>
          <summary>As text</summary>
          <LongText value={text} label="Raw arguments" />
        </details>
      )}
    </section>
  );
}

function parseArguments(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function Wait({ wait: { pending, answer, at } }: { readonly wait: WaitView }): JSX.Element {
  return (
    <section class="wait" aria-label="Wait">
      <p>
        Waited ({pending.reason}){answer === undefined ? ', and still waits.' : `: ${formatDuration(answer.at - at)}, `}
        {answer?.type === 'approval.expired' && 'then expired.'}
        {answer?.type === 'approval.answered' && (
          <>
            then {WORDS[answer.answer.type]}
            {answer.by !== undefined && (
              <>
                {' '}
                by <Text value={answer.by} />
              </>
            )}
            .
          </>
        )}
      </p>
      {answer?.type === 'approval.answered' && <AnswerValue answer={answer.answer} />}
    </section>
  );
}

const WORDS: Readonly<Record<Answer['type'], string>> = {
  approve: 'approved',
  deny: 'denied',
  edit: 'approved with other arguments',
  result: 'given a result',
  resume: 'resumed with a value',
};

function AnswerValue({ answer }: { readonly answer: Answer }): JSX.Element | null {
  if (answer.type === 'edit') return <JsonView label="Edited arguments" value={answer.arguments} />;
  if (answer.type === 'result' || answer.type === 'resume')
    return <JsonView label="Given value" value={answer.value} />;
  return answer.type === 'deny' && answer.reason !== undefined ? (
    <LongText value={answer.reason} label="Reason" />
  ) : null;
}

function Result({ result }: { readonly result: NonNullable<CallView['result']> }): JSX.Element {
  return (
    <section class="result" aria-label="Result">
      <div class="side">
        <h4>As the model read it</h4>
        <LongText value={result.content} label="Result as the model read it" />
      </div>
      {result.type === 'tool.finished' && <Value result={result} />}
      {result.type === 'tool.failed' && (
        <div class="side">
          <h4>Error</h4>
          <JsonView label="Error" value={result.error} />
        </div>
      )}
    </section>
  );
}

type Finished = Extract<NonNullable<CallView['result']>, { readonly type: 'tool.finished' }>;

function Value({
  result: { output, fullContent, lossyPaths = [], stateChange, parts, isText },
}: {
  readonly result: Finished;
}): JSX.Element {
  return (
    <div class="side">
      <h4>Value{isText === true ? ' (a text)' : ''}</h4>
      <JsonView label="Value" value={output} />
      {lossyPaths.length > 0 && (
        <p class="hint">
          JSON cannot hold these exactly: <code>{lossyPaths.join(', ')}</code>
        </p>
      )}
      {fullContent !== undefined && (
        <details>
          <summary>The whole result, which the model did not get</summary>
          <LongText value={fullContent} label="Whole result" />
        </details>
      )}
      {parts !== undefined && <JsonView label="Images and files" value={parts} open={1} />}
      {stateChange !== undefined && <JsonView label="Change of the state" value={stateChange} open={1} />}
    </div>
  );
}
