"""The ground under everything: errors for users, atomic files, processes, the cache of compiled code."""
