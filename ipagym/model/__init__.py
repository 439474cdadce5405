"""The data types of the problem: what is served, decided and observed."""
