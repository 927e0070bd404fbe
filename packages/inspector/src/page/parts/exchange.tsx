import type { Json, Message } from '@pawl/core/chat';
import type { Repair } from '@pawl/core/events';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { WireExchangeView } from '../../api.ts';
import { actionResult } from '../data/state.ts';
import { compareRequests, type FieldChange, parseBody, type RequestDiff } from '../view/compare-requests.ts';
import { toText } from '../view/decode-bytes.ts';
import { formatBytes, formatDuration } from '../view/format-value.ts';
import { JsonView } from './json-view.tsx';
import { MessageView } from './message.tsx';
import { Badge } from './status.tsx';
import { LongText, Text } from './text.tsx';

interface ExchangeProps {
  readonly current: WireExchangeView;
  /** The request before it in the same conversation. */
  readonly previous: WireExchangeView | undefined;
  readonly repairs: readonly Repair[];
}

const VIEWS = ['Difference', 'Request', 'Response', 'Pieces'] as const;
type View = (typeof VIEWS)[number];

/** One request with its response. */
export function ExchangeDetails({ current, previous, repairs }: ExchangeProps): JSX.Element {
  const [view, setView] = useState<View>('Difference');
  return (
    <section class="exchange" aria-label={`Request of turn ${current.turn}`}>
      <p class="url">
        <strong>{current.method}</strong>{' '}
        <code>
          <Text value={current.url} />
        </code>{' '}
        {current.status !== undefined && (
          <Badge kind={current.status < 400 ? 'good' : 'bad'}>{String(current.status)}</Badge>
        )}{' '}
        {current.error !== undefined && <Badge kind="bad">{current.error.code ?? current.error.name}</Badge>}
        <CopyButton curl={current.curl} />
      </p>
      {current.error !== undefined && (
        <p class="problem">
          <Text value={current.error.message} />
        </p>
      )}
      {repairs.map(({ note }) => (
        <p class="hint" key={note}>
          Repaired: <Text value={note} />
        </p>
      ))}
      <div class="tabs" role="tablist" aria-label="Parts of the exchange">
        {VIEWS.map((name) => (
          <button key={name} type="button" role="tab" aria-selected={name === view} onClick={() => setView(name)}>
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-label={view}>
        <Panel view={view} current={current} previous={previous} />
      </div>
    </section>
  );
}

function CopyButton({ curl }: { readonly curl: string | null }): JSX.Element | false {
  const copy = (command: string): void => {
    navigator.clipboard.writeText(command).then(
      () => {
        actionResult.value = { kind: 'done', text: 'Copied. It reads the key from $OPENAI_API_KEY.' };
      },
      () => {
        actionResult.value = {
          kind: 'failed',
          text: 'The browser does not allow to copy. The command is below the request.',
        };
      },
    );
  };
  return (
    curl !== null && (
      <button type="button" onClick={() => copy(curl)}>
        Copy as curl
      </button>
    )
  );
}

interface PanelProps extends Omit<ExchangeProps, 'repairs'> {
  readonly view: View;
}

function Panel({ view, current, previous }: PanelProps): JSX.Element {
  switch (view) {
    case 'Difference':
      return <Difference current={current} previous={previous} />;
    case 'Request':
      return <RequestView current={current} />;
    case 'Response':
      return <ResponseView current={current} />;
    case 'Pieces':
      return <Pieces current={current} />;
  }
}

function Difference({ current, previous }: Omit<ExchangeProps, 'repairs'>): JSX.Element {
  if (current.body === null) return <NotKept />;
  const body = parseBody(toText(current.body));
  if (body === undefined) return <p class="hint">The request is not a JSON object: see it as it was sent.</p>;
  if (previous === undefined) return <p class="hint">This is the first request of its conversation.</p>;
  const before = previous.body === null ? undefined : parseBody(toText(previous.body));
  if (before === undefined) return <p class="hint">The request before it is not kept, so it cannot be compared.</p>;
  return <DiffView diff={compareRequests(before, body)} sharedBytes={current.sharedBytes} />;
}

interface DiffProps {
  readonly diff: RequestDiff;
  readonly sharedBytes: number | null;
}

function DiffView({ diff, sharedBytes }: DiffProps): JSX.Element {
  const { sameStart, sameEnd, removed, added, fields, brokenBy } = diff;
  return (
    <div class="diff">
      <p>
        {brokenBy === undefined ? (
          <Badge kind="good">✓ The cached prefix holds</Badge>
        ) : (
          <Badge kind="warn">{`▲ The cached prefix breaks at ${brokenBy}`}</Badge>
        )}{' '}
        {sharedBytes !== null && <span class="dim">The first {formatBytes(sharedBytes)} are as before.</span>}
      </p>
      {fields.map((field) => (
        <Field key={field.name} field={field} />
      ))}
      <p class="same">{countMessages(sameStart)} as before</p>
      <DiffMessages label="Messages that left" sign="−" messages={removed} kind="removed" />
      <DiffMessages label="Messages that entered" sign="+" messages={added} kind="added" />
      {sameEnd > 0 && <p class="same">{countMessages(sameEnd)} as before</p>}
    </div>
  );
}

function countMessages(count: number): string {
  return `${count} ${count === 1 ? 'message' : 'messages'}`;
}

function Field({ field: { name, before, after } }: { readonly field: FieldChange }): JSX.Element {
  return (
    <details class="changed">
      <summary>
        <code>
          <Text value={name} />
        </code>{' '}
        {before === undefined ? 'is new' : after === undefined ? 'is gone' : 'has changed'}
      </summary>
      {before !== undefined && <JsonView label={`${name} before`} value={before} />}
      {after !== undefined && <JsonView label={`${name} now`} value={after} />}
    </details>
  );
}

interface DiffMessagesProps {
  readonly label: string;
  readonly sign: string;
  readonly messages: readonly Json[];
  readonly kind: 'added' | 'removed';
}

function DiffMessages({ label, sign, messages, kind }: DiffMessagesProps): JSX.Element | false {
  return (
    messages.length > 0 && (
      <section aria-label={label}>
        <h4>
          {sign} {countMessages(messages.length)} {kind === 'added' ? 'entered' : 'left'}
        </h4>
        <ol class={`messages ${kind}`}>
          {messages.map((message, index) =>
            isMessage(message) ? (
              <MessageView key={String(index)} message={message} />
            ) : (
              <li key={String(index)}>
                <JsonView label="Message" value={message} />
              </li>
            ),
          )}
        </ol>
      </section>
    )
  );
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null || !('role' in value) || typeof value.role !== 'string') return false;
  const content = 'content' in value ? value.content : undefined;
  const isContent = content == null || typeof content === 'string' || Array.isArray(content);
  return isContent && (!('tool_calls' in value) || Array.isArray(value.tool_calls));
}

function RequestView({ current: { headers, body, curl } }: { readonly current: WireExchangeView }): JSX.Element {
  if (body === null) return <NotKept />;
  const text = toText(body);
  const parsed = parseBody(text);
  return (
    <>
      <Headers headers={headers} label="Headers of the request" />
      {parsed !== undefined && <JsonView label="Body of the request" value={parsed} open={1} />}
      <details open={parsed === undefined}>
        <summary>The body as it was sent, {formatBytes(new Blob([text]).size)}</summary>
        <LongText label="Body as sent" value={text} />
      </details>
      {curl !== null && (
        <details>
          <summary>As a curl command</summary>
          <LongText label="Command" value={curl} />
        </details>
      )}
    </>
  );
}

function ResponseView({ current: { at, endedAt, response } }: { readonly current: WireExchangeView }): JSX.Element {
  const text = response.pieces.map(toText).join('');
  return (
    <>
      <p class="dim">
        {response.at === undefined ? 'No response arrived.' : `Headers after ${formatDuration(response.at - at)}`}
        {endedAt !== undefined && `, ended after ${formatDuration(endedAt - at)}`}
      </p>
      {response.headers !== undefined && <Headers headers={response.headers} label="Headers of the response" />}
      {response.omittedBytes > 0 && <p class="hint">{formatBytes(response.omittedBytes)} are not kept.</p>}
      <LongText label="Body of the response" value={text} />
    </>
  );
}

function Pieces({ current: { at, response } }: { readonly current: WireExchangeView }): JSX.Element {
  const [count, setCount] = useState(100);
  return (
    <>
      <table class="pieces">
        <caption class="unseen">Pieces of the response</caption>
        <thead>
          <tr>
            <th scope="col">After</th>
            <th scope="col">Bytes</th>
            <th scope="col">Text</th>
          </tr>
        </thead>
        <tbody>
          {response.pieces.slice(0, count).map((piece, index) => (
            <tr key={String(index)}>
              <td class="number">{formatDuration(piece.at - at)}</td>
              <td class="number">{piece.byteCount}</td>
              <td>
                <code>
                  <Text value={toText(piece).slice(0, 600)} />
                </code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {response.pieces.length > count && (
        <button type="button" class="quiet" onClick={() => setCount(count + 500)}>
          Show more of {response.pieces.length} pieces
        </button>
      )}
    </>
  );
}

function Headers({
  headers,
  label,
}: {
  readonly headers: Readonly<Record<string, string>>;
  readonly label: string;
}): JSX.Element {
  return (
    <details>
      <summary>{label}</summary>
      <dl class="headers">
        {Object.entries(headers).map(([name, value]) => (
          <div key={name}>
            <dt>
              <Text value={name} />
            </dt>
            <dd>
              <Text value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function NotKept(): JSX.Element {
  return <p class="hint">Not kept: the log keeps a limited number of bytes of a run, and deletes the oldest first.</p>;
}
