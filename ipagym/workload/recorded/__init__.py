"""Files of loads: unpacked, recognised by their content, read, and converted to rates by second."""
