import { ConfigError } from '../base/errors.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel } from './chat-model.ts';
import { findHighestPrice } from './price.ts';
import { checkModel } from './wrap-model.ts';

export interface RouteModelOptions {
  /** The models that `choose` may return. */
  readonly models: readonly ChatModel[];
  /** Chooses the model for a request. If it throws, the attempt fails with that error. */
  readonly choose: (request: ChatRequest) => ChatModel | Promise<ChatModel>;
  /** @defaultValue the names of the models, joined by `|` */
  readonly name?: string;
}

/**
 * Combines several models into one that sends each request to the model that `choose` returns. If all models have a price, the highest
 * price counts, so that limits hold for each choice.
 *
 * @throws ConfigError if there are no models, or if one has a fallback.
 */
export function routeModel(options: RouteModelOptions): ChatModel {
  const { models, choose } = checkOptions(options, ROUTE, 'routeModel');
  if (typeof choose !== 'function')
    throw new ConfigError(`routeModel: choose is ${describeValue(choose)}. Pass choose: (request) => model.`);
  if (models === undefined || models.length === 0)
    throw new ConfigError('routeModel: models is empty. Pass the models that choose may return.');
  for (const model of models) checkModel(model, 'routeModel');
  const chained = models.find(({ fallback }) => fallback !== undefined);
  if (chained !== undefined) {
    throw new ConfigError(
      `routeModel: model "${chained.name}" has a fallback, which would have no effect. Add the fallback to the router: withFallback(routeModel({ … }), other).`,
    );
  }
  const { name = models.map((model) => model.name).join('|') } = options;
  const price = findHighestPrice(models);
  return {
    name,
    ...(price !== undefined && { price }),
    async send(request, context) {
      const chosen = await choose(request);
      if (models.includes(chosen)) return chosen.send(request, context);
      throw new ConfigError(
        `routeModel: choose returned model "${chosen?.name}", which is not in models. Add it to models.`,
      );
    },
  };
}

const ROUTE: OptionTable<RouteModelOptions> = {
  keys: { models: 'list', choose: 'function', name: 'text' },
  hints: { route: 'The option is "choose".', select: 'The option is "choose".' },
};
