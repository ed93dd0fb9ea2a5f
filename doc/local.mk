# doc: what this folder builds and tests.
