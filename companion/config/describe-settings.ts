/** Every setting as it stands: what holds, where that comes from, and what waits for a restart. No secrets. */
import { defaultOf, describeValue } from './describe-value.ts';
import type { LiveConfig } from './live-config.ts';
import type { CheckedSettings } from './load.ts';
import { settings } from './schema.ts';
import type { Setting, SettingKey } from './schema.ts';

export interface DescribedSetting {
  readonly key: SettingKey;
  readonly description: string;
  /** Completes the sentence "must be ...". */
  readonly allowed: string;
  /** As JSON, in the form that `config.yaml` takes; `***` in the place of each secret; `null`: nothing. */
  readonly value: unknown;
  readonly default: unknown;
  readonly source: string;
  readonly origin: 'flag' | 'environment' | 'config' | 'default';
  readonly isSecret: boolean;
  /** A change takes effect at once; otherwise at the next start. */
  readonly reloads: boolean;
  /** Another value stands in a place of the settings, and waits for the next start. */
  readonly isPending: boolean;
  /** It decides where credentials rest or go, who is let in, or which program runs: never over the network. */
  readonly isLocal: boolean;
}

export function describeSettings({
  current,
  pending,
}: Pick<LiveConfig, 'current' | 'pending'>): readonly DescribedSetting[] {
  const waiting = new Set(pending);
  return settings.map((setting) => describeSetting(setting, current, waiting));
}

function describeSetting(
  setting: Setting,
  current: CheckedSettings,
  waiting: ReadonlySet<SettingKey>,
): DescribedSetting {
  const { key, description, allowed, isSecret, reloads } = setting;
  return {
    key,
    description,
    allowed,
    value: describeValue(key, current.valueOf(key)),
    default: defaultOf(key),
    source: current.sources[key],
    origin: current.found.get(key)?.origin ?? 'default',
    isSecret: isSecret === true,
    reloads: reloads === true,
    isPending: waiting.has(key),
    isLocal: isLocalOnly(setting),
  };
}

/**
 * Whoever manages the companion from afar may not learn its secrets, so may not lead them elsewhere either. Nor choose the
 * keys that let people in, or the names by which web pages would reach it: a page that was taken over would stay.
 */
export function isLocalOnly({ key, staysLocalInDotEnv, neverInDotEnv, isPath, isInFileOnly }: Setting): boolean {
  const isGuarded = [staysLocalInDotEnv, neverInDotEnv, isPath, isInFileOnly].includes(true);
  return isGuarded || /^(vault|security|auth\.encryption|oauth|network)\./.test(key);
}
