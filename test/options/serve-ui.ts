import { createResponsesState, createUiState, readUiRequest } from '@pawl/serve/encode';
import type { Factory } from './factory.ts';

const BODY = { id: 'a', messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] }] };

export const serveUi: readonly Factory[] = [
  {
    name: 'createUiState',
    covers: ['UiEncoderOptions'],
    make: (options) => createUiState(options),
    valid: { sdk: 6, text: 'whole', toolOutput: 'status', innerCalls: 'pending' },
    isOptional: true,
    wrong: [
      [{ version: 7 }, 'The option is "sdk".'],
      [{ sdk: 5 }, 'sdk is 5. Pass 6 or 7.'],
      [{ text: 'later' }, 'text is the text "later". Pass "live" or "whole".'],
      [{ toolOutput: false }, 'toolOutput is false. Pass "full" or "status".'],
    ],
  },
  {
    name: 'createResponsesState',
    covers: ['ResponsesEncoderOptions'],
    make: (options) => createResponsesState(options),
    valid: { id: 'resp_1', background: true, text: 'whole', toolOutput: 'status', after: 3 },
    isOptional: true,
    wrong: [
      [{ sdk: 7 }, 'there is no option "sdk"'],
      [{ text: 'later' }, 'text is the text "later". Pass "live" or "whole".'],
      [{ background: 'yes' }, 'background is the text "yes"'],
    ],
  },
  {
    name: 'readUiRequest',
    covers: ['UiRequestOptions'],
    make: (options) => readUiRequest(BODY, options),
    valid: { maxMessages: 10, mediaUrls: 'data-only', callerInstructions: 'reject' },
    isOptional: true,
    wrong: [
      [{ maxMessages: '10' }, 'maxMessages is the text "10". Pass a number.'],
      [{ mediaUrls: 'none' }, 'mediaUrls is the text "none". Pass "any" or "data-only".'],
    ],
  },
];
