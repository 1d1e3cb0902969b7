// Tiny helpers for real elements: make one, keep a keyed list of them, speak and listen on the document.

/**
 * Make an element: h("button", {class: "x", "aria-label": "y", onclick: f}, "text", child).
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | number | ((happened: any) => void)>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Set attributes; false takes one away, a function listens.
 * @param {Element} element
 * @param {Record<string, string | boolean | number | ((happened: any) => void)>} attributes
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/**
 * Make the children of `parent` be one element per key, in order; elements that stay are kept, focus with them.
 * @template T
 * @param {Element} parent
 * @param {T[]} rows
 * @param {(row: T) => string} key
 * @param {(row: T) => HTMLElement} make
 * @param {(element: HTMLElement, row: T) => void} update
 */
export function sync(parent, rows, key, make, update) {
  /** @type {Map<string, HTMLElement>} */
  const present = new Map();
  for (const child of Array.from(parent.children)) {
    if (child instanceof HTMLElement) present.set(child.dataset.key ?? "", child);
  }
  /** @type {Element | null} */
  let next = parent.firstElementChild;
  for (const row of rows) {
    const name = key(row);
    let element = present.get(name);
    if (!element) {
      element = make(row);
      element.dataset.key = name;
    }
    present.delete(name);
    update(element, row);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const gone of present.values()) gone.remove();
}

/**
 * Tell every island something.
 * @param {string} name without the prefix `podlane:` @param {unknown} [detail]
 */
export function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(`podlane:${name}`, { detail }));
}

/**
 * Hear what the other islands tell; the answer stops listening.
 * @param {string} name @param {(detail: any) => void} listener
 */
export function hear(name, listener) {
  /** @param {Event} happened */
  const call = (happened) => listener(/** @type {CustomEvent} */ (happened).detail);
  document.addEventListener(`podlane:${name}`, call);
  return () => document.removeEventListener(`podlane:${name}`, call);
}

/** Say whether keys typed now belong to a field. @param {EventTarget | null} target */
export function isField(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
