"""The survey: what developers say costs them time, what would help and at what price, beside what the stacks' histories say."""
