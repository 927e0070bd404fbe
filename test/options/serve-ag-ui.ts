import { createAgUiState, readAgUiRequest } from '@pawl/serve/encode';
import type { Factory } from './factory.ts';

const BODY = { threadId: 'a', runId: 'r', messages: [{ id: 'u', role: 'user', content: 'Hello.' }] };

export const serveAgUi: readonly Factory[] = [
  {
    name: 'createAgUiState',
    covers: ['AgUiEncoderOptions'],
    make: (options) => createAgUiState(options),
    valid: {
      threadId: 'a',
      runId: 'r',
      parentRunId: 'p',
      isLegacyClient: true,
      messages: [],
      laterMessages: [],
      state: { page: 2 },
      sharedState: true,
      text: 'whole',
      toolOutput: 'status',
      frontendTools: ['pick'],
      usageAfter: 3,
    },
    wrong: [
      [{ threadId: 'a', runId: 'r', thread: 'a' }, 'The option is "threadId".'],
      [{ threadId: 'a', runId: 'r', tools: [] }, 'The option is "frontendTools".'],
      [{ threadId: 'a', runId: 'r', text: 'later' }, 'text is the text "later". Pass "live" or "whole".'],
    ],
  },
  {
    name: 'readAgUiRequest',
    covers: ['AgUiRequestOptions'],
    make: (options) => readAgUiRequest(BODY, options),
    valid: { maxMessages: 10, mediaUrls: 'data-only', callerInstructions: 'reject', callerTools: 'reject' },
    isOptional: true,
    wrong: [
      [{ maxMessages: '10' }, 'maxMessages is the text "10". Pass a number.'],
      [{ mediaUrls: 'none' }, 'mediaUrls is the text "none". Pass "any" or "data-only".'],
    ],
  },
];
