// Which commands there are and what each may hold, read out of the description of the API.

import { ask } from "../kit/api.js";

/** @typedef {string[] | "integer" | "number" | "text" | "time" | "boolean"} Kind   A list: one of these. */
/** @typedef {{path: string, kind: Kind, required: boolean}} SchemaField   `path` is such as `chargingSchedule[0].id`. */

const COMMAND = /^\/api\/stations\/\{station_id\}\/commands\/(\w+)$/;
/** What lies deeper, and is optional, is for the JSON. */
const DEEPEST = 4;

export class CommandSchemas {
  /** @param {any} description   `/openapi.json`. */
  constructor(description) {
    this._schemas = description.components.schemas;
    /** @type {Map<string, any>} */
    this._bodies = new Map();
    for (const [path, { post }] of Object.entries(description.paths)) {
      const action = COMMAND.exec(path)?.[1];
      if (action) this._bodies.set(action, post.requestBody.content["application/json"].schema);
    }
  }

  get actions() {
    return [...this._bodies.keys()];
  }

  /**
   * Every field of a command's body, in the order of the schema: of a list the first item.
   *
   * @param {string} action
   * @returns {SchemaField[]}
   */
  fields(action) {
    return [...this._walk(this._bodies.get(action), "", true, 0)];
  }

  /**
   * @param {any} said
   * @param {string} path
   * @param {boolean} required
   * @param {number} depth
   * @returns {Generator<SchemaField>}
   */
  *_walk(said, path, required, depth) {
    const schema = this._resolved(said);
    if (schema.properties) {
      if (!required && depth >= DEEPEST) return;
      const needed = new Set(schema.required ?? []);
      for (const [name, part] of Object.entries(schema.properties)) {
        if (name !== "customData") yield* this._walk(part, path ? `${path}.${name}` : name, required && needed.has(name), depth + 1);
      }
    } else if (schema.type === "array") {
      yield* this._walk(schema.items, `${path}[0]`, required, depth + 1);
    } else {
      yield { path, kind: kindOf(schema), required };
    }
  }

  /** @param {any} schema */
  _resolved(schema) {
    const name = schema.$ref?.split("/").pop() ?? schema.anyOf?.find((/** @type {any} */ one) => one.$ref)?.$ref.split("/").pop();
    return name ? this._schemas[name] : schema;
  }
}

/** @param {any} schema @returns {Kind} */
function kindOf(schema) {
  if (schema.enum) return schema.enum;
  if (schema.format === "date-time") return "time";
  if (schema.type === "boolean" || schema.type === "integer" || schema.type === "number") return schema.type;
  return "text";
}

/** @type {Promise<CommandSchemas> | null} */
let asked = null;

/** The schemas, asked for once; raises ApiError, and may be asked again then. */
export function commandSchemas() {
  asked ??= ask("GET", "/openapi.json").then(
    (description) => new CommandSchemas(description),
    (error) => {
      asked = null;
      throw error;
    },
  );
  return asked;
}
