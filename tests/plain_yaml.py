"""YAML as the package reads it: every value written out."""

import yaml


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def dumped(content: object) -> str:
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False))
