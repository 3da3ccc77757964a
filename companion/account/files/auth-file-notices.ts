/** What a person should know of the credential files, a line each. */
import type { AuthFileStatus } from './auth-files.ts';

const mostNamed = 5;

export function authFileNotices(files: readonly AuthFileStatus[]): readonly string[] {
  return [
    ...files.flatMap(problemsOf),
    ...files.filter((file) => file.isOpenToOthers).map(warnOfMode),
    ...offer(files),
  ];
}

/** `/home/ada/.config/ccproxy/auths/claude.json:3: it is not valid JSON.` */
export function problemsOf({ path, problems }: AuthFileStatus): readonly string[] {
  return problems.map(({ line, message }) => `${path}${line === null ? '' : `:${line}`}: ${message}.`);
}

function warnOfMode({ path }: AuthFileStatus): string {
  return `Others on this computer may read ${path}: \`chmod 600 ${path}\` keeps them out.`;
}

function offer(files: readonly AuthFileStatus[]): readonly string[] {
  const needless = files.filter(({ isNeedless }) => isNeedless).map(({ path }) => path);
  if (needless.length === 0) return [];
  const more = needless.length > mostNamed ? ` and ${needless.length - mostNamed} more` : '';
  const isOne = needless.length === 1;
  return [
    `The keys in ${needless.slice(0, mostNamed).join(', ')}${more} are kept in the vault, encrypted. ` +
      `\`companion auth import-files --remove\` deletes the plain file${isOne ? '' : 's'}, which ${isOne ? 'is' : 'are'} not needed any more.`,
  ];
}
