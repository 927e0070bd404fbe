import type { Attributes } from '@opentelemetry/api';
import type { ChatModel } from '@pawl/core';
import { createModelAttributes } from './request-attributes.ts';
import { ATTRIBUTE, OPERATION } from './semconv.ts';

/** The attributes of metrics of model calls. */
export interface InferenceLabels {
  readonly attributes: Attributes;
  /** The same, for tokens of unknown modality. */
  readonly unknown: Attributes;
}

interface KnownLabels {
  readonly requested: string | undefined;
  readonly responseModel: string | undefined;
  readonly labels: InferenceLabels;
}

/** Makes the labels of a model once: most of its calls have the same. */
export class LabelCache {
  readonly #withResponse = new WeakMap<ChatModel, KnownLabels>();
  readonly #withoutResponse = new WeakMap<ChatModel, KnownLabels>();

  /**
   * @param requested - the model that the request names, if it is another one
   * @param responseModel - `undefined` if there is no response
   */
  getLabels(model: ChatModel, requested: string | undefined, responseModel: string | undefined): InferenceLabels {
    const cache = responseModel === undefined ? this.#withoutResponse : this.#withResponse;
    const before = cache.get(model);
    if (before !== undefined && before.requested === requested && before.responseModel === responseModel)
      return before.labels;
    const attributes: Attributes = {
      [ATTRIBUTE.operationName]: OPERATION.chat,
      ...createModelAttributes(model, requested),
      ...(responseModel !== undefined && { [ATTRIBUTE.responseModel]: responseModel }),
    };
    const labels = { attributes, unknown: { ...attributes, [ATTRIBUTE.tokenModality]: 'unknown' } };
    // The last ones are enough: a server must not make this grow by naming models.
    cache.set(model, { requested, responseModel, labels });
    return labels;
  }
}
