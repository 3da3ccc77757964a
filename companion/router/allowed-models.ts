/** Holds a request to the models that its client key names. */
import { allowsModel, nameModels } from '../client/model-list.ts';
import { CompanionError } from '../base/error.ts';
import { quote } from './describe.ts';
import type { Location } from './locate.ts';
import { isSameButDate } from './model-map.ts';
import type { RouteRequest } from './plan.ts';

type Limited = Pick<RouteRequest, 'model' | 'allowedModels' | 'isStateful'>;

/**
 * What counts is the model that would be asked, whatever the client called it: an alias leads to no other, and whoever may
 * use a model may call it by its aliases. Throws `CLIENT_NOT_ALLOWED`.
 */
export function checkAllowed(request: Limited, { targets, name, webName }: Location): void {
  if (request.allowedModels === undefined) return;
  const asked = targets.length > 0 ? targets.map(({ model }) => model) : [webName ?? name];
  checkModels(request, asked, name);
}

/** The same for models that are known already; `name` is what the client's own became through aliases. */
export function checkModels(
  { allowedModels, model, isStateful }: Limited,
  asked: readonly (string | undefined)[],
  name: string | undefined,
): void {
  if (allowedModels === undefined) return;
  // Objects that are stored at a provider are everybody's, and what is in them nobody reads here.
  if (isStateful || name === undefined || name === '') throw refuse('for what names no model', allowedModels);
  const isNameAllowed = allowsModel(allowedModels, name);
  const isAllowed = (one = name) => allowsModel(allowedModels, one) || (isNameAllowed && isSameModel(one, name));
  const forbidden = asked.find((one) => !isAllowed(one));
  if (forbidden === undefined && asked.length > 0) return;
  const meant = model === undefined || model === forbidden ? '' : `, which ${quote(model)} means`;
  throw refuse(`for the model ${quote(forbidden ?? name)}${meant}`, allowedModels);
}

/** As it is called there, without the provider's id before it. */
function isSameModel(one: string, name: string): boolean {
  return isSameButDate(one, name) || name.endsWith(`/${one}`);
}

function refuse(what: string, allowedModels: readonly string[]): CompanionError {
  const message = `This token does not have permission ${what}; it may use: ${nameModels(allowedModels)}.`;
  return new CompanionError('CLIENT_NOT_ALLOWED', message, { details: { field: 'model' } });
}
