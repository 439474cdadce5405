"""Random numbers: streams by concern, draws by counter, distributions."""
