/** What is known of a setting besides its form: who may set it and how, and the words for a person. */
import { z } from 'zod';

export interface SettingFacts {
  /** One line, without a full stop: what a person is told of it, everywhere. */
  readonly description: string;
  /** Completes the sentence "... must be". */
  readonly allowed: string;
  /** A change takes effect at once, for what begins after it; any other one after a restart. */
  readonly reloads?: true;
  /** Environment names besides `CCPROXY_<SECTION>_<NAME>`, which every setting has; the first that is set wins. */
  readonly environment?: readonly string[];
  /** The command line flag, as the person types it. */
  readonly flag?: string;
  /** Its value is never echoed. */
  readonly isSecret?: true;
  /** A folder that somebody merely stands in must not decide who gets at credentials: `.env` may name this computer only. */
  readonly staysLocalInDotEnv?: true;
  /** For the same reason, what a `.env` may not set at all. */
  readonly neverInDotEnv?: true;
  /** Variables that belong to all programs alike, so they count only when no place of our own has the setting. */
  readonly generalEnvironment?: readonly string[];
  /** Names by which `config.yaml` may call it as well, as the dotted path. */
  readonly formerly?: readonly string[];
  /** Has no name in the environment. */
  readonly isInFileOnly?: true;
  /** A list to which every place adds, instead of the first one that has it deciding alone. */
  readonly addsUp?: true;
  /** Its issues say themselves what a part of it must be; the names that its parts may have, for a guess. */
  readonly parts?: readonly string[];
  /** A path: `~` is expanded, a relative one starts at the folder its source stands in. */
  readonly isPath?: true;
}

const settingFacts = z.registry<SettingFacts>();

/** What is known about a setting besides its form. */
export function factsOf(schema: z.ZodType): SettingFacts {
  const facts = settingFacts.get(schema);
  if (facts === undefined) throw new Error('A setting without facts.');
  return facts;
}

/** Files the facts of a setting with its form. */
export function setting<Schema extends z.ZodType>(schema: Schema, facts: SettingFacts): Schema {
  settingFacts.add(schema, facts);
  return schema;
}
