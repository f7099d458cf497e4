// Who may use the page: the login, the first visit, and what an owner can change about both.

import { ApiError, ask } from "./api.js";
import { el, keep, mark, say } from "./dom.js";
import { Field, FieldProblem, Fields } from "./form.js";
import { onLanguage, t, tCode, translate } from "./i18n.js";

const LEAST_LENGTH = 10;

/**
 * Show the login, or the first visit, in `main` until the visitor is in.
 *
 * @param {HTMLElement} main
 * @param {{named?: boolean}} [options]  `named`: users have names, and the link to the first visit brings its code along.
 * @returns {Promise<string>}  "in", or "open" where nobody has to log in.
 */
export async function admitted(main, { named = false } = {}) {
  const { door } = await session(main);
  if (door === "in" || door === "open") return door;
  return new Promise((resolve) => {
    const card = door === "setup" ? setupCard(enter, named) : loginCard(enter, named);
    main.append(card);
    translate(card);
    card.querySelector("input:not([hidden])")?.focus();
    function enter() {
      card.remove();
      resolve("in");
    }
  });
}

/**
 * What the program says of the visitor, asked until it answers; until then `main` says that it does not.
 *
 * @param {HTMLElement} main
 * @returns {Promise<any>}
 */
export async function session(main) {
  const waiting = el("section", { class: "card empty waiting-card" }, el("strong", { "data-t": "access.no_answer" }));
  for (let wait_ms = 500; ; wait_ms = Math.min(8000, wait_ms * 2)) {
    try {
      const said = await ask("GET", "/api/session");
      waiting.remove();
      return said;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      main.append(waiting);
      translate(waiting);
      await new Promise((resolve) => setTimeout(resolve, wait_ms));
    }
  }
}

/**
 * @param {() => void} enter
 * @param {boolean} named
 */
function loginCard(enter, named) {
  const password = passwordField("password", "access.password", "current-password");
  const hint = named ? "access.login_hint_users" : "access.login_hint";
  return form("access.login", hint, "access.enter", named ? [userField(), password] : [password], async (values) => {
    await ask("POST", "/api/session", values);
    enter();
  });
}

/**
 * @param {() => void} enter
 * @param {boolean} named
 */
function setupCard(enter, named) {
  const code = new Field({
    name: "code",
    label: "access.code",
    hint: "access.code_hint",
    placeholder: named ? "" : "ABCD-EFGH",
    inputmode: "text",
    autocomplete: "one-time-code",
    read: required,
  });
  const [password, again] = newPassword("password");
  const told = /^#setup=(.+)$/.exec(location.hash)?.[1];
  if (told) code.input.value = decodeURIComponent(told);
  const title = named ? "access.setup_users" : "access.setup";
  const fields = named ? [code, userField(), password, again] : [code, password, again];
  return form(title, "access.setup_hint", "access.choose", fields, async ({ again: _, ...values }) => {
    await ask("POST", "/api/setup", values);
    if (told) history.replaceState(null, "", location.pathname);
    enter();
  });
}

function userField() {
  return new Field({ name: "user", label: "access.user", inputmode: "text", autocomplete: "username", read: required });
}

/** The owner's own card: another password, tokens for scripts, log out. */
export class AccountCard {
  constructor() {
    this._tokens = new TokensCard();
    this.element = el("div", { class: "account" }, passwordCard(), this._tokens.element, el("p", {}, logOutButton()));
  }

  show() {
    this._tokens.load();
  }
}

/** A card to choose another password. */
export function passwordCard() {
  const old = passwordField("old", "access.old", "current-password");
  const [password, again] = newPassword("new");
  return form("access.change", "access.change_hint", "access.choose", [old, password, again], async (values, settle) => {
    await ask("PUT", "/api/password", { old: values.old, new: values.new });
    settle(t("access.changed"));
  });
}

export function logOutButton() {
  return el("button", { type: "button", class: "button", "data-action": "logout", "data-t": "access.logout", on: { click: () => logOut() } });
}

async function logOut() {
  await ask("DELETE", "/api/session");
  location.reload();
}

class TokensCard {
  constructor() {
    this._list = el("ul", { class: "tokens" });
    this._new = el("p", { class: "token-new", role: "status", hidden: true });
    const name = new Field({ name: "name", label: "access.token_name", placeholder: "Home Assistant", inputmode: "text", read: required });
    this.element = form("access.tokens", "access.tokens_hint", "access.token_make", [name], async (values, settle) => {
      const made = await ask("POST", "/api/tokens", values);
      this._new.hidden = false;
      this._new.replaceChildren(el("span", { "data-t": "access.token_once" }, t("access.token_once")), el("code", { class: "code token-text" }, made.token));
      name.input.value = "";
      settle("");
      await this.load();
    });
    this.element.append(this._new, this._list);
    onLanguage(() => this._show());
    /** @type {{name: string, made_at: string}[]} */
    this._tokens = [];
  }

  async load() {
    try {
      this._tokens = await ask("GET", "/api/tokens");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    this._show();
  }

  _show() {
    const line = (/** @type {{name: string}} */ token) =>
      el("li", { class: "token" }, el("strong", {}, token.name), el("span", { class: "small quiet" }),
        el("button", { type: "button", class: "button small danger", on: { click: () => this._drop(token.name) } }));
    keep(this._list, this._tokens, (token) => token.name, line, (element, token) => {
      say(element.children[1], t("access.token_made", { at: token.made_at }));
      say(element.children[2], t("access.token_drop"));
      mark(element.children[2], "aria-label", `${t("access.token_drop")}: ${token.name}`);
    });
  }

  /** @param {string} name */
  async _drop(name) {
    await ask("DELETE", `/api/tokens/${encodeURIComponent(name)}`);
    this._new.hidden = true;
    await this.load();
  }
}

/**
 * A card with fields and one button; `send` gets the values and raises what the API refuses.
 *
 * @param {string} title
 * @param {string} hint
 * @param {string} action
 * @param {Field[]} list
 * @param {(values: Record<string, any>, settle: (said: string) => void) => Promise<void>} send
 */
export function form(title, hint, action, list, send) {
  const fields = new Fields(list);
  const outcome = el("p", { class: "outcome", role: "status" });
  const button = el("button", { type: "submit", class: "button main wide", "data-t": action });
  const tell = (/** @type {string} */ text, /** @type {string} */ tone) => {
    say(outcome, text);
    mark(outcome, "data-tone", tone || null);
  };
  const settle = (/** @type {string} */ said) => {
    for (const field of list) field.input.value = "";
    fields.settle();
    tell(said, "good");
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const values = fields.values();
    if (values === null) return;
    mark(button, "aria-busy", "true");
    tell("", "");
    try {
      await send(values, settle);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const homeless = Array.isArray(error.body?.errors) ? fields.complain(error.body.errors) : [error.body];
      tell(homeless.map((problem) => tCode("problem", problem)).join(" "), "bad");
    } finally {
      mark(button, "aria-busy", null);
    }
  };
  return el(
    "form",
    { class: "card door", novalidate: true, on: { submit } },
    el("h2", { "data-t": title }),
    el("p", { class: "small quiet door-hint", "data-t": hint }),
    // Password managers keep a password under a name; where nobody has one there is only one owner.
    list.some(({ options }) => options.type === "password") && !list.some(({ options }) => options.name === "user") && el("input", { type: "text", autocomplete: "username", value: "owner", hidden: true, readonly: true }),
    list.map((field) => field.element),
    button,
    outcome,
  );
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} autocomplete
 * @param {(text: string) => unknown} [read]
 */
export function passwordField(name, label, autocomplete, read = required) {
  return new Field({ name, label, type: "password", inputmode: "text", autocomplete, read });
}

/**
 * A new password and the same again.
 *
 * @param {string} name
 */
export function newPassword(name) {
  const password = passwordField(name, "access.new", "new-password", (text) => {
    if (required(text).length < LEAST_LENGTH) throw new FieldProblem("password_length", { min: LEAST_LENGTH, max: 200 });
    return text;
  });
  const again = passwordField("again", "access.again", "new-password", (text) => {
    if (text !== password.input.value) throw new FieldProblem("password_differs");
    return text;
  });
  return [password, again];
}

/** @param {string} text */
function required(text) {
  if (text === "") throw new FieldProblem("missing");
  return text;
}
