# net: what this folder builds and tests.
