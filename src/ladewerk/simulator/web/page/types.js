// What the panel's API says.

/**
 * @typedef {object} FaultSet
 * @property {boolean} board_silent
 * @property {number | null} board_loses_every
 * @property {number | null} board_garbles_every
 * @property {number | null} board_delay_s
 * @property {boolean} board_foreign_frames
 * @property {boolean} bridge_refuses
 * @property {"diode" | "rcd" | null} board_failure
 * @property {boolean} relay_welded
 * @property {boolean} meter_silent
 * @property {boolean} meter_refuses
 * @property {boolean} meter_frozen
 * @property {("a" | "b" | "c")[]} meter_null_phases
 * @property {("a" | "b" | "c")[]} meter_reversed_phases
 * @property {("power_meter_failure" | "phase_sequence" | "no_load" | "ct_type_not_set")[]} meter_errors
 * @property {number | null} vehicle_swings_a
 * @property {number | null} vehicle_overdraws_a
 * @property {boolean} vehicle_ignores_offer
 * @property {boolean} board_unpowered
 * @property {boolean} pilot_interrupted
 * @property {number | null} lock_jams_at
 * @property {boolean} lock_stuck
 * @property {number | null} lock_slowness
 * @property {"open" | "closed" | null} lock_feedback
 * @property {boolean} lock_wires_swapped
 * @property {"lock" | "unlock" | null} lock_relay_stuck
 * @property {boolean} lock_unpowered
 */

/**
 * @typedef {object} VehicleSettings
 * @property {1 | 2 | 3} phases
 * @property {number} min_current_a
 * @property {number} max_current_a
 * @property {number} shortfall_a
 * @property {number} wake_up_s
 * @property {number} reaction_s
 * @property {number} fall_back_s
 * @property {number | null} sleeps_after_s   Null: never.
 * @property {"pause" | "interruption" | "replug"} woken_by
 * @property {number} wake_pause_s
 * @property {number | null} most_pauses      Null: any number.
 * @property {number} standby_w
 * @property {number} top_up_gap
 * @property {boolean} ventilation
 * @property {number} capacity_wh
 * @property {number} soc
 * @property {number} stop_soc
 * @property {number} efficiency
 * @property {number} taper_from_soc
 * @property {number} end_power_fraction
 */

/**
 * @typedef {object} LockState
 * @property {number} position          0 open, 1 locked.
 * @property {number} moving            1 towards locked, -1 towards open.
 * @property {boolean} locked
 * @property {boolean} holds_plug
 * @property {boolean} contact_closed
 * @property {number} longest_drive_s
 * @property {string[]} violations
 */

/**
 * @typedef {object} MeterState
 * @property {{voltage_v: number, current_a: number, power_w: number}[]} phases
 * @property {number} frequency_hz
 * @property {number[]} registers_wh
 */

/**
 * @typedef {object} UnitState
 * @property {boolean} plugged
 * @property {boolean} asleep
 * @property {"A" | "B" | "C" | "D"} pilot
 * @property {number} set_current_a
 * @property {number} offer_a
 * @property {boolean} contactor_closed
 * @property {number} phases
 * @property {number} current_a          On each of the vehicle's phases.
 * @property {number} ev_power_w
 * @property {number} soc
 * @property {number} drawn_wh
 * @property {VehicleSettings} vehicle
 * @property {LockState} lock
 * @property {Record<string, number>} registers
 * @property {MeterState} meter
 * @property {{pin: number, wire: string, output: boolean, level: number}[]} pins
 * @property {{ready: boolean, charging: boolean, fault: boolean}} lamps
 * @property {FaultSet} faults
 * @property {{board: string, meter: string, pins: string}} reached
 */

/**
 * @typedef {object} SiteState
 * @property {number} household_w
 * @property {boolean} household_by_hand
 * @property {number} pv_w
 * @property {boolean} pv_by_hand
 * @property {number} ev_power_w
 * @property {number} grid_w             Negative: fed in.
 */

/**
 * @typedef {object} ScenarioState
 * @property {string} title
 * @property {boolean} over
 * @property {boolean} failed
 * @property {{text: string, state: "ahead" | "waiting" | "done" | "refused" | "late", at: string | null, why: string}[]} steps
 */

/**
 * @typedef {object} PanelState
 * @property {string} at
 * @property {string} time_zone
 * @property {SiteState} site
 * @property {Record<string, UnitState>} units
 * @property {ScenarioState | null} scenario
 */

export {};
