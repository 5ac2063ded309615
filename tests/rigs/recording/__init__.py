"""Tests of rigs/recording."""
