"""How figures look: colours and signs of agents, the style of all of them, and their files."""
