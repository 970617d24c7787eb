"""Where prices come from: one file a source, all behind ``models.Source``."""
