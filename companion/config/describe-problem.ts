/** What is wrong with the settings, for the person who wrote them: which, where it stands, what may stand there instead. */
import type { z } from 'zod';
import type { Found } from './found.ts';
import { isWord, nearest } from './nearest.ts';
import { isGroup } from './provider-block.ts';
import { settings } from './schema.ts';
import type { Setting, SettingKey } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** One sentence for each wrong setting, or for each wrong part of one; never the value of a secret. */
export function describeProblems(
  issues: readonly Issue[],
  found: ReadonlyMap<SettingKey, Found | undefined>,
): readonly string[] {
  const sentences = settings.flatMap((setting) =>
    issues
      .filter((issue) => settingOf(issue.path) === setting)
      .flatMap((issue) => describe(setting, found.get(setting.key), issue)),
  );
  return [...new Set(sentences)];
}

function describe(setting: Setting, found: Found | undefined, issue: Issue): readonly string[] {
  const isAboutPart = pathWithin(issue, setting).length > 0 || unknownNames(issue).length > 0;
  return setting.parts === undefined || found === undefined || !isAboutPart
    ? [describeWhole(setting, found)]
    : describePart(setting, setting.parts, found, issue);
}

function settingOf(path: readonly PropertyKey[]): Setting | undefined {
  const place = path.join('.');
  return settings.find(({ key }) => place === key || place.startsWith(`${key}.`));
}

function pathWithin(issue: Issue, setting: Setting): readonly PropertyKey[] {
  return issue.path.slice(setting.key.split('.').length);
}

function unknownNames(issue: Issue): readonly string[] {
  return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

function describeWhole(setting: Setting, found: Found | undefined): string {
  const source = found?.source ?? 'default';
  const got = setting.isSecret ? '' : `, not ${JSON.stringify(found?.value) ?? 'nothing'}`;
  return `${setting.key} (${source}) must be ${setting.allowed}${got}.`;
}

function describePart(setting: Setting, parts: readonly string[], found: Found, issue: Issue): readonly string[] {
  const inside = pathWithin(issue, setting);
  const place = (path: readonly PropertyKey[]) =>
    `${setting.key}${formatPath(path, found.value)} (${found.partAt(path).source})`;
  const unknown = unknownNames(issue);
  if (unknown.length === 0) return [`${place(inside)} ${issue.message}.`];
  return unknown.map((name) => {
    // A list item that ends in a colon by mistake is a name too, and may be a key.
    if (!isWord(name)) return `${place(inside)} has a name in it that is not known.`;
    const guess = nearest(name, parts);
    const end = guess === undefined ? '.' : `; did you mean "${guess}"?`;
    return `${place([...inside, name])} is not known${end}`;
  });
}

/** `[0].base_url`, or `.ollama.base_url` where the person wrote a map. */
function formatPath([first, ...rest]: readonly PropertyKey[], value: unknown): string {
  if (first === undefined) return '';
  const names = isGroup(value) ? Object.keys(value) : undefined;
  const step = typeof first === 'number' ? (names?.[first] ?? first) : first;
  return (typeof step === 'number' ? `[${step}]` : `.${String(step)}`) + formatPath(rest, undefined);
}
