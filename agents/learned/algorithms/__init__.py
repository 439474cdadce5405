"""The algorithms of `ipagym train`: a module each, and what a training must know of them."""
