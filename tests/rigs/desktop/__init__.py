"""Tests of rigs/desktop."""
