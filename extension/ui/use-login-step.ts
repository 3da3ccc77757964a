import { useState } from 'preact/hooks';
import type { LoginProviderId } from '../../shared/credential.ts';
import type { LoginAnswer } from '../state.ts';
import { type LoginTrouble, loginTrouble } from './login-trouble.ts';
import { message } from './message.ts';

export interface LoginStep {
  readonly isRunning: boolean;
  readonly trouble: LoginTrouble | null;
  /** Starts at once, inside the click; does nothing while one runs. Resolves with whether it went well. */
  readonly run: (action: () => Promise<LoginAnswer>) => Promise<boolean>;
}

const unanswered: LoginTrouble = {
  title: message('loginFaultTitle'),
  body: message('requestFailed'),
  details: '',
};

/** One thing that a click does with a login; what goes wrong is said where the click was. */
export function useLoginStep(provider: LoginProviderId): LoginStep {
  const [isRunning, setRunning] = useState(false);
  const [trouble, setTrouble] = useState<LoginTrouble | null>(null);

  async function run(action: () => Promise<LoginAnswer>): Promise<boolean> {
    if (isRunning) return false;
    setRunning(true);
    setTrouble(null);
    try {
      const answer = await action();
      if (!answer.ok) setTrouble(loginTrouble(answer, provider));
      return answer.ok;
    } catch {
      setTrouble(unanswered);
      return false;
    } finally {
      setRunning(false);
    }
  }

  return { isRunning, trouble, run };
}
