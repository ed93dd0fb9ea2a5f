# core/ipc: what this folder builds and tests.
