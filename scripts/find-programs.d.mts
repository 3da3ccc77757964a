export type Program =
  | 'chromium'
  | 'firefox'
  | 'openssl'
  | 'dbus-run-session'
  | 'gnome-keyring-daemon'
  | 'claude'
  | 'fc-list';

/** Absolute path of a program, or `undefined`. An environment variable such as CHROMIUM_PATH goes before PATH. */
export function findProgram(
  program: Program,
  environment?: Readonly<Record<string, string | undefined>>,
): string | undefined;
