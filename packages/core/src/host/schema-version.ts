import { HostError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { describeValue } from '../base/options.ts';
import { isEventType } from '../event/check-listeners.ts';
import { isStepName } from '../event/step-name.ts';
import type { RunRecord } from './host.ts';
import type { StoredStep } from './run-store.ts';

/** The version of everything that is stored about a run: its record, step names, events, answers and statuses. */
export const SCHEMA_VERSION = 1;

/** Whether this version of Pawl can read a run. A run that it cannot read stays as it is, for a worker that can. */
export function hasKnownSchema({ schemaVersion }: RunRecord): boolean {
  return schemaVersion === SCHEMA_VERSION;
}

/** Checks that this version can read a run. @throws HostError `run.format` */
export function checkSchemaVersion(record: RunRecord): void {
  if (hasKnownSchema(record)) return;
  const { runId, schemaVersion } = record as { readonly runId: string; readonly schemaVersion: unknown };
  const found =
    schemaVersion === undefined ? 'has no schemaVersion' : `has schemaVersion ${describeValue(schemaVersion)}`;
  throw new HostError(
    `Run "${runId}" ${found}; this version of Pawl reads ${SCHEMA_VERSION}. Nothing was changed: resume it with the version that stored it.`,
    { code: 'run.format' },
  );
}

/** Checks a stored step. @throws HostError `run.format` for a name or an event that this version does not know. */
export function checkStoredStep({ name, value }: Pick<StoredStep, 'name' | 'value'>, runId: string): void {
  if (!isStepName(name)) throw createUnknownFormatError(runId, `a step ${JSON.stringify(name)}`);
  const type = isRecord(value) ? value['type'] : undefined;
  if (typeof type === 'string' && !isEventType(type)) {
    throw createUnknownFormatError(runId, `an event ${JSON.stringify(type)} in step ${JSON.stringify(name)}`);
  }
}

function createUnknownFormatError(runId: string, part: string): HostError {
  return new HostError(
    `Run "${runId}" has ${part}, which this version of Pawl does not know. Nothing was changed: resume it with the version that stored it.`,
    { code: 'run.format' },
  );
}
