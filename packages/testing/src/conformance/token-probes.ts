import {
  createProbe,
  isSupported,
  judgeResponse,
  type Probe,
  type ProbeEvidence,
  reportSupported,
  reportUnclear,
  reportUnsupported,
} from './probe.ts';
import {
  type ProbeResponse,
  readChoice,
  readCompletionTokens,
  requestCompletion,
  type TokenField,
} from './request-completion.ts';

const CAP = 16;

export const countingRequest: { readonly messages: readonly object[] } = {
  messages: [{ role: 'user', content: 'Count from 1 to 50, with commas.' }],
};

function judgeCap(answer: ProbeResponse): ProbeEvidence {
  const tokens = readCompletionTokens(answer);
  if (readChoice(answer)['finish_reason'] === 'length') return reportSupported('the response was cut there');
  if (isAtCap(tokens))
    return reportSupported(`the response ended there, with the finish reason ${formatFinishReason(answer)}`);
  if (tokens !== undefined && tokens > CAP) return reportUnclear(`accepted, but the response has ${tokens} tokens`);
  return reportUnclear('accepted, but the response was not cut');
}

/** Some servers count the end-of-text token. */
function isAtCap(tokens: number | undefined): boolean {
  return tokens === CAP || tokens === CAP + 1;
}

function formatFinishReason(answer: ProbeResponse): string {
  return JSON.stringify(readChoice(answer)['finish_reason'] ?? null);
}

/** Probes whether a truncated response has the finish reason `length`. */
const cutReported: Probe = {
  name: 'cut reported',
  run: async (server, earlier) => {
    const field = FIELDS.find((name) => isSupported(earlier, name));
    if (field === undefined) return reportUnclear('no token limit was obeyed');
    return judgeResponse(await requestCompletion(server, { ...countingRequest, [field]: CAP }), (answer) => {
      if (readChoice(answer)['finish_reason'] === 'length') return reportSupported();
      if (isAtCap(readCompletionTokens(answer)))
        return reportUnsupported(`the finish reason is ${formatFinishReason(answer)}`);
      return reportUnclear('the response was not cut');
    });
  },
};

const FIELDS: readonly TokenField[] = ['max_completion_tokens', 'max_tokens'];

/** These run first: the field that they find limits all later responses. */
export const tokenProbes: readonly Probe[] = [
  // Probes whether the server obeys a token limit in this field.
  ...FIELDS.map((field) => createProbe(field, { ...countingRequest, [field]: CAP }, judgeCap)),
  cutReported,
];
