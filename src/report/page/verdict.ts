import type { Party, Verdict } from '../../diagnosis/contract.ts';
import { copyButton, h, put } from './dom.ts';
import type { Model } from './model.ts';
import type { Panel } from './panel.ts';
import { clock, plural } from './units.ts';

const parties: Readonly<Record<Party, string>> = {
  generator: 'this generator',
  script: 'the test script',
  target: 'the target',
  network: 'the network between',
  unknown: 'not known',
};
const colours: Readonly<Record<Party, string>> = {
  generator: 'orange',
  script: 'orange',
  target: 'red',
  network: 'purple',
  unknown: 'grey',
};

/** The strip on top: can the numbers be trusted, what happened, whose doing it was, what to do. */
export function verdictStrip(model: Model): Panel {
  const element = h('section', { id: 'verdict' });
  return {
    element,
    update() {
      const { end } = model.data;
      if (end === undefined) {
        element.hidden = true;
        return;
      }
      element.hidden = false;
      const { gate, verdicts, further, failures, explained, unexplained } = end.diagnosis;
      const facts = gate.healthy ? gate.facts : [...gate.problems, ...gate.facts];
      put(
        element,
        h('h2', {}, 'Verdict'),
        h(
          'div',
          { class: 'gate', style: `--party: var(--${gate.healthy ? 'teal' : 'orange'})` },
          h(
            'strong',
            {},
            gate.healthy ? '✓ The generator was healthy' : '✗ The generator was NOT healthy',
          ),
          h('span', { class: 'facts' }, facts.join(' · ')),
        ),
        ...(verdicts.length === 0
          ? [nothing(failures)]
          : verdicts.map((verdict, i) => card(verdict, `${i + 1}. `, model))),
        further.length > 0 &&
          h(
            'details',
            { class: 'plain', open: verdicts.length === 0 },
            h('summary', {}, `${plural(further.length, 'further finding')} and warnings`),
            ...further.map((verdict) =>
              h('div', { style: 'margin-top: 12px' }, card(verdict, '', model)),
            ),
          ),
        failures > 0 &&
          h(
            'p',
            { class: 'left' },
            `${explained} of ${plural(failures, 'failure')} explained.`,
            ...unexplained.map(({ what, count }) => ` Not explained: ${count} × ${what}.`),
          ),
      );
    },
  };
}

function nothing(failures: number): HTMLElement {
  return h(
    'div',
    { class: 'verdict', style: `--party: var(--${failures === 0 ? 'teal' : 'grey'})` },
    h(
      'h3',
      {},
      failures === 0
        ? 'Nothing failed.'
        : `${plural(failures, 'failure')}, and no pattern in them.`,
    ),
  );
}

function card(verdict: Verdict, number: string, model: Model): HTMLElement {
  const { title, word, confidence, party, failures, rule, since, evidence, ruledOut, next, ids } =
    verdict;
  const fact = (name: string, value: string): HTMLElement =>
    h('span', {}, `${name} `, h('b', {}, value));
  return h(
    'article',
    { class: 'verdict', style: `--party: var(--${colours[party]})`, 'data-rule': rule },
    h(
      'h3',
      {},
      number,
      title.replace(/^./, (first) => first.toUpperCase()),
    ),
    h(
      'div',
      { class: 'tags' },
      fact('whose doing', parties[party]),
      fact('confidence', `${word} (${confidence.toFixed(2)})`),
      failures > 0 && fact('accounts for', plural(failures, 'failure')),
      since > 0 && fact('since', clock(Math.max(0, since - model.data.begin.startedAt), true)),
      fact('rule', rule),
    ),
    h(
      'div',
      { class: 'cols' },
      evidence.length > 0 && h('div', {}, h('h4', {}, 'What was seen'), list(evidence)),
      ruledOut.length > 0 && h('div', {}, h('h4', {}, 'What was ruled out'), list(ruledOut)),
    ),
    h('p', { class: 'next' }, h('b', {}, 'Next'), next),
    ids.length > 0 &&
      h(
        'details',
        {},
        h(
          'summary',
          {},
          `${plural(ids.length, 'correlation id')} for the people who run the target`,
        ),
        h(
          'div',
          { class: 'ids' },
          ...ids.map((id) => h('code', {}, id)),
          copyButton('Copy all', () => ids.join('\n')),
        ),
      ),
  );
}

function list(lines: readonly string[]): HTMLElement {
  return h('ul', {}, ...lines.map((line) => h('li', {}, line)));
}
