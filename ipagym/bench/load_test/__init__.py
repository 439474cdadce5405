"""A load tester: an open loop of requests to a server, whatever that answers."""
