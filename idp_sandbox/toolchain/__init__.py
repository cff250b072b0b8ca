"""The tools of the sandbox: taken from the machine where they suit, else built once from pinned Go modules."""
