"""Display of an environment: text, pictures, and a window that shows them."""
