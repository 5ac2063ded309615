"""Tests of the cues of presence."""
