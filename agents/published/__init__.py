"""Systems from papers, each with the rule that its authors published."""
