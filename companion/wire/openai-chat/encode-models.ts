/** Models in OpenAI's shape. */
import type OpenAI from 'openai';

export interface ListedModel {
  readonly id: string;
  readonly name: string;
  /** Who offers it. */
  readonly owner: string;
}

export interface ModelList {
  readonly object: 'list';
  readonly data: readonly OpenAI.Model[];
}

/** `GET /v1/models`. `createdAtMs` is the models' date; 0 where it is not known. */
export function encodeModels(models: readonly ListedModel[], createdAtMs = 0): ModelList {
  return { object: 'list', data: models.map((model) => encodeModel(model, createdAtMs)) };
}

/** `GET /v1/models/{id}`. */
export function encodeModel({ id, owner }: ListedModel, createdAtMs = 0): OpenAI.Model {
  return { id, object: 'model', created: Math.floor(createdAtMs / 1000), owned_by: owner };
}
