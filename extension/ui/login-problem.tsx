import type { LoginTrouble } from './login-trouble.ts';
import { useTell } from './words.tsx';

/** What went wrong, right where the click was. */
export function LoginProblem({ trouble }: { readonly trouble: LoginTrouble | null }) {
  const tell = useTell();
  if (trouble === null) return null;
  return (
    <div class="note bad login-problem" role="alert">
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
