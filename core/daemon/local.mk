# core/daemon: what this folder builds and tests.
