// A button that asks once more before it does what cannot be taken back.

import { el, mark, say } from "./dom.js";
import { onLanguage, t } from "./i18n.js";

/**
 * Pressed once it says `sure`, pressed again it does it; whoever goes elsewhere has not pressed it.
 *
 * @param {string} label   Key of its text.
 * @param {string} sure    Key of what it asks.
 * @param {(button: HTMLElement) => Promise<void> | void} act
 */
export function sureButton(label, sure, act) {
  let asked = false;
  const show = () => {
    say(button, t(asked ? sure : label));
    mark(button, "data-asked", asked);
  };
  const ask = (/** @type {boolean} */ now) => {
    asked = now;
    show();
  };
  const button = el("button", {
    type: "button",
    class: "button small danger",
    on: {
      click: async () => {
        if (!asked) return ask(true);
        ask(false);
        mark(button, "aria-busy", "true");
        try {
          await act(button);
        } finally {
          mark(button, "aria-busy", null);
        }
      },
      blur: () => ask(false),
      keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && ask(false),
    },
  });
  onLanguage(show);
  show();
  return button;
}
