"""Files of loads, as people have them: opened (`unpacking`, `text`), recognised (`sniff`, `layouts`), read, and laid out
by second (`binning`).
"""
