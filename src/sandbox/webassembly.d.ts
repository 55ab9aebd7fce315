/** The part of WebAssembly this room uses; its types otherwise come only with those of a browser. */
declare namespace WebAssembly {
  class Module {
    private readonly brand: 'Module';
  }
  class Memory {
    constructor(size: { initial: number; maximum: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class RuntimeError extends Error {}
  function instantiate(module: Module, imports: object): Promise<unknown>;
  function compile(bytes: Uint8Array): Promise<Module>;
}
