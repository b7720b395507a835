// See strict_csp.ts: stands in for a <style> of a shadow root under a policy without inline styles.
class AdoptedStyle extends HTMLElement {
  #sheet: CSSStyleSheet | null = null;

  get sheet(): CSSStyleSheet | null {
    const root = this.getRootNode();
    if (this.#sheet || !(root instanceof ShadowRoot)) return this.#sheet;
    this.#sheet = new CSSStyleSheet();
    this.#sheet.replaceSync(this.textContent ?? "");
    root.adoptedStyleSheets.push(this.#sheet);
    return this.#sheet;
  }

  connectedCallback(): void {
    this.hidden = true;
    void this.sheet;
  }
}

if (!customElements.get("adopted-style")) customElements.define("adopted-style", AdoptedStyle);
