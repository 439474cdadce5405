"""Files of loads, as people have them: unpacked, recognised by their content, read, and laid out by second."""
