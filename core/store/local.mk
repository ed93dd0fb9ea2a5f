# core/store: what this folder builds and tests.
