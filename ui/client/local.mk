# ui/client: what this folder builds and tests.
