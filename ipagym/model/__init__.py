"""The words of the problem as data: what is served, decided and observed."""
