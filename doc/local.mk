# doc: what this folder builds and tests.
EXTRA_DIST += doc/protocol-identity.md
