export type { ContentPart, RedactContent } from './content.ts';
export type { EnrichedSpan } from './recorder.ts';
export type { TelemetryOptions } from './telemetry.ts';
export { telemetry } from './telemetry.ts';
