"""Tests of the examples, and of the README's lines of Python."""
