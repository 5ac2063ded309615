"""What ``--help`` says below the options: names that can be given, and examples to copy.

The names are written out, so that nothing has to be imported to show them; a test holds them to the code.
"""

from __future__ import annotations

from typing import Final

ATTACK_NAMES: Final = (
    "print, bent-print, folded-print, screen-replay, projected, relief-mould, cut-out, paper-mask, bust, "
    "replay-recording, relay, other-person"
)
SETTING_NAMES: Final = (
    "ambient_lx, auto_exposure_s, auto_white_balance_s, blinks_per_min, chroma_sd, claims_lock, contrast, "
    "crosstalk, delivery_s, distance_m, drop_probability, exposure_drift_per_s, exposure_s, face_level, "
    "face_px, flicker_depth, frame_rate_hz, gain_sd, jitter_s, lean, mains_hz, mjpg_quality, motion_px, "
    "nod_deg, noise_reduction, panel_latency_s, pixel_noise, read_noise, readout_s, refresh_hz, response, "
    "rise_s, roll_deg, screen_cd_m2, screen_height_m, screen_width_m, smile, speech, turn_deg"
)
SPECIES_NAMES: Final = "flat_print, screen_replay, phone_replay, paper_mask, cut_out, relief_mould, bust"
CASE_NAMES: Final = "bona_fide, print, bent_print, screen_replay, replay_recording, relay, other_person"

_PARAGRAPH: Final = "\n\n"

VERIFY: Final = _PARAGRAPH.join(
    (
        f"Attacks: {ATTACK_NAMES}.",
        f"Settings of the simulated rig: {SETTING_NAMES}; of a mould: depth, mesh. Of the desktop: camera "
        "(number, part of the name, or /dev/v4l/by-id/…), screen_cm (34x19).",
        "Examples:",
        'lightproof verify --reference id.jpg --requester "Example Ltd" --purpose "you can go in"',
        "lightproof verify --rig simulated --presence-only --attack relay --set response=0.10 --seed 1",
        "lightproof verify --reference id.jpg --set camera=C920 --json",
    )
)
DEMO: Final = _PARAGRAPH.join(
    (
        f"What is played: {CASE_NAMES}. One alone, and others: lightproof verify --help.",
        "Examples:",
        "lightproof demo",
        "lightproof demo --seed 1 --report page.html --json",
    )
)
EVALUATE: Final = _PARAGRAPH.join(
    (
        f"Species: bona_fide, and attacks of any name; {SPECIES_NAMES} have recipes in the public toolboxes.",
        "Examples:",
        "lightproof evaluate --bases bases --response 0.03,0.10 --repeats 10 --seed 1 --out results",
        "lightproof evaluate --recordings sessions --people people.csv --out results",
        "lightproof evaluate --bases bases --out results --jobs tls://HOST:8786 "
        "--tls-ca ca.pem --tls-cert me.pem --tls-key me-key.pem",
    )
)
