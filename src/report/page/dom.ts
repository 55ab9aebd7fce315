/** Elements without any HTML in text: whatever a script or a server said stays text. */

type Child = Node | string | number | undefined | false;
type Props = Readonly<
  Record<string, string | number | boolean | undefined | ((event: Event) => void)>
>;

/** Makes an element; `onclick` and the like are listeners, everything else attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  put(element, ...children);
  return element;
}

/** Makes these the only children of an element. */
export function put(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(
    ...children
      .filter((c) => c !== undefined && c !== false)
      .map((c) => (c instanceof Node ? c : String(c))),
  );
}

/** A button that copies a text and says so. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'small' }, label);
  button.addEventListener('click', () => {
    const done = (ok: boolean): void => {
      button.textContent = ok ? 'Copied' : 'Not allowed here';
      setTimeout(() => {
        button.textContent = label;
      }, 1_500);
    };
    // A page opened from disk may be refused the clipboard.
    navigator.clipboard.writeText(text()).then(
      () => done(true),
      () => done(copyBySelection(text())),
    );
  });
  return button;
}

function copyBySelection(text: string): boolean {
  const area = h('textarea', { readonly: true, style: 'position:fixed;opacity:0' });
  area.value = text;
  document.body.append(area);
  area.select();
  const ok = document.execCommand('copy');
  area.remove();
  return ok;
}
