"""The portal: a page of our own over the catalogue, and forms that propose changes to the teams' stacks."""
