"""The cues of presence: each with its thresholds, its evidence, its judge, and what a report says of it.

Each cue is judged on its own and can veto; none can vote another down. They are put in order by
:mod:`lightproof.presence.judgement`.
"""
