/** What a person should know about how the companion runs. Pure. */
import type { Question } from './questions.ts';
import { fieldsOf, textOrNull, textsOf } from './read.ts';

export interface Notices {
  /** Such as a vault without a keyring, or a database that was set aside. */
  readonly notices: readonly string[];
  /** Why a changed config.yaml was not taken. */
  readonly configProblem: string | null;
}

export const noticesQuestion: Question<Notices> = {
  key: 'notices',
  path: () => '/v0/management/status',
  read(body) {
    const { notices, config_problem: configProblem } = fieldsOf(body);
    return { notices: textsOf(notices), configProblem: textOrNull(configProblem) };
  },
};
