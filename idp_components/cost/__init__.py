"""What stacks cost: a dated price table, what a stack uses, an estimate, and whether a team can afford it."""
