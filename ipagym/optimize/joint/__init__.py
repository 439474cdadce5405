"""All knobs of a pipeline in one integer program."""
