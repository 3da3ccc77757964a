import { useId } from 'preact/hooks';

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  /** What is wrong with the value, beside it; `null` when nothing is. */
  readonly problem?: string | null;
  readonly type?: 'text' | 'password';
  readonly placeholder?: string;
  readonly isRequired?: boolean;
  readonly testId?: string;
}

/** A line to type in, with its name, what it means, and what is wrong with it. */
export function Field(props: FieldProps) {
  const { label, value, onInput, hint, problem = null, type = 'text', placeholder, isRequired = false, testId } = props;
  const id = useId();
  const shared = {
    id,
    value,
    placeholder,
    required: isRequired,
    autocomplete: 'off',
    spellcheck: false,
    'data-testid': testId,
    'aria-invalid': problem !== null,
    'aria-describedby': `${id}-note`,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === 'password' ? <input type="password" {...shared} /> : <input type="text" {...shared} />}
      <small id={`${id}-note`} class={problem === null ? '' : 'problem'} role={problem === null ? undefined : 'alert'}>
        {problem ?? hint ?? ''}
      </small>
    </div>
  );
}
