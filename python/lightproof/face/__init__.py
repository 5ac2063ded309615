"""Faces in pictures: found, measured, aligned, embedded and followed. Faces know no challenge."""
