import { realpath, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  fileError,
  makePrivateFolder,
  readFileIfExists,
  removeLeftoverFiles,
  replaceFileIf,
  systemErrorCode,
  writeFileAtomic,
} from '../../base/atomic-file.ts';
import { SerialQueue } from '../../base/serial.ts';
import type { LoginCodec } from './login-codec.ts';
import { isSameTokens } from './login-facts.ts';
import { unreadable } from './login-record.ts';
import type { StoredLogin } from './stored-login.ts';
import type { TokenStorage } from './token-storage.ts';

/** Other programs may write in place: what was cut off a moment ago is read again before it counts as broken. */
const readTries = 4;
const readPauseMs = 25;

/** A JSON file, perhaps one that belongs to another program: 0600, replaced whole, unknown keys kept by the codec. */
export class JsonFileTokenStorage implements TokenStorage {
  readonly location: string;
  readonly #codec: LoginCodec;
  readonly #queue = new SerialQueue();
  #isTidy = false;

  /** `path` is absolute; its folder is made (0700) with the first login. */
  constructor(path: string, codec: LoginCodec) {
    this.location = path;
    this.#codec = codec;
  }

  async load(): Promise<StoredLogin | undefined> {
    return (await this.#read()).login;
  }

  save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean> {
    return this.#queue.run('file', async () => {
      const path = await this.#target();
      const { text, login } = await this.#read();
      if (!isSameTokens(login, expected)) return false;
      await makePrivateFolder(dirname(path));
      if (!this.#isTidy) await this.#tidy(path);
      // Their owners know nothing of our lock: what they write while our bytes go to the disk must not be lost.
      return replaceFileIf(path, this.#codec.merge(text, next), 0o600, async () => (await readText(path)) === text);
    });
  }

  async exists(): Promise<boolean> {
    const facts = await stat(this.location).catch(() => undefined);
    return facts?.isFile() === true;
  }

  delete(): Promise<boolean> {
    return this.#queue.run('file', async () => {
      const path = await this.#target();
      const text = await readText(path);
      await this.#tidy(path);
      if (text === undefined) return false;
      const rest = this.#codec.without?.(text);
      if (rest !== undefined) await writeFileAtomic(path, rest, 0o600);
      else await removeFile(path);
      return true;
    });
  }

  /** A kill in the midst of a write leaves tokens behind that nobody reads. */
  async #tidy(path: string): Promise<void> {
    await removeLeftoverFiles(path);
    this.#isTidy = true;
  }

  async #read(): Promise<{ readonly text: string | undefined; readonly login: StoredLogin | undefined }> {
    for (let tries = 1; ; tries += 1) {
      const text = await readText(this.location);
      try {
        return { text, login: text === undefined ? undefined : this.#codec.parse(text) };
      } catch {
        // What the codec threw may quote the text.
        if (tries === readTries) throw unreadable(this.location);
      }
      await pause(readPauseMs);
    }
  }

  /** Where a symbolic link leads: who keeps such files elsewhere wants the link to stay one. */
  async #target(): Promise<string> {
    try {
      return await realpath(this.location);
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'ENOENT') return this.location;
      throw fileError('read', this.location, thrown);
    }
  }
}

async function readText(path: string): Promise<string | undefined> {
  return (await readFileIfExists(path))?.toString('utf8');
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== 'ENOENT') throw fileError('delete', path, thrown);
  }
}
