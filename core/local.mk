# core: what this folder builds and tests.
