"""What the language host runs in the user's interpreter: files run by their path, which import nothing of this package."""
