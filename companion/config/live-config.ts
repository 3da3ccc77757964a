/** The settings while the companion runs: the only place that holds them, read again when `config.yaml` changes. */
import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../../shared/redact.ts';
import { toCompanionError } from '../base/error.ts';
import type { CompanionError } from '../base/error.ts';
import { SerialQueue } from '../base/serial.ts';
import { watchFile } from '../base/watch-file.ts';
import { checkSettings, readSettings } from './load.ts';
import type { CheckedSettings, Config, ConfigInput, FoundSettings } from './load.ts';
import { settings } from './schema.ts';
import type { SettingKey } from './schema.ts';
import { changeSettingsFile } from './settings-file.ts';
import type { SettingChange } from './settings-file.ts';

export interface ReloadReport {
  /** What took effect. */
  readonly changed: readonly SettingKey[];
  /** What will at the next start: it differs from what holds since this one. */
  readonly pending: readonly SettingKey[];
}

/** What a change of one setting in `config.yaml` came to. */
export interface ChangeReport {
  readonly key: SettingKey;
  /** `beaten`: a stronger place has the setting, and goes on deciding. */
  readonly effect: 'now' | 'restart' | 'beaten' | 'none';
  /** Where the value that holds comes from. */
  readonly source: string;
}

export type ConfigListener = (changed: ReadonlySet<SettingKey>) => void | Promise<void>;

/**
 * What cannot be changed while it runs keeps the value that it had at the start, so that the settings in effect are whole at
 * every moment. Reading them again is all or nothing.
 */
export class LiveConfig {
  /** The settings in effect, under the names of `Config`, read when they are asked for: keep this or a group, not a value. */
  readonly config: Config;
  readonly #input: ConfigInput;
  readonly #started: CheckedSettings;
  readonly #filePath: string;
  readonly #queue = new SerialQueue();
  readonly #listeners = new Set<ConfigListener>();
  #current: CheckedSettings;
  #pending: readonly SettingKey[] = [];
  #problem: string | null = null;

  /** Errors: those of `loadConfig`. */
  constructor(input: ConfigInput) {
    const read = readSettings(input);
    this.#input = input;
    this.#filePath = read.filePath;
    this.#started = checkSettings(read);
    this.#current = this.#started;
    this.config = viewOf(() => this.#current.config);
  }

  get filePath(): string {
    return this.#filePath;
  }

  /** With the source of each. */
  get current(): CheckedSettings {
    return this.#current;
  }

  /** What waits for the next start. */
  get pending(): readonly SettingKey[] {
    return this.#pending;
  }

  /** Why the settings on disk were not taken, when they were looked at last; `null` if they were. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Called, one after the other, with what took effect; a reload is over when they are done. */
  onChange(listener: ConfigListener): void {
    this.#listeners.add(listener);
  }

  /** Errors: `CONFIG_INVALID`, and everything stays as it was; those of the listeners, with the settings taken over. */
  reload(): Promise<ReloadReport> {
    return this.#queue.run('settings', () => this.#reloadNow());
  }

  async #reloadNow(): Promise<ReloadReport> {
    const { next, pending } = this.#readAgain();
    const changed = settings.map(({ key }) => key).filter((key) => !isSame(key, this.#current, next));
    this.#current = next;
    this.#pending = pending;
    if (changed.length > 0) for (const listener of this.#listeners) await listener(new Set(changed));
    return { changed, pending };
  }

  #readAgain(): { next: CheckedSettings; pending: readonly SettingKey[] } {
    try {
      const read = readSettings(this.#input);
      const onDisk = checkSettings(read);
      const waiting = settings.filter((one) => one.reloads !== true && !isSame(one.key, this.#started, onDisk));
      const next = checkSettings({ ...read, found: this.#withStarted(read.found) });
      this.#problem = null;
      return { next, pending: waiting.map(({ key }) => key) };
    } catch (thrown) {
      this.#problem = toCompanionError(thrown).message;
      throw thrown;
    }
  }

  #withStarted(found: FoundSettings): FoundSettings {
    return new Map(
      settings.map(({ key, reloads }) => [key, (reloads === true ? found : this.#started.found).get(key)]),
    );
  }

  /**
   * Changes one in `config.yaml` and reads it again. Errors: `CONFIG_INVALID` when the settings would be wrong afterwards, and
   * the file is left alone; `STORE_UNAVAILABLE` (disk).
   */
  change(change: SettingChange): Promise<ChangeReport> {
    return this.#queue.run('settings', async () => {
      const { beatenBy } = await changeSettingsFile(this.#input, change);
      return this.#reportOn(change.key, beatenBy, await this.#reloadNow());
    });
  }

  #reportOn(key: SettingKey, beatenBy: string | null, { changed, pending }: ReloadReport): ChangeReport {
    const source = beatenBy ?? this.#current.sources[key];
    if (changed.includes(key)) return { key, effect: 'now', source };
    if (pending.includes(key)) return { key, effect: 'restart', source };
    return { key, effect: beatenBy === null ? 'none' : 'beaten', source };
  }

  /** Reads again soon after `config.yaml` changes, until the returned function is called. */
  watch(onOutcome: (outcome: ReloadReport | CompanionError) => void): () => void {
    return watchFile(this.#filePath, () => {
      this.reload().then(onOutcome, (thrown: unknown) => onOutcome(toCompanionError(thrown)));
    });
  }
}

/** Every group, at every depth, from the settings of the moment. */
function viewOf<Group extends object>(current: () => Group): Group {
  const view = {};
  for (const [name, value] of Object.entries(current()) as [keyof Group, unknown][]) {
    const inner = isPlainGroup(value) ? viewOf(() => current()[name] as object) : undefined;
    Object.defineProperty(view, name, { get: () => inner ?? current()[name], enumerable: true });
  }
  return view as Group;
}

function isPlainGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isSame(key: SettingKey, one: CheckedSettings, other: CheckedSettings): boolean {
  return isDeepStrictEqual(comparable(one.valueOf(key)), comparable(other.valueOf(key)));
}

/** A secret hides what it holds from comparisons too. */
function comparable(value: unknown): unknown {
  if (value instanceof Secret) return comparable(value.reveal());
  if (Array.isArray(value)) return value.map(comparable);
  if (!isPlainGroup(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, comparable(inner)]));
}
