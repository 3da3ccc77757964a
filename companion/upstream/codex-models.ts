/** The models that a ChatGPT plan offers. Nobody has written down how its list looks, so it is read with good will. */
import { asArray, asObject, asText, isObject } from '../wire/hub/fields.ts';

export interface CodexModel {
  readonly id: string;
  readonly name: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** The list is made for a version of a client; ours is told as it is. `userAgent` is `product/version`. */
export function codexModelsPath(userAgent: string): string {
  const version = /\/([\w.-]+)/.exec(userAgent)?.[1] ?? '0.0.0';
  return `/models?client_version=${encodeURIComponent(version)}`;
}

/** None for an answer in a form that is not known: the plan has models all the same, by names that people know. */
export function readCodexModels(answer: unknown): readonly CodexModel[] {
  const { models, data } = asObject(answer);
  const list = [answer, models, data].find((one) => Array.isArray(one));
  const found = asArray(list).flatMap((entry): readonly CodexModel[] => {
    const raw = isObject(entry) ? entry : { id: entry };
    const id = asText(raw['slug']) ?? asText(raw['id']);
    if (id === undefined || hidden.has(raw['visibility'])) return [];
    const name = asText(raw['display_name']) ?? asText(raw['title']) ?? id;
    return [{ id, name, raw: { ...raw, id } }];
  });
  return [...new Map(found.map((model) => [model.id, model])).values()];
}

/** Not meant to be chosen by a person. */
const hidden: ReadonlySet<unknown> = new Set(['hide', 'hidden', 'none']);
