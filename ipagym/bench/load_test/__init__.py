"""An open-loop load tester: requests to a server do not depend on its answers."""
