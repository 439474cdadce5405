"""The systems of papers, each by the rule that its authors published."""
