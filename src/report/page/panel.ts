import type { Drawn } from './chart.ts';
import { h, put } from './dom.ts';

/** A card of the page: what it asks, in what unit, and what answers. It hides while it has nothing. */
export interface Panel {
  readonly element: HTMLElement;
  update(): void;
}

interface PanelParts {
  title: string;
  /** The question it answers. */
  question: string;
  /** Unit of what is drawn; tables name theirs in their heads. */
  unit?: string;
  size?: 'full' | 'half' | 'third';
  /** Whether there is anything to show. */
  when: () => boolean;
  body: Drawn;
  /** A line below: what is not exact, and why. */
  note?: () => string | undefined;
  long?: boolean;
}

export function panel(parts: PanelParts): Panel {
  const { title, question, unit, size = 'full', when, body, note, long } = parts;
  const below = h('p', { class: 'note' });
  const element = h(
    'article',
    { class: `card ${size}${long === true ? ' long' : ''}`, hidden: true, 'data-panel': title },
    h(
      'div',
      { class: 'head' },
      h('h3', {}, title),
      unit !== undefined && h('span', { class: 'unit' }, unit),
    ),
    h('p', { class: 'question' }, question),
    body.element,
    note !== undefined && below,
  );
  return {
    element,
    update() {
      element.hidden = !when();
      if (element.hidden) return;
      body.update();
      const text = note?.();
      below.hidden = text === undefined;
      put(below, text);
    },
  };
}

/** A headline with its cards; hidden while all of these are. */
export function section(
  id: string,
  title: string,
  parts: readonly Panel[],
  tools?: HTMLElement,
): Panel {
  const element = h(
    'section',
    { id, hidden: true },
    h('h2', {}, title),
    tools,
    h('div', { class: 'grid' }, ...parts.map((part) => part.element)),
  );
  return {
    element,
    update() {
      let half: HTMLElement | undefined;
      // Charts take their width from the page, so it has to be there before they are drawn.
      element.hidden = false;
      for (const part of parts) part.update();
      for (const part of parts) {
        part.element.classList.remove('alone');
        if (part.element.hidden) continue;
        if (!part.element.classList.contains('half')) half = alone(half);
        else half = half === undefined ? part.element : undefined;
      }
      alone(half);
      element.hidden = parts.every((part) => part.element.hidden);
    },
  };
}

/** A half card with nobody beside it takes the whole line. */
function alone(half: HTMLElement | undefined): undefined {
  half?.classList.add('alone');
  return undefined;
}
