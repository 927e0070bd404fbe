import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import type {
  ModelCallResult,
  ModelCallSpan,
  RunResult,
  RunSpan,
  ToolCallResult,
  ToolCallSpan,
} from '@pawl/core/instrumentation';
import type { ContentEncoder } from './content.ts';
import type { Metrics } from './metrics.ts';
import { EVENT } from './semconv.ts';

/** A span that ends, and what it is of. A result is absent if the work rejected. */
export type EnrichedSpan =
  | { readonly type: 'run'; readonly run: RunSpan; readonly result?: RunResult }
  | { readonly type: 'model_call'; readonly call: ModelCallSpan; readonly result?: ModelCallResult }
  | { readonly type: 'tool_call'; readonly call: ToolCallSpan; readonly result?: ToolCallResult };

/** What all spans of one `telemetry()` share. */
export interface Recorder {
  readonly tracer: Tracer;
  /** `undefined` if nothing records metrics. */
  readonly metrics: () => Metrics | undefined;
  /** Absent if no content is captured. */
  readonly content: ContentCapture | undefined;
  readonly aggregateUsage: 'none' | 'pawl' | 'gen_ai';
  readonly resume: 'link' | 'parent';
  readonly enrich: (span: Span, ended: EnrichedSpan) => void;
}

/** Where messages, arguments and results go. */
export interface ContentCapture {
  readonly place: 'attributes' | 'event';
  readonly encoder: ContentEncoder;
}

/** Writes content where it belongs. */
export function captureContent(span: Span, { place }: ContentCapture, content: Attributes): void {
  if (place === 'attributes') span.setAttributes(content);
  else span.addEvent(EVENT.operationDetails, content);
}
