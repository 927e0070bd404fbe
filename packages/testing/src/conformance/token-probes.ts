import { type Answer, ask, choiceOf, completionTokensOf, type TokenField } from './ask.ts';
import { type Found, isSupported, oneRequest, type Probe, supported, taken, unclear, unsupported } from './probe.ts';

const CAP = 16;

export const counting: { readonly messages: readonly object[] } = {
  messages: [{ role: 'user', content: 'Count from 1 to 50, with commas.' }],
};

function judgeCap(answer: Answer): Found {
  const tokens = completionTokensOf(answer);
  if (choiceOf(answer)['finish_reason'] === 'length') return supported('the reply was cut there');
  if (isAtCap(tokens)) return supported(`the reply ended there, with the reason ${reasonOf(answer)}`);
  if (tokens !== undefined && tokens > CAP) return unclear(`taken, and the reply went on to ${tokens} tokens`);
  return unclear('taken, and the reply was not cut');
}

/** Some servers count the token that ends a reply, some do not. */
function isAtCap(tokens: number | undefined): boolean {
  return tokens === CAP || tokens === CAP + 1;
}

function reasonOf(answer: Answer): string {
  return JSON.stringify(choiceOf(answer)['finish_reason'] ?? null);
}

/** Whether a cut reply has the reason `length`. */
const cutReported: Probe = {
  name: 'cut reported',
  run: async (server, earlier) => {
    const field = FIELDS.find((name) => isSupported(earlier, name));
    if (field === undefined) return unclear('no cap was obeyed');
    return taken(await ask(server, { ...counting, [field]: CAP }), (answer) => {
      if (choiceOf(answer)['finish_reason'] === 'length') return supported();
      if (isAtCap(completionTokensOf(answer))) return unsupported(`the reason is ${reasonOf(answer)}`);
      return unclear('the reply was not cut');
    });
  },
};

const FIELDS: readonly TokenField[] = ['max_completion_tokens', 'max_tokens'];

/** They come first: what they find caps the replies to all others. */
export const tokenProbes: readonly Probe[] = [
  // Whether a cap on tokens is obeyed under that name.
  ...FIELDS.map((field) => oneRequest(field, { ...counting, [field]: CAP }, judgeCap)),
  cutReported,
];
