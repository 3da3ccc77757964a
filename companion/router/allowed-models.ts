/** Holds a request to the models that its client key names. */
import { allowsModel, nameModels } from '../client/model-list.ts';
import type { ModelList } from '../client/model-list.ts';
import { CompanionError } from '../base/error.ts';
import { quote } from './describe.ts';
import type { Location } from './locate.ts';
import { unsuited } from './look.ts';
import type { Look } from './look.ts';
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
  const isAllowed = allowedBy(allowedModels, name);
  const forbidden = asked.find((one) => !isAllowed(one));
  if (forbidden === undefined && asked.length > 0) return;
  throw refuseModel(forbidden ?? name, model, allowedModels);
}

/**
 * Whoever could serve may know the model by another name yet, such as another date of it: those that the client may not use
 * are passed over. Throws `CLIENT_NOT_ALLOWED` when nobody else is left.
 */
export function passOverForbidden(
  { allowedModels, model }: Limited,
  name: string | undefined,
  looks: readonly Look[],
): readonly Look[] {
  if (allowedModels === undefined || name === undefined) return looks;
  const isAllowed = allowedBy(allowedModels, name);
  const isForbidden = (look: Look) => look.kind !== 'unsuited' && !isAllowed(look.candidate.model);
  const first = looks.filter((look) => look.kind !== 'unsuited').find(isForbidden);
  if (first === undefined) return looks;
  if (!looks.some((look) => look.kind !== 'unsuited' && !isForbidden(look)))
    throw refuseModel(first.candidate.model ?? name, model, allowedModels);
  return looks.map((look) => (isForbidden(look) ? unsuited(look.who, 'the client may not use its model') : look));
}

function allowedBy(allowedModels: ModelList, name: string): (one?: string) => boolean {
  const isNameAllowed = allowsModel(allowedModels, name);
  return (one = name) => allowsModel(allowedModels, one) || (isNameAllowed && isSameModel(one, name));
}

function refuseModel(forbidden: string, model: string | undefined, allowedModels: ModelList): CompanionError {
  const meant = model === undefined || model === forbidden ? '' : `, which ${quote(model)} means`;
  return refuse(`for the model ${quote(forbidden)}${meant}`, allowedModels);
}

/** As it is called there, without the provider's id before it. */
function isSameModel(one: string, name: string): boolean {
  return isSameButDate(one, name) || name.endsWith(`/${one}`);
}

function refuse(what: string, allowedModels: readonly string[]): CompanionError {
  const message = `This token does not have permission ${what}; it may use: ${nameModels(allowedModels)}.`;
  return new CompanionError('CLIENT_NOT_ALLOWED', message, { details: { field: 'model' } });
}
