/** A document that lies with the host. */
import { Op } from '../contract/ops.ts';
import { crosses, nextId, op, wellFormed } from '../host.ts';

// Asked in init, where waiting for it spoils no measurement.
op(Op.htmlReady);

const releases: FinalizationRegistry<number> = /* @__PURE__ */ new FinalizationRegistry(
  (id: number) => {
    op(Op.htmlRelease, id);
  },
);

/** A document the host keeps as long as something here refers to it. */
export class Page {
  readonly #id: number = nextId();
  constructor(text: string) {
    // A NUL cannot cross, and HTML leaves it out of text anyway.
    const whole = crosses(text) ? text : wellFormed(text.replaceAll('\0', ''));
    op(Op.htmlParse, this.#id, whole);
    releases.register(this, this.#id);
  }
  walk(nodes: Int32Array, way: number, selector?: string): Int32Array {
    const found = op(Op.htmlWalk, this.#id, nodes.buffer as ArrayBuffer, way, selector);
    return new Int32Array((found ?? new ArrayBuffer(0)) as ArrayBuffer);
  }
  read(nodes: Int32Array, fact: number, name?: string): string | undefined {
    return op(Op.htmlRead, this.#id, nodes.buffer as ArrayBuffer, fact, name) as string | undefined;
  }
  json(nodes: Int32Array, fact: number): unknown {
    const text = this.read(nodes, fact);
    return text === undefined ? undefined : JSON.parse(text);
  }
}
