import type { Json } from '@pawl/core/chat';
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { escapeText } from '../view/escape-text.ts';
import {
  createFields,
  type FormField,
  type FormValues,
  parseForm,
  parseJsonField,
  toFormValues,
} from '../view/schema-form.ts';

interface FormProps {
  readonly schema: Json | undefined;
  readonly input: Json;
  /** `custom`: the input is a text. */
  readonly isText: boolean;
  readonly submitLabel: string;
  readonly onSubmit: (value: Json) => void;
  readonly onCancel: () => void;
}

/** Edits the arguments of a call: by a form of the tool's schema, as JSON where there is none, as text for a custom tool. */
export function ArgumentsForm(props: FormProps): JSX.Element {
  const { schema, input, isText } = props;
  const fields = useMemo(() => (isText ? undefined : createFields(schema, input)), [schema, input, isText]);
  return fields === undefined ? <RawForm {...props} /> : <FieldsForm {...props} fields={fields} />;
}

function FieldsForm({ fields, ...props }: FormProps & { readonly fields: readonly FormField[] }): JSX.Element {
  const [values, setValues] = useState<FormValues>(() => toFormValues(fields, props.input));
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const submit = (): void => {
    const parsed = parseForm(fields, values);
    setProblems(parsed.ok ? {} : parsed.problems);
    if (parsed.ok) props.onSubmit(parsed.value);
  };
  return (
    <FormFrame {...props} onSubmit={submit}>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          problem={Object.hasOwn(problems, field.name) ? problems[field.name] : undefined}
          onChange={(value) => setValues(Object.fromEntries([...Object.entries(values), [field.name, value]]))}
        />
      ))}
    </FormFrame>
  );
}

interface FieldProps {
  readonly field: FormField;
  readonly value: string | boolean;
  readonly problem: string | undefined;
  readonly onChange: (value: string | boolean) => void;
}

function Field({ field, value, problem, onChange }: FieldProps): JSX.Element {
  const id = `field-${field.name}`;
  return (
    <div class="field">
      <label for={id}>
        {escapeText(field.name)}
        {field.isRequired ? '' : ' (optional)'}
      </label>
      <FieldInput {...{ field, value, problem, onChange, id }} />
      {field.description !== '' && <p class="hint">{escapeText(field.description)}</p>}
      {problem !== undefined && (
        <p class="problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function FieldInput({ field, value, problem, onChange, id }: FieldProps & { readonly id: string }): JSX.Element {
  const shared = {
    id,
    'aria-invalid': problem !== undefined,
    'aria-describedby': problem === undefined ? undefined : `${id}-problem`,
  };
  const text = String(value);
  switch (field.kind) {
    case 'boolean':
      return (
        <input
          {...shared}
          type="checkbox"
          checked={value === true}
          onInput={(e) => onChange(e.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <select {...shared} value={text} onChange={(event) => onChange(event.currentTarget.value)}>
          {!field.isRequired && <option value="" />}
          {field.choices.map((choice) => (
            <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
              {escapeText(JSON.stringify(choice))}
            </option>
          ))}
        </select>
      );
    case 'number':
      return (
        <input {...shared} inputMode="decimal" value={text} onInput={(event) => onChange(event.currentTarget.value)} />
      );
    case 'text':
    case 'json':
      return (
        <textarea
          {...shared}
          rows={Math.min(12, text.split('\n').length + (field.kind === 'json' ? 1 : 0))}
          value={text}
          spellcheck={false}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

function RawForm(props: FormProps): JSX.Element {
  const { input, isText, onSubmit } = props;
  const [text, setText] = useState(() => (isText ? String(input) : JSON.stringify(input, undefined, 2)));
  return (
    <JsonForm
      {...props}
      label={isText ? 'Text' : 'Arguments as JSON'}
      text={text}
      onText={setText}
      onValue={onSubmit}
    />
  );
}

interface JsonFormProps extends Pick<FormProps, 'submitLabel' | 'onCancel' | 'isText'> {
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onValue: (value: Json) => void;
}

/** A text area whose text is sent as JSON, or as it is. */
export function JsonForm({ label, text, isText, onText, onValue, ...props }: JsonFormProps): JSX.Element {
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const submit = (): void => {
    const parsed = isText ? ({ ok: true, value: text } as const) : parseJsonField(text);
    setProblem(parsed.ok ? undefined : parsed.problem);
    if (parsed.ok) onValue(parsed.value);
  };
  const field = {
    name: label,
    kind: 'json',
    description: '',
    isRequired: true,
    isInteger: false,
    choices: [],
  } as const;
  return (
    <FormFrame {...props} onSubmit={submit}>
      <Field field={field} value={text} problem={problem} onChange={(value) => onText(String(value))} />
    </FormFrame>
  );
}

interface FrameProps extends Pick<FormProps, 'submitLabel' | 'onCancel'> {
  readonly onSubmit: () => void;
  readonly children: preact.ComponentChildren;
}

/** The buttons of a form. Escape closes it. */
export function FormFrame({ submitLabel, onSubmit, onCancel, children }: FrameProps): JSX.Element {
  return (
    <form
      class="form"
      // The server sends no file that a form could be sent to, and its policy forbids it.
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
      ref={focusFirst}
    >
      {children}
      <div class="actions">
        <button type="submit" class="primary">
          {submitLabel}
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function focusFirst(form: HTMLFormElement | null): void {
  if (form === null || form.contains(document.activeElement)) return;
  const first = form.querySelector('textarea, input, select');
  if (first instanceof HTMLElement) first.focus();
}
