"""The one comment on a pull request that says where its environment is, what is in it, until when, and what it costs."""
