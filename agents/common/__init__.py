"""Parts that several families of agents are built from."""
