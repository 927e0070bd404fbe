import type { Answer, PendingCall } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { findAgentView } from '../data/agents.ts';
import { answerCall, sendCommand } from '../data/server.ts';
import { attempt, now, session } from '../data/state.ts';
import { formatDuration } from '../view/format-value.ts';
import { ArgumentsForm, FormFrame, JsonForm } from './arguments-form.tsx';
import { JsonView } from './json-view.tsx';
import { useKeys } from './keys.ts';
import { Text } from './text.tsx';

interface PendingProps {
  readonly runId: string;
  readonly agent: string;
  readonly pending: PendingCall;
  /** Since when it waits, in milliseconds since 1970. */
  readonly since: number | undefined;
  /** Called when it is answered, or somebody else has answered it. */
  readonly onAnswered: () => void;
  /** Whether `a` and `d` are its keys. */
  readonly hasKeys: boolean;
}

const REASONS = {
  approval: 'It needs an approval. It has not run.',
  external_result: 'Its result comes from outside: the tool has no code.',
  unknown_outcome:
    'It began, and its outcome is unknown: it may have taken effect. Approve it to run it again, give its result, or deny it.',
  suspended: 'The tool suspended the run.',
} as const;

type Mode = 'buttons' | 'deny' | 'edit' | 'result' | 'resume';

/** A call that waits for an answer, with all that the answer binds. */
export function PendingCallCard(props: PendingProps): JSX.Element {
  const { pending, agent, runId } = props;
  const name = pending.call.type === 'custom' ? pending.call.custom.name : pending.call.function.name;
  const tool = findAgentView(agent)?.toolViews.find((each) => each.name === name);
  return (
    <article class="pending" aria-label={`Pending call ${name}`}>
      <h3>
        <Text value={name} />
      </h3>
      <p class="reason">{REASONS[pending.reason]}</p>
      {pending.preview !== undefined && (
        <section aria-label="Preview">
          <h4>Preview by the tool</h4>
          <JsonView label="Preview" value={pending.preview} />
        </section>
      )}
      <section aria-label="Exact arguments">
        <h4>Exact arguments</h4>
        <JsonView label="Arguments" value={pending.input} open={4} />
      </section>
      <Expiry runId={runId} since={props.since} timeoutMs={tool?.approvalTimeoutMs ?? null} />
      {session.value?.isReadOnly === false ? (
        <Answers {...props} schema={tool?.schema} key={`${runId} ${pending.id} ${pending.fingerprint}`} />
      ) : (
        <p class="hint">This inspector is read-only: answer where the run belongs.</p>
      )}
      <p class="hint binding">
        An answer binds call <code>{pending.call.id}</code>, the tool, these arguments and the definition of the tool,
        by the fingerprint <code>{pending.fingerprint.slice(0, 16)}…</code>. If any of them has changed, it is refused.
      </p>
    </article>
  );
}

interface ExpiryProps {
  readonly runId: string;
  readonly since: number | undefined;
  readonly timeoutMs: number | null;
}

function Expiry({ runId, since, timeoutMs }: ExpiryProps): JSX.Element | null {
  if (since === undefined) return null;
  const waited = Math.max(0, now.value - since);
  const left = timeoutMs === null ? undefined : timeoutMs - waited;
  const isExpired = left !== undefined && left <= 0;
  return (
    <p class="hint">
      Waits for {formatDuration(waited)}.{' '}
      {left === undefined
        ? ''
        : isExpired
          ? 'Has expired: it counts as denied when the run continues.'
          : `Expires in about ${formatDuration(left)}; then it counts as denied.`}{' '}
      {isExpired && session.value?.isReadOnly === false && (
        <button type="button" onClick={() => void attempt('The run is resumed.', () => sendCommand(runId, 'resume'))}>
          Continue the run
        </button>
      )}
    </p>
  );
}

function Answers(props: PendingProps & { readonly schema: Json | undefined }): JSX.Element {
  const { runId, pending, onAnswered, hasKeys, schema } = props;
  const [mode, setMode] = useState<Mode>('buttons');
  const [isBusy, setBusy] = useState(false);
  const { fingerprint } = pending;
  const send = async (answer: Answer, done: string): Promise<void> => {
    setBusy(true);
    await attempt(done, () => answerCall(runId, pending.id, answer));
    setBusy(false);
    setMode('buttons');
    onAnswered(); // Also if it was refused: then the call has changed.
  };
  const approve = (): void => {
    if (!isBusy) void send({ type: 'approve', fingerprint }, 'Approved.');
  };
  const accepts = (type: Answer['type']): boolean => pending.accepts.includes(type);
  useKeys({
    a: hasKeys && accepts('approve') ? approve : undefined,
    d: hasKeys && accepts('deny') ? () => setMode('deny') : undefined,
  });
  useEffect(() => setMode('buttons'), [fingerprint]);
  const form = { onCancel: () => setMode('buttons'), pending, schema, send };
  switch (mode) {
    case 'deny':
      return <DenyForm {...form} />;
    case 'edit':
      return <EditForm {...form} />;
    case 'result':
    case 'resume':
      return <ValueForm {...form} type={mode} />;
    case 'buttons':
      return <AnswerButtons {...{ accepts, approve, setMode, isBusy }} />;
  }
}

interface ButtonsProps {
  readonly accepts: (type: Answer['type']) => boolean;
  readonly approve: () => void;
  readonly setMode: (mode: Mode) => void;
  readonly isBusy: boolean;
}

function AnswerButtons({ accepts, approve, setMode, isBusy }: ButtonsProps): JSX.Element {
  const button = (type: Mode & Answer['type'], text: string): JSX.Element | false =>
    accepts(type) && (
      <button type="button" disabled={isBusy} onClick={() => setMode(type)}>
        {text}
      </button>
    );
  return (
    <div class="actions">
      {accepts('approve') && (
        <button type="button" class="primary" disabled={isBusy} onClick={approve} aria-keyshortcuts="a">
          Approve <kbd>a</kbd>
        </button>
      )}
      {accepts('deny') && (
        <button type="button" class="danger" disabled={isBusy} onClick={() => setMode('deny')} aria-keyshortcuts="d">
          Deny… <kbd>d</kbd>
        </button>
      )}
      {button('edit', 'Edit…')}
      {button('result', 'Give a result…')}
      {button('resume', 'Resume with a value…')}
    </div>
  );
}

interface AnswerFormProps {
  readonly pending: PendingCall;
  readonly schema: Json | undefined;
  readonly onCancel: () => void;
  readonly send: (answer: Answer, done: string) => Promise<void>;
}

function DenyForm({ pending: { fingerprint }, onCancel, send }: AnswerFormProps): JSX.Element {
  const [reason, setReason] = useState('');
  const deny = (): void =>
    void send({ type: 'deny', fingerprint, ...(reason.trim() !== '' && { reason: reason.trim() }) }, 'Denied.');
  return (
    <FormFrame submitLabel="Deny" onSubmit={deny} onCancel={onCancel}>
      <div class="field">
        <label for="reason">Reason, which the model reads (optional)</label>
        <textarea id="reason" rows={2} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </div>
    </FormFrame>
  );
}

function EditForm({ pending, schema, onCancel, send }: AnswerFormProps): JSX.Element {
  const { fingerprint, input, call } = pending;
  return (
    <ArgumentsForm
      schema={schema}
      input={input}
      isText={call.type === 'custom'}
      submitLabel="Approve with these arguments"
      onSubmit={(value) => void send({ type: 'edit', fingerprint, arguments: value }, 'Approved with other arguments.')}
      onCancel={onCancel}
    />
  );
}

function ValueForm({
  pending,
  type,
  onCancel,
  send,
}: AnswerFormProps & { readonly type: 'result' | 'resume' }): JSX.Element {
  const { fingerprint } = pending;
  const [text, setText] = useState('');
  const [isText, setIsText] = useState(false);
  const what = type === 'result' ? 'Result' : 'Value';
  return (
    <>
      <fieldset class="choices">
        <legend>Send it as</legend>
        <label>
          <input type="radio" name="form" checked={!isText} onChange={() => setIsText(false)} /> JSON
        </label>
        <label>
          <input type="radio" name="form" checked={isText} onChange={() => setIsText(true)} /> text
        </label>
      </fieldset>
      <JsonForm
        label={isText ? `${what} as text` : `${what} as JSON`}
        text={text}
        isText={isText}
        submitLabel={type === 'result' ? 'Give this result' : 'Resume with this value'}
        onText={setText}
        onValue={(value) =>
          void send({ type, fingerprint, value }, type === 'result' ? 'The result is given.' : 'Resumed.')
        }
        onCancel={onCancel}
      />
    </>
  );
}
