# ui/cli: what this folder builds and tests.
