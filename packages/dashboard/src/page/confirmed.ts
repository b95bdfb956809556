/** A button for what costs or ends something: the first press asks, the second one does it. */
import { h } from 'preact';
import { useState } from 'preact/hooks';

export interface ConfirmedAsk {
  readonly name: string;
  /** What the second press says. */
  readonly really: string;
  readonly onYes: () => unknown;
  readonly disabled?: boolean;
}

export function Confirmed({ name, really, onYes, disabled = false }: ConfirmedAsk) {
  const [isAsked, ask] = useState(false);
  return h(
    'button',
    {
      type: 'button',
      class: isAsked ? 'really' : '',
      disabled,
      onBlur: () => ask(false),
      onClick: () => {
        ask(!isAsked);
        if (isAsked) onYes();
      },
    },
    isAsked ? really : name,
  );
}
