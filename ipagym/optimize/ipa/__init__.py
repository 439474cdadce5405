"""IPA's problem as integer programs: the one that is solved, the paper's, the released code's."""
