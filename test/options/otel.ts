import { telemetry } from '@pawl/otel';
import { execute, type Factory } from './factory.ts';

export const otel: readonly Factory[] = [
  {
    name: 'telemetry',
    covers: ['TelemetryOptions'],
    make: (options) => telemetry(options),
    valid: { content: 'event', aggregateUsage: 'pawl', resume: 'parent', enrich: execute },
    isOptional: true,
    wrong: [
      [{ captureContent: true }, 'The option is "content".'],
      [{ content: true }, 'content is true. Pass "none", "attributes" or "event", or a function.'],
      [{ aggregateUsage: 'all' }, 'aggregateUsage is the text "all". Pass "none", "pawl" or "gen_ai".'],
      [{ resume: 'child' }, 'resume is the text "child". Pass "link" or "parent".'],
      [{ tracerProvider: {} }, 'The option is "tracer"'],
      [
        { tracer: { getTracer: execute } },
        "tracer is an object without startSpan. Pass the tracer of a provider: provider.getTracer('my-app').",
      ],
      [
        { meter: {} },
        "meter is an object without createHistogram. Pass the meter of a provider: provider.getMeter('my-app').",
      ],
    ],
  },
];
