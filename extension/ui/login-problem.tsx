import type { LoginTrouble } from './login-trouble.ts';
import { useTell } from './words.tsx';

export interface LoginProblemProps {
  readonly trouble: LoginTrouble | null;
  /** `bad`: it came of a click, and is announced. `warn`: it was there before. */
  readonly tone?: 'bad' | 'warn';
}

/** What is wrong with a login, right where it can be mended. */
export function LoginProblem({ trouble, tone = 'bad' }: LoginProblemProps) {
  const tell = useTell();
  if (trouble === null) return null;
  return (
    <div class={`note ${tone} login-problem`} role={tone === 'bad' ? 'alert' : undefined}>
      <p>
        <strong>{tell(trouble.title)}.</strong> {tell(trouble.body)}
      </p>
      {trouble.details !== '' && (
        <p>
          <bdi>{trouble.details}</bdi>
        </p>
      )}
    </div>
  );
}
