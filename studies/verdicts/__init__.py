"""How whole sessions end: the demo's cases and relays."""
