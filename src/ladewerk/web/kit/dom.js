// Building and updating the page. Text goes in as text: nothing that a station or a server sent is ever parsed as HTML.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * A new element. `on` holds listeners, `class`, `for` and all others become attributes; true is an empty attribute, false,
 * null and undefined leave it out. Strings among the children become text nodes.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...nodes(children));
  return element;
}

/**
 * A new SVG element.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Write text only where it differs, so that a screen reader is not told the same twice and a selection survives.
 *
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Set or remove an attribute only where it differs.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | boolean | null | undefined} value
 */
export function mark(element, name, value) {
  const wanted = value === true ? "" : value === false || value === undefined ? null : value;
  if (element.getAttribute(name) === wanted) return;
  if (wanted === null) element.removeAttribute(name);
  else element.setAttribute(name, wanted);
}

/**
 * Make the children of `parent` stand for `items`, keeping the elements of items that were there before: focus, selection and
 * scroll position stay.
 *
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T, index: number) => string} keyOf
 * @param {(item: T) => HTMLElement} create
 * @param {(element: any, item: T) => void} [update]
 */
export function keep(parent, items, keyOf, create, update = () => {}) {
  const before = new Map([...parent.children].map((child) => [child.getAttribute("data-key"), child]));
  let place = parent.firstElementChild;
  for (const [index, item] of items.entries()) {
    const key = keyOf(item, index);
    let child = before.get(key);
    before.delete(key);
    if (!child) {
      child = create(item);
      child.setAttribute("data-key", key);
    }
    update(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const gone of before.values()) gone.remove();
}

/** @param {(Child | Child[])[]} children */
function nodes(children) {
  const kept = [];
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) kept.push(typeof child === "number" ? String(child) : child);
  }
  return kept;
}
