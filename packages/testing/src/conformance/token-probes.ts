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
  if (readChoice(answer)['finish_reason'] === 'length') return reportSupported('the reply was cut there');
  if (isAtCap(tokens)) return reportSupported(`the reply ended there, with the reason ${formatFinishReason(answer)}`);
  if (tokens !== undefined && tokens > CAP) return reportUnclear(`taken, and the reply went on to ${tokens} tokens`);
  return reportUnclear('taken, and the reply was not cut');
}

/** Some servers count the token that ends a reply, some do not. */
function isAtCap(tokens: number | undefined): boolean {
  return tokens === CAP || tokens === CAP + 1;
}

function formatFinishReason(answer: ProbeResponse): string {
  return JSON.stringify(readChoice(answer)['finish_reason'] ?? null);
}

/** Whether a cut reply has the reason `length`. */
const cutReported: Probe = {
  name: 'cut reported',
  run: async (server, earlier) => {
    const field = FIELDS.find((name) => isSupported(earlier, name));
    if (field === undefined) return reportUnclear('no cap was obeyed');
    return judgeResponse(await requestCompletion(server, { ...countingRequest, [field]: CAP }), (answer) => {
      if (readChoice(answer)['finish_reason'] === 'length') return reportSupported();
      if (isAtCap(readCompletionTokens(answer)))
        return reportUnsupported(`the reason is ${formatFinishReason(answer)}`);
      return reportUnclear('the reply was not cut');
    });
  },
};

const FIELDS: readonly TokenField[] = ['max_completion_tokens', 'max_tokens'];

/** They come first: what they find caps the replies to all others. */
export const tokenProbes: readonly Probe[] = [
  // Whether a cap on tokens is obeyed under that name.
  ...FIELDS.map((field) => createProbe(field, { ...countingRequest, [field]: CAP }, judgeCap)),
  cutReported,
];
