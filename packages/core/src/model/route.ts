import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel } from './chat-model.ts';
import { highestPrice } from './price.ts';
import { checkModel } from './wrapped.ts';

export interface RouteModelOptions {
  /** All that may be chosen. */
  readonly models: readonly ChatModel[];
  /** Who is to answer this request. What it throws counts as thrown by the model. */
  readonly choose: (request: ChatRequest) => ChatModel | Promise<ChatModel>;
  /** @defaultValue the names of the models, with bars between */
  readonly name?: string;
}

/**
 * One model in place of several, of which each request goes to the one that is chosen for it. Where all have a price, the highest
 * counts: limits hold whoever is chosen.
 *
 * @throws ConfigError where there is nothing to choose from, and for a model with a fallback: that goes around the route.
 */
export function routeModel(options: RouteModelOptions): ChatModel {
  const { models, choose } = checkOptions(options, ROUTE, 'routeModel');
  if (typeof choose !== 'function')
    throw new ConfigError('routeModel has no function. Pass choose: (request) => model.');
  if (models === undefined || models.length === 0)
    throw new ConfigError('routeModel was given no models. Pass those that choose may give.');
  for (const each of models) checkModel(each, 'routeModel');
  const chained = models.find(({ fallback }) => fallback !== undefined);
  if (chained !== undefined) {
    throw new ConfigError(
      `routeModel: model "${chained.name}" has another behind it, which would not be asked. Put the fallback around: withFallback(routeModel({ … }), other).`,
    );
  }
  const { name = models.map((each) => each.name).join('|') } = options;
  const price = highestPrice(models);
  return {
    name,
    ...(price !== undefined && { price }),
    async send(request, context) {
      const chosen = await choose(request);
      if (models.includes(chosen)) return chosen.send(request, context);
      throw new ConfigError(
        `routeModel: choose gave model "${chosen?.name}", which is not among models. Add it there.`,
      );
    },
  };
}

const ROUTE: OptionTable<RouteModelOptions> = {
  keys: { models: 'list', choose: 'function', name: 'text' },
  hints: { route: 'The option is "choose".', select: 'The option is "choose".' },
};
