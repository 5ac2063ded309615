"""How often freshness errs, and how often it recognises a living face."""
