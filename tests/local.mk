# tests: what this folder builds and tests.
