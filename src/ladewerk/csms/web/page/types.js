// What the API of the CSMS says, for the type checker of an editor.

/**
 * @typedef {object} Tariff
 * @property {number} [day_price_per_kwh]
 * @property {number} [weekend_price_per_kwh]
 * @property {number} [night_price_per_kwh]
 * @property {string} [night_from]
 * @property {string} [night_to]
 * @property {{from: string, price_per_kwh: number}[]} [steps]
 */

/** @typedef {{name: string, behind: string[], within: string | null, limit_w: number | null, limit_a: number | null}} Fuse */

/**
 * @typedef {object} Site
 * @property {number} limit_w
 * @property {number | null} limit_a
 * @property {Fuse[]} fuses
 * @property {number} evse_max_current_a
 * @property {number | null} fallback_a
 * @property {number} voltage_v
 * @property {string} currency
 * @property {string | null} time_zone
 * @property {number} value_of_time_per_h
 * @property {{start_at: string, price_per_kwh: number}[]} prices
 * @property {Tariff} tariff
 * @property {{start_at: string, power_w: number}[]} base_load
 * @property {number} base_load_constant_w
 */

/**
 * @typedef {object} Evse
 * @property {number} id
 * @property {string | null} status
 * @property {string | null} charging_state
 * @property {string | null} transaction_id
 * @property {number | null} power_w
 * @property {number | null} energy_wh
 * @property {number | null} offered_a
 */

/**
 * @typedef {object} Station
 * @property {string} id
 * @property {"online" | "offline" | "waiting"} state
 * @property {string | null} version
 * @property {string | null} vendor
 * @property {string | null} model
 * @property {string | null} firmware
 * @property {string | null} connected_since
 * @property {string | null} last_seen
 * @property {boolean} has_password
 * @property {Evse[]} evses
 */

/**
 * @typedef {object} Transaction
 * @property {string} station_id
 * @property {string} transaction_id
 * @property {number | null} evse_id
 * @property {string | null} started_at
 * @property {string | null} ended_at
 * @property {string} updated_at
 * @property {string | null} charging_state
 * @property {string | null} stopped_reason
 * @property {string | null} id_token
 * @property {string | null} id_token_type
 * @property {string | null} authorized_by
 * @property {number | null} energy_wh
 * @property {number | null} power_w
 */

/**
 * An id token that somebody entered; what is left out is the usual.
 *
 * @typedef {object} Token
 * @property {string} id_token
 * @property {string} [type]
 * @property {string} [owner]
 * @property {boolean} [blocked]
 * @property {string | null} [valid_from]
 * @property {string | null} [valid_until]
 * @property {string | null} [group_id]
 * @property {string[]} [stations]
 * @property {boolean} [concurrent]
 * @property {string} [language]
 */

/** @typedef {{name: string, role: string, id_tokens: string[], disabled: boolean, made_at: string}} User */
/** @typedef {{name: string, scope: string, made_at: string, made_by: string, expires_at: string | null}} Key */
/** @typedef {{number: number, change: {at: string, who: string, remote: string, action: string, status: number, body: string}}} Change */

/**
 * @typedef {object} Need
 * @property {string} station_id
 * @property {number} evse_id
 * @property {string | null} transaction_id
 * @property {string} mode
 * @property {number} energy_wh
 * @property {string | null} depart_at
 * @property {number} min_current_a
 * @property {number} max_current_a
 * @property {number} phases
 * @property {string} received_at
 * @property {string} state
 * @property {string} reason
 */

/**
 * @typedef {object} Slot
 * @property {string} start_at
 * @property {number} duration_s
 * @property {number} current_a
 * @property {number} power_w
 * @property {number} base_load_w
 * @property {number} limit_w
 * @property {number} price_per_kwh
 * @property {string} reason
 */

/**
 * @typedef {object} Plan
 * @property {string} id
 * @property {string} station_id
 * @property {number} evse_id
 * @property {string} created_at
 * @property {string} mode
 * @property {Slot[]} slots
 * @property {number} energy_wh
 * @property {number} missing_wh
 * @property {string | null} complete_at
 * @property {number} cost
 * @property {number} cost_if_at_once
 * @property {string} currency
 * @property {number} peak_w
 * @property {number} limit_w
 * @property {Record<string, string>} summary
 */

/** @typedef {{now: string, time_zone: string, site: Site, stations: Station[], needs: Need[], plans: Plan[]}} Overview */

/** @typedef {Pick<Slot, "start_at" | "duration_s" | "current_a" | "power_w" | "price_per_kwh" | "reason">} OwnedSlot */

/**
 * A plan as its driver is told it: without what it says of the site.
 *
 * @typedef {Pick<Plan, "created_at" | "mode" | "energy_wh" | "missing_wh" | "complete_at" | "cost" | "cost_if_at_once" | "currency" | "summary"> & {slots: OwnedSlot[]}} OwnedPlan
 */

/** @typedef {Omit<Need, "station_id" | "evse_id" | "transaction_id" | "reason"> & {remaining_wh: number, assumed: boolean}} OwnedNeed */
/** @typedef {{transaction: Transaction, online: boolean, offered_a: number | null, need: OwnedNeed | null, plan: OwnedPlan | null}} OwnedSession */
/** @typedef {{number: number, why: string, remote: string, what: string, first_at: string, began_at: string, last_at: string, times: number, in_all: number}} Burst */
/** @typedef {{now: string, time_zone: string, id_tokens: string[], sessions: OwnedSession[]}} Own */

/** @typedef {{number: number, at: string, station_id: string, sent: boolean, text: string}} Frame */

export {};
