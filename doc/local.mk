# doc: what this folder builds and tests.
EXTRA_DIST += doc/protocol-identity.md
dist_man_MANS += doc/man/confab.1 doc/man/confabd.1
