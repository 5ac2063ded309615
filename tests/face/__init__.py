"""Tests of face."""
