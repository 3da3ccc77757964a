import { CompanionError } from './error.ts';

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html. */
const reasons: Readonly<Record<number, string>> = {
  5: 'another program holds it',
  6: 'another program holds it',
  8: 'it is read-only',
  10: 'the disk reported an error',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'it could not be opened',
  26: 'it is not a database',
};
const busyCode = 5;
const damageCodes: ReadonlySet<number> = new Set([11, 26]);

function resultCode(thrown: unknown): number | undefined {
  const code: unknown = thrown instanceof Error && 'errcode' in thrown ? thrown.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export function isBusy(thrown: unknown): boolean {
  return resultCode(thrown) === busyCode;
}

/** `true` if the file is there but its bytes make no database. */
export function isDamage(thrown: unknown): boolean {
  return damageCodes.has(resultCode(thrown) ?? 0);
}

/** Runs `task`; a failure of the disk or the file becomes `STORE_UNAVAILABLE` with the reason in words. */
export function withPlainErrors<Result>(path: string, task: () => Result): Result {
  try {
    return task();
  } catch (thrown) {
    const reason = reasons[resultCode(thrown) ?? 0];
    if (reason === undefined) throw thrown;
    throw new CompanionError('STORE_UNAVAILABLE', `${path} could not be used: ${reason}.`, { cause: thrown });
  }
}
