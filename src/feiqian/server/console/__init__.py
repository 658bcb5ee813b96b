"""The operator's console: routes for its own people, each behind a permission and each noted before it answers."""
